// SPDX-License-Identifier: GPL-2.0
/*
 * A descriptor that can be polled for a word's change. What poll() says follows
 * from the word as it is then, not from wakes that there have been; a wake makes
 * pollers look.
 *
 * No wake is lost: a poller is on the doorbell's queue before it reads the word;
 * a waker stores the word before it wakes the queue, whose lock orders the two.
 */
#include <linux/anon_inodes.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "bucket.h"
#include "call.h"
#include "compat.h"

struct doorbell {
	struct ipcbuf_handle *handle;
	struct ipcbuf_sleeper sleeper;
	wait_queue_head_t queue;
	u32 value;
};

static __poll_t word_events(const struct doorbell *doorbell)
{
	u64 offset = doorbell->sleeper.offset;
	struct page *page = ipcbuf_word_page(doorbell->handle->region, offset);
	u32 value;

	if (IS_ERR(page))
		return EPOLLERR;
	value = ipcbuf_word_read(page, offset);
	put_page(page);
	return value != doorbell->value ? EPOLLIN | EPOLLRDNORM : 0;
}

static __poll_t doorbell_poll(struct file *file, poll_table *table)
{
	struct doorbell *doorbell = file->private_data;

	poll_wait(file, &doorbell->queue, table);
	poll_wait(file, &doorbell->handle->news, table);
	return word_events(doorbell) | ipcbuf_handle_events(doorbell->handle);
}

static int doorbell_release(struct inode *inode, struct file *file)
{
	struct doorbell *doorbell = file->private_data;

	ipcbuf_bucket_remove(doorbell->handle->region, &doorbell->sleeper);
	ipcbuf_handle_put(doorbell->handle);
	kfree(doorbell);
	return 0;
}

static void doorbell_fdinfo(struct seq_file *seq, struct file *file)
{
	const struct doorbell *doorbell = file->private_data;

	seq_printf(seq, "ipcbuf-id:\t%llu\n", doorbell->handle->region->id);
	seq_printf(seq, "ipcbuf-offset:\t%llu\n", doorbell->sleeper.offset);
	seq_printf(seq, "ipcbuf-value:\t%u\n", doorbell->value);
}

static const struct file_operations doorbell_fops = {
	.owner = THIS_MODULE,
	.poll = doorbell_poll,
	.release = doorbell_release,
	.show_fdinfo = doorbell_fdinfo,
	.llseek = noop_llseek,
};

static struct file *make(struct ipcbuf_handle *handle, u64 offset, u32 value)
{
	struct doorbell *doorbell =
		kzalloc(sizeof(*doorbell), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!doorbell)
		return ERR_PTR(-ENOMEM);
	init_waitqueue_head(&doorbell->queue);
	doorbell->handle = handle;
	doorbell->value = value;
	doorbell->sleeper.offset = offset;
	doorbell->sleeper.doorbell = &doorbell->queue;
	file = anon_inode_getfile("[ipcbuf-doorbell]", &doorbell_fops,
				  doorbell, O_RDONLY);
	if (IS_ERR(file)) {
		kfree(doorbell);
		return file;
	}
	kref_get(&handle->ref);
	ipcbuf_bucket_add_doorbell(handle->region, &doorbell->sleeper);
	return file;
}

long ipcbuf_ioctl_doorbell(struct ipcbuf_call *call)
{
	struct ipcbuf_ioc_doorbell *arg = &call->doorbell;
	int fd;

	if (arg->flags || arg->pad ||
	    !ipcbuf_word_valid(call->handle->region, arg->offset))
		return -EINVAL;
	if (ipcbuf_handle_dead(call->handle))
		return -EIO;
	fd = ipcbuf_call_give(call, make(call->handle, arg->offset,
					 arg->value));
	if (fd < 0)
		return fd;
	arg->fd = fd;
	return 0;
}
