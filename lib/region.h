/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A process's handle of an open region, and how calls enter it.
 *
 * States of a handle: open (serial != 0), closing (serial 0, something still
 * refers to the mapping), closed (in the pool of handles).
 *
 * Every public call that touches the region does so between ipcb_enter() and
 * ipcb_leave(), which are an RCU read-side critical section: closing shuts the
 * handle, waits for a grace period, and only then takes the region away. No
 * call sleeps inside: who sleeps holds a reference (ipcb_region_get()), which
 * keeps the mapping, leaves, and enters again afterwards. The last reference
 * unmaps.
 *
 * liburcu guards what is private to the process, nothing else: the region
 * itself is shared with processes that its grace periods know nothing of.
 */
#ifndef IPCB_REGION_H
#define IPCB_REGION_H

#include <pthread.h>

#include <ipcbuf/region.h>

#include "class.h"
#include "handle.h"
#include "reader.h"
#include "wait.h"

struct ipcb_cache;
struct ipcbuf_channel;
struct ipcbuf_segment;

struct ipcbuf_region {
	struct ipcb_handle handle;

	/* Constant while open; read by every call. */
	unsigned char *base;
	struct ipcb_header *header;
	uint64_t *frames;		/* frame words */
	uint64_t *slabs;		/* slab words */
	uint16_t *few_own;		/* of runs, and BIG frames of few blocks */
	uint16_t *big_own;		/* of BIG frames of more */
	uint16_t *own;			/* own words of small slabs */
	/*
	 * Private to the process. held: for the first 64 bytes of a block, 0
	 * or class + 1 where the process holds it as a record; exact, written
	 * by whoever allocates, receives, sends, frees. home: for the first
	 * slab of a span, the id of the cache that owns it, or 0; written by
	 * that cache's thread.
	 */
	uint8_t *held;
	uint32_t *home;
	struct ipcb_geometry g;
	uint32_t member;		/* our id, slot + 1; 0 if read-only */
	uint32_t usable_classes;
	uint32_t small_classes;		/* those below are SMALL */
	uint32_t more_classes;		/* those below have more than few blocks */
	uint32_t slab_units_mask;	/* units of 64 bytes in a slab, less 1 */
	uint32_t slab_units_shift;	/* log2 of them */
	uint32_t frame_units_mask;	/* the same of a frame */
	uint32_t frame_units_shift;
	int rdonly;
	/* The heap by units, counted from its start. */
	unsigned char *heap;
	uint64_t heap_unit;		/* heap_offset in units */
	uint64_t heap_units;
	/*
	 * Atomic, only raised, by anybody: of these units the metadata may be
	 * looked at. What header.frames_limit was once.
	 */
	uint64_t units_known;
	struct ipcb_class classes[IPCB_CLASSES];

	struct ipcb_wait_region wait;
	struct ipcb_memory memory;
	struct ipcb_member_slot *members;
	struct ipcb_waiter *waiters;
	int lock_fd;			/* a description of our own */
	uint64_t *meta_committed;	/* private bitmap, see commit.c */

	uint64_t slab_cursor;		/* hint: a frame that had a free slab */
	unsigned int references;	/* atomic */
	unsigned int closers;		/* atomic: single ends being closed */
	int keep_mapping;		/* the process is exiting */
	int left_behind;		/* atomic; see ipcb_member_leave() */

	pthread_mutex_t directory_mutex; /* recursive; see directory.h */
	unsigned int directory_depth;	/* protected by it */

	pthread_mutex_t mutex;
	/* Protected by mutex: */
	struct ipcb_cache *caches;
	struct ipcbuf_channel *channels;
	struct ipcbuf_segment *segments;
	uint32_t last_cache_id;
	int64_t held_by_ended;		/* see cache.h, ours */

	struct ipcbuf_region *next;	/* registry.c */
};

/*
 * 0 and inside, or -EINVAL (NULL), -EBADF (closed) and not inside. Acquire:
 * pairs with the release that publishes a handle in region_attach.c.
 */
static inline int ipcb_enter(struct ipcbuf_region *region)
{
	if (ipcb_unlikely(!region))
		return -EINVAL;
	ipcb_rcu_read_lock();
	if (ipcb_likely(ipcb_load_acquire(&region->handle.serial)))
		return 0;
	ipcb_rcu_read_unlock();
	return -EBADF;
}

/* The same, for calls that change the region: -EROFS for an observer. */
static inline int ipcb_enter_member(struct ipcbuf_region *region)
{
	int error = ipcb_enter(region);

	if (ipcb_unlikely(!error && region->rdonly)) {
		ipcb_rcu_read_unlock();
		return -EROFS;
	}
	return error;
}

/*
 * By region.mutex: opens the handle of something in @region, unless that is being
 * closed: then 0. Who closes it sets its serial to 0 before it takes the mutex to shut
 * what is on its lists. Release: pairs with the acquire of the handle's calls.
 */
static inline int ipcb_region_open_handle(const struct ipcbuf_region *region,
					  struct ipcb_handle *handle)
{
	if (!ipcb_load_relaxed(&region->handle.serial))
		return 0;
	ipcb_store_release(&handle->serial, ipcb_handle_serial());
	return 1;
}

static inline void ipcb_leave(void)
{
	ipcb_rcu_read_unlock();
}

/* A reference, taken inside; dropped outside. The last one unmaps. */
void ipcb_region_get(struct ipcbuf_region *region);
void ipcb_region_put(struct ipcbuf_region *region);

static inline void *ipcb_at(const struct ipcbuf_region *region, uint64_t offset)
{
	return region->base + offset;
}

static inline uint64_t ipcb_offset(const struct ipcbuf_region *region,
				   const void *address)
{
	return (uint64_t)((const unsigned char *)address - region->base);
}

/* Is it the offset of a block's first byte, as far as that can be cheap? */
static inline int ipcb_heap_offset_valid(const struct ipcbuf_region *region,
					 uint64_t offset)
{
	return offset - region->g.heap_offset < region->g.heap_bytes &&
	       !(offset & 63);
}

/*
 * The unit that a record begins with; heap_units or more for an address that
 * isn't in the heap or no multiple of 64: one comparison tells.
 */
static inline uint64_t ipcb_unit_of(const struct ipcbuf_region *region,
				    const void *record)
{
	uint64_t from_heap = (uint64_t)((const unsigned char *)record -
					region->heap);

	return from_heap >> 6 | from_heap << 58;
}

static inline void *ipcb_unit_at(const struct ipcbuf_region *region,
				 uint64_t unit)
{
	return region->heap + (unit << 6);
}

static inline uint8_t *ipcb_held(const struct ipcbuf_region *region,
				 uint64_t offset)
{
	return &region->held[(offset - region->g.heap_offset) >> 6];
}

/* commit.c: makes metadata or heap memory usable; -ENOMEM. */
int ipcb_commit_meta(struct ipcbuf_region *region, uint64_t offset,
		     uint64_t bytes);
int ipcb_commit_heap(struct ipcbuf_region *region, uint64_t offset,
		     uint64_t bytes);
void ipcb_decommit_heap(struct ipcbuf_region *region, uint64_t offset,
			uint64_t bytes, uint64_t committed_bytes);

/* region_close.c */
int ipcb_region_shut(struct ipcbuf_region *region, int keep_mapping);
void ipcb_region_forget(struct ipcbuf_region *region);

/* registry.c: which region is an address in? Called inside RCU. */
struct ipcbuf_region *ipcb_registry_find(const void *address);
int ipcb_registry_add(struct ipcbuf_region *region);
void ipcb_registry_remove(struct ipcbuf_region *region);

/* Enters the region that an address is in; -EINVAL: none. */
int ipcb_enter_by_address(const void *address, struct ipcbuf_region **ret);

#endif
