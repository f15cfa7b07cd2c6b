// SPDX-License-Identifier: GPL-2.0
/*
 * Asking for memory before it is touched, and giving it back. What a region
 * holds is set right with every call: pages that were touched without having
 * been asked for are found then.
 */
#include <linux/types.h>
#include <linux/falloc.h>
#include <linux/sched.h>
#include <linux/xarray.h>

#include "call.h"

static void settle(struct ipcbuf_region *region)
{
	u64 now = ipcbuf_region_used(region) >> PAGE_SHIFT;

	lockdep_assert_held(&region->commit_lock);
	ipcbuf_limit_account((s64)(now - region->charged_pages));
	region->charged_pages = now;
}

/* So much of it isn't there yet; counted only so far as there is room. */
static bool room_for_holes(struct ipcbuf_region *region, pgoff_t first,
			   pgoff_t end)
{
	struct xarray *pages = &region->memory->f_mapping->i_pages;
	s64 holes = 0;

	for (; first < end; first++) {
		if (!xa_load(pages, first) && !ipcbuf_limit_pages(++holes))
			return false;
		if (fatal_signal_pending(current))
			return false;
		cond_resched();
	}
	return true;
}

static bool room_for(struct ipcbuf_region *region,
		     const struct ipcbuf_ioc_commit *arg)
{
	pgoff_t first = arg->offset >> PAGE_SHIFT;
	pgoff_t pages = arg->bytes >> PAGE_SHIFT;

	return ipcbuf_limit_pages(pages) ||
	       room_for_holes(region, first, first + pages);
}

static long commit(struct ipcbuf_region *region,
		   const struct ipcbuf_ioc_commit *arg)
{
	int mode = FALLOC_FL_KEEP_SIZE;

	if (arg->flags & IPCBUF_IOC_DECOMMIT)
		mode |= FALLOC_FL_PUNCH_HOLE;
	else if (!room_for(region, arg))
		return -ENOSPC;
	return vfs_fallocate(region->memory, mode, arg->offset, arg->bytes);
}

long ipcbuf_ioctl_commit(struct ipcbuf_call *call)
{
	const struct ipcbuf_ioc_commit *arg = &call->commit;
	struct ipcbuf_region *region = call->handle->region;
	long error;

	if ((arg->flags & ~IPCBUF_IOC_DECOMMIT) || arg->pad || !arg->bytes ||
	    !PAGE_ALIGNED(arg->offset) || !PAGE_ALIGNED(arg->bytes) ||
	    !ipcbuf_inside(region, arg->offset, arg->bytes))
		return -EINVAL;
	if (!call->handle->writable)
		return -EACCES;
	if (ipcbuf_handle_dead(call->handle))
		return -EIO;
	if (mutex_lock_killable(&region->commit_lock))
		return -EINTR;
	settle(region);
	error = commit(region, arg);
	settle(region);
	mutex_unlock(&region->commit_lock);
	return error;
}

/* The region goes. */
void ipcbuf_uncharge(struct ipcbuf_region *region)
{
	ipcbuf_limit_account(-(s64)region->charged_pages);
}
