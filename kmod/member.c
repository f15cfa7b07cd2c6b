// SPDX-License-Identifier: GPL-2.0
/*
 * Joining, leaving, dying.
 *
 * No single event tells of a process's death in every case: its descriptors may
 * live on in a child, in a message on its way, in a process that shares its
 * table; its address space may live on in a child of vfork(). So several do,
 * and the first one counts (ipcbuf_member_end(), which may be called at any
 * time and any number of times). None of them comes while the process lives:
 *
 *   close of the control page's last mapping, by the mm that made it; exec
 *   closes it, too. A child's copy (MADV_DOFORK) isn't one of that mm.
 *   flush by the member's exiting process
 *   release of the file
 *
 * The order of what a death does, and who relies on it:
 *
 *   D1 slot DEAD          REAP and JOIN of the slot
 *   D2 locks dropped      who finds a lock free may take over
 *   D3 deaths + 1         who learns of it looks at the locks
 *   D4 sleepers woken     who slept, or is about to, sees D3 (bucket.c)
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "call.h"
#include "compat.h"
#include "trace.h"

static void set_slot(struct ipcbuf_region *region, u32 slot, u32 generation,
		     u32 state)
{
	u64 *word = &region->control->slot[slot];

	lockdep_assert_held(&region->lock);
	smp_store_release(word, (u64)generation << 32 | state);
}

static u64 get_slot(struct ipcbuf_region *region, u32 slot)
{
	lockdep_assert_held(&region->lock);
	return region->control->slot[slot];
}

/* Who polls for deaths, or for this member's end. */
static void tell_pollers(struct ipcbuf_region *region)
{
	struct ipcbuf_handle *handle;

	lockdep_assert_held(&region->lock);
	list_for_each_entry(handle, &region->handles, node)
		wake_up_interruptible_poll(&handle->news, EPOLLPRI | EPOLLHUP);
}

static void drop_locks(struct file *file)
{
	if (file)
		locks_remove_posix(file, (fl_owner_t)file);
}

static void die(struct ipcbuf_handle *handle, struct file *file)
{
	struct ipcbuf_region *region = handle->region;

	lockdep_assert_held(&region->lock);
	WRITE_ONCE(handle->state, IPCBUF_DEAD);
	set_slot(region, handle->slot, handle->generation, IPCBUF_SLOT_DEAD);
	region->members--;
	/* Pairs with the barrier in handle_lock(). */
	smp_mb();
	drop_locks(file);
	/* Pairs with the acquire in ipcbuf_region_deaths(), and in processes. */
	smp_store_release(&region->control->deaths,
			  region->control->deaths + 1);
	trace_ipcbuf_death(region, handle->slot, handle->generation);
	ipcbuf_buckets_death(region);
	tell_pollers(region);
}

/*
 * The process behind a handle has gone, or what stands for it. @file: its
 * locks are dropped, unless that has been done (NULL).
 */
void ipcbuf_member_end(struct ipcbuf_handle *handle, struct file *file)
{
	struct ipcbuf_region *region = handle->region;

	mutex_lock(&region->lock);
	if (handle->state == IPCBUF_MEMBER)
		die(handle, file);
	else
		drop_locks(file);
	mutex_unlock(&region->lock);
}

/* -EBUSY: there is none. */
static int find_free(struct ipcbuf_region *region, u32 *ret_slot)
{
	u32 slot;

	for (slot = 0; slot < region->slots; slot++) {
		if (IPCBUF_SLOT_STATE(get_slot(region, slot)) ==
		    IPCBUF_SLOT_FREE) {
			*ret_slot = slot;
			return 0;
		}
	}
	return -EBUSY;
}

static int check_slot(struct ipcbuf_region *region, u32 slot)
{
	return IPCBUF_SLOT_STATE(get_slot(region, slot)) ==
	       IPCBUF_SLOT_ALIVE ? -EBUSY : 0;
}

static int may_join(const struct ipcbuf_handle *handle)
{
	if (handle->state == IPCBUF_MEMBER)
		return -EALREADY;
	if (handle->state == IPCBUF_DEAD)
		return -EIO;
	return handle->control_maps && handle->mm == current->mm ? 0 : -ENXIO;
}

static int join(struct ipcbuf_handle *handle, u32 wanted,
		struct ipcbuf_ioc_join *ret)
{
	struct ipcbuf_region *region = handle->region;
	u32 slot = wanted;
	int error = may_join(handle);

	if (error)
		return error;
	error = wanted == IPCBUF_IOC_SLOT_ANY ? find_free(region, &slot) :
						check_slot(region, slot);
	if (error)
		return error;
	handle->slot = slot;
	handle->former_word = get_slot(region, slot);
	handle->former_state = handle->state;
	handle->generation = IPCBUF_SLOT_GENERATION(handle->former_word) + 1;
	put_pid(handle->tgid);
	WRITE_ONCE(handle->tgid, get_pid(task_tgid(current)));
	WRITE_ONCE(handle->state, IPCBUF_MEMBER);
	set_slot(region, slot, handle->generation, IPCBUF_SLOT_ALIVE);
	region->members++;
	ret->joined_slot = slot;
	ret->generation = handle->generation;
	return 0;
}

long ipcbuf_ioctl_join(struct ipcbuf_call *call)
{
	struct ipcbuf_handle *handle = call->handle;
	struct ipcbuf_region *region = handle->region;
	u32 slot = call->join.slot;
	long error;

	if (call->join.flags ||
	    (slot != IPCBUF_IOC_SLOT_ANY && slot >= region->slots))
		return -EINVAL;
	if (!handle->writable)
		return -EACCES;
	if (slot != IPCBUF_IOC_SLOT_ANY)
		slot = array_index_nospec(slot, region->slots);
	mutex_lock(&region->lock);
	error = join(handle, slot, &call->join);
	mutex_unlock(&region->lock);
	return error;
}

static long leave(struct ipcbuf_handle *handle)
{
	struct ipcbuf_region *region = handle->region;
	long error = -ENOTCONN;

	mutex_lock(&region->lock);
	if (handle->state == IPCBUF_MEMBER) {
		WRITE_ONCE(handle->state, IPCBUF_LEFT);
		set_slot(region, handle->slot, handle->generation,
			 IPCBUF_SLOT_FREE);
		region->members--;
		tell_pollers(region);
		error = 0;
	}
	mutex_unlock(&region->lock);
	return error;
}

/* Nobody has been told of the generation, so it may be given again. */
void ipcbuf_undo_join(struct ipcbuf_call *call)
{
	struct ipcbuf_handle *handle = call->handle;
	struct ipcbuf_region *region = handle->region;
	u64 word = handle->former_word;

	mutex_lock(&region->lock);
	if (handle->state == IPCBUF_MEMBER) {
		WRITE_ONCE(handle->state, handle->former_state);
		set_slot(region, handle->slot, IPCBUF_SLOT_GENERATION(word),
			 IPCBUF_SLOT_STATE(word));
		region->members--;
	}
	mutex_unlock(&region->lock);
}

long ipcbuf_ioctl_leave(struct ipcbuf_call *call)
{
	if (call->leave.flags || call->leave.pad)
		return -EINVAL;
	return leave(call->handle);
}

static long reap(struct ipcbuf_region *region, u32 slot, u32 generation)
{
	u64 word = get_slot(region, slot);

	if (IPCBUF_SLOT_GENERATION(word) != generation)
		return -ESTALE;
	if (IPCBUF_SLOT_STATE(word) == IPCBUF_SLOT_ALIVE)
		return -EBUSY;
	set_slot(region, slot, generation, IPCBUF_SLOT_FREE);
	return 0;
}

long ipcbuf_ioctl_reap(struct ipcbuf_call *call)
{
	struct ipcbuf_region *region = call->handle->region;
	u32 slot = call->reap.slot;
	long error;

	if (!call->handle->writable)
		return -EACCES;
	if (slot >= region->slots)
		return -EINVAL;
	slot = array_index_nospec(slot, region->slots);
	mutex_lock(&region->lock);
	error = reap(region, slot, call->reap.generation);
	mutex_unlock(&region->lock);
	return error;
}
