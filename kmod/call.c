// SPDX-License-Identifier: GPL-2.0
/* Dispatching ioctls: what is the same for all of them. See call.h. */
#include <linux/uaccess.h>

#include "call.h"

/* The same command, whatever the size of its argument. */
static bool same_command(unsigned int a, unsigned int b)
{
	return _IOC_TYPE(a) == _IOC_TYPE(b) && _IOC_NR(a) == _IOC_NR(b) &&
	       _IOC_DIR(a) == _IOC_DIR(b);
}

static const struct ipcbuf_call_type *
find_type(unsigned int cmd, const struct ipcbuf_call_type *types, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (same_command(cmd, types[i].cmd))
			return &types[i];
	return NULL;
}

static long copy_in(struct ipcbuf_call *call, unsigned int cmd,
		    void __user *user, const struct ipcbuf_call_type *type)
{
	if (_IOC_SIZE(cmd) < type->bytes)
		return -EINVAL;
	if (!(_IOC_DIR(cmd) & _IOC_WRITE))
		return 0;
	return copy_struct_from_user(call->raw, type->bytes, user,
				     _IOC_SIZE(cmd));
}

static long copy_out(const struct ipcbuf_call *call, unsigned int cmd,
		     void __user *user, const struct ipcbuf_call_type *type)
{
	size_t more = _IOC_SIZE(cmd) - type->bytes;

	if (!(_IOC_DIR(cmd) & _IOC_READ))
		return 0;
	if (copy_to_user(user, call->raw, type->bytes))
		return -EFAULT;
	/* What a longer structure of a newer caller would hold. */
	if (more && clear_user(user + type->bytes, more))
		return -EFAULT;
	return 0;
}

int ipcbuf_call_give(struct ipcbuf_call *call, struct file *file)
{
	int fd;

	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		fput(file);
		return fd;
	}
	call->file = file;
	call->fd = fd;
	return fd;
}

static void finish_file(struct ipcbuf_call *call, long error)
{
	if (!call->file)
		return;
	if (error) {
		put_unused_fd(call->fd);
		fput(call->file);
	} else {
		fd_install(call->fd, call->file);
	}
}

long ipcbuf_call(struct ipcbuf_call *call, unsigned int cmd,
		 unsigned long address, const struct ipcbuf_call_type *types,
		 size_t n_types)
{
	void __user *user = (void __user *)address;
	const struct ipcbuf_call_type *type = find_type(cmd, types, n_types);
	long result, error = 0;

	if (!type)
		return -ENOTTY;
	result = copy_in(call, cmd, user, type);
	if (result)
		return result;
	result = type->run(call);
	if (result >= 0 || result == -EAGAIN)
		error = copy_out(call, cmd, user, type);
	if (error && result >= 0 && type->undo)
		type->undo(call);
	if (error)
		result = error;
	finish_file(call, result < 0 ? result : 0);
	return result;
}

long ipcbuf_ioctl_info(struct ipcbuf_call *call)
{
	call->info = (struct ipcbuf_ioc_info) {
		.version = IPCBUF_IOC_VERSION,
		.max_slots = IPCBUF_IOC_MAX_SLOTS,
		.max_words = IPCBUF_IOC_MAX_WORDS,
		.max_bytes = IPCBUF_IOC_MAX_BYTES,
	};
	return 0;
}
