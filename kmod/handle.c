// SPDX-License-Identifier: GPL-2.0
/* A region's descriptor: its file operations, and what they have in common. */
#include <linux/fcntl.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "call.h"
#include "compat.h"
#include "trace.h"

static void free_handle(struct kref *ref)
{
	struct ipcbuf_handle *handle =
		container_of(ref, struct ipcbuf_handle, ref);
	struct ipcbuf_region *region = handle->region;

	mutex_lock(&region->lock);
	list_del(&handle->node);
	mutex_unlock(&region->lock);
	if (handle->mm)
		mmdrop(handle->mm);
	put_pid(handle->tgid);
	kfree(handle);
	ipcbuf_region_put(region);
}

void ipcbuf_handle_put(struct ipcbuf_handle *handle)
{
	kref_put(&handle->ref, free_handle);
}

static void enlist(struct ipcbuf_handle *handle)
{
	struct ipcbuf_region *region = handle->region;

	mutex_lock(&region->lock);
	handle->seen = ipcbuf_region_deaths(region);
	list_add_tail(&handle->node, &region->handles);
	mutex_unlock(&region->lock);
}

struct file *ipcbuf_handle_new(struct ipcbuf_region *region, bool writable)
{
	struct ipcbuf_handle *handle =
		kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!handle)
		return ERR_PTR(-ENOMEM);
	kref_init(&handle->ref);
	init_waitqueue_head(&handle->news);
	handle->region = region;
	handle->writable = writable;
	file = ipcbuf_pseudo_file(region, handle, writable,
				  &ipcbuf_handle_fops);
	if (IS_ERR(file)) {
		kfree(handle);
		return file;
	}
	ipcbuf_region_get(region);
	enlist(handle);
	trace_ipcbuf_attach(region, writable);
	return file;
}

/*
 * A file that goes from a table. If it goes because its member's process is
 * ending, with the last of its threads, then others who hold the file don't
 * matter. A thread that has a table of its own ends without its process.
 */
static int handle_flush(struct file *file, fl_owner_t owner)
{
	struct ipcbuf_handle *handle = file->private_data;

	if ((current->flags & PF_EXITING) &&
	    !atomic_read(&current->signal->live) &&
	    READ_ONCE(handle->tgid) == task_tgid(current))
		ipcbuf_member_end(handle, file);
	return 0;
}

static int handle_release(struct inode *inode, struct file *file)
{
	struct ipcbuf_handle *handle = file->private_data;

	ipcbuf_member_end(handle, NULL);
	ipcbuf_handle_put(handle);
	return 0;
}

/*
 * Locks that belong to the open file. What is taken by somebody who still has
 * the file of a dead member (a child, say) must not stay: either the end of
 * the member sees the lock, or we see the end.
 */
static int handle_lock(struct file *file, int cmd, struct file_lock *lock)
{
	struct ipcbuf_handle *handle = file->private_data;
	int error;

	if (ipcbuf_lock_is_query(cmd)) {
		posix_test_lock(file, lock);
		return 0;
	}
	if (ipcbuf_lock_is_unlock(lock))
		return posix_lock_file(file, lock, NULL);
	if (!handle->writable)
		return -EBADF;
	if (!ipcbuf_lock_is_ofd(lock))
		return -EINVAL;
	if (ipcbuf_handle_dead(handle))
		return -EIO;
	error = posix_lock_file(file, lock, NULL);
	/* Pairs with the barrier in ipcbuf_member_end(). */
	smp_mb();
	if (!error && ipcbuf_handle_dead(handle)) {
		locks_remove_posix(file, (fl_owner_t)file);
		error = -EIO;
	}
	return error;
}

__poll_t ipcbuf_handle_events(const struct ipcbuf_handle *handle)
{
	enum ipcbuf_state state = READ_ONCE(handle->state);
	__poll_t events = 0;

	if (ipcbuf_region_deaths(handle->region) != READ_ONCE(handle->seen))
		events |= EPOLLPRI;
	if (state == IPCBUF_LEFT || state == IPCBUF_DEAD)
		events |= EPOLLHUP;
	return events;
}

static __poll_t handle_poll(struct file *file, poll_table *table)
{
	struct ipcbuf_handle *handle = file->private_data;

	poll_wait(file, &handle->news, table);
	return ipcbuf_handle_events(handle);
}

long ipcbuf_ioctl_seen(struct ipcbuf_call *call)
{
	if (call->seen.flags)
		return -EINVAL;
	WRITE_ONCE(call->handle->seen, call->seen.deaths);
	/* Whoever polls may have something to tell that had been seen. */
	wake_up_interruptible_poll(&call->handle->news, EPOLLPRI);
	return 0;
}

long ipcbuf_ioctl_attach(struct ipcbuf_call *call)
{
	struct ipcbuf_ioc_attach *arg = &call->attach;
	struct ipcbuf_handle *handle = call->handle;
	bool writable = handle->writable && !(arg->flags & IPCBUF_IOC_RDONLY);
	int fd;

	if (arg->flags & ~IPCBUF_IOC_RDONLY)
		return -EINVAL;
	fd = ipcbuf_call_give(call, ipcbuf_handle_new(handle->region, writable));
	if (fd < 0)
		return fd;
	arg->fd = fd;
	return 0;
}

static const struct ipcbuf_call_type handle_calls[] = {
	IPCBUF_CALL(WAIT, wait, ipcbuf_ioctl_wait, NULL),
	IPCBUF_CALL(WAKE, wake, ipcbuf_ioctl_wake, NULL),
	IPCBUF_CALL(WAIT_MANY, wait_many, ipcbuf_ioctl_wait_many, NULL),
	IPCBUF_CALL(COMMIT, commit, ipcbuf_ioctl_commit, NULL),
	IPCBUF_CALL(INFO, info, ipcbuf_ioctl_info, NULL),
	IPCBUF_CALL(STAT, region, ipcbuf_ioctl_stat, NULL),
	IPCBUF_CALL(ATTACH, attach, ipcbuf_ioctl_attach, NULL),
	IPCBUF_CALL(JOIN, join, ipcbuf_ioctl_join, ipcbuf_undo_join),
	IPCBUF_CALL(LEAVE, leave, ipcbuf_ioctl_leave, NULL),
	IPCBUF_CALL(REAP, reap, ipcbuf_ioctl_reap, NULL),
	IPCBUF_CALL(DOORBELL, doorbell, ipcbuf_ioctl_doorbell, NULL),
	IPCBUF_CALL(SEEN, seen, ipcbuf_ioctl_seen, NULL),
};

static long handle_ioctl(struct file *file, unsigned int cmd,
			 unsigned long address)
{
	struct ipcbuf_call call = {
		.on = file,
		.handle = file->private_data,
	};

	return ipcbuf_call(&call, cmd, address, handle_calls,
			   ARRAY_SIZE(handle_calls));
}

const struct file_operations ipcbuf_handle_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = handle_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = ipcbuf_mmap,
	.get_unmapped_area = ipcbuf_unmapped_area,
	.poll = handle_poll,
	.lock = handle_lock,
	.flush = handle_flush,
	.release = handle_release,
	.show_fdinfo = ipcbuf_fdinfo,
	.llseek = noop_llseek,
};
