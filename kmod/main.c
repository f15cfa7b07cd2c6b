// SPDX-License-Identifier: GPL-2.0
/* The device /dev/ipcbuf, and the module's beginning and end. */
#include <linux/build_bug.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "call.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static const struct ipcbuf_call_type device_calls[] = {
	IPCBUF_CALL(INFO, info, ipcbuf_ioctl_info, NULL),
	IPCBUF_CALL(CREATE, create, ipcbuf_ioctl_create, ipcbuf_undo_create),
	IPCBUF_CALL(OPEN, open, ipcbuf_ioctl_open, NULL),
	IPCBUF_CALL(UNLINK, unlink, ipcbuf_ioctl_unlink, NULL),
	IPCBUF_CALL(LIST, region, ipcbuf_ioctl_list, NULL),
};

static long device_ioctl(struct file *file, unsigned int cmd,
			 unsigned long address)
{
	struct ipcbuf_call call = { .on = file };

	return ipcbuf_call(&call, cmd, address, device_calls,
			   ARRAY_SIZE(device_calls));
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ipcbuf",
	.mode = 0660,
	.fops = &device_fops,
};

/* What programs were built with must never change. */
static void check_layout(void)
{
	BUILD_BUG_ON(sizeof(struct ipcbuf_control) != 64);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_info) != 32);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_create) != 104);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_open) != 96);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_attach) != 8);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_unlink) != 80);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_region) != 128);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_join) != 16);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_leave) != 8);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_reap) != 8);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_commit) != 24);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_wait) != 32);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_word) != 16);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_wait_many) != 32);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_wake) != 16);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_doorbell) != 24);
	BUILD_BUG_ON(sizeof(struct ipcbuf_ioc_seen) != 8);
}

static int __init ipcbuf_init(void)
{
	int error;

	check_layout();
	error = ipcbuf_memory_init();
	if (error)
		return error;
	ipcbuf_observe_init();
	error = misc_register(&device);
	if (error) {
		ipcbuf_observe_exit();
		ipcbuf_memory_exit();
	}
	return error;
}

/* Regions keep the module, so there are none left. */
static void __exit ipcbuf_exit(void)
{
	misc_deregister(&device);
	ipcbuf_observe_exit();
	ipcbuf_memory_exit();
}

module_init(ipcbuf_init);
module_exit(ipcbuf_exit);

MODULE_DESCRIPTION("Shared memory regions that tell of their members' deaths");
MODULE_AUTHOR("The ipcbuf authors");
MODULE_LICENSE("GPL");
