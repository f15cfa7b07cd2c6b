/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A thread's part of the heap: for each class a magazine of blocks that are
 * already ours, and the spans that they come from (Bonwick and Adams,
 * "Magazines and Vmem", 2001, for the word magazine).
 *
 * All of it is private memory, written by one thread only, but for what
 * region.mutex protects (the lists of caches) and the end of a region, when
 * no thread is inside any more.
 *
 *   a block is        own word    held byte    in
 *   free              FREE        0            nothing
 *   cached            me          0            one magazine of its span's cache
 *   held              me          class + 1    the program
 *
 * Taking a block from a magazine touches no shared memory. Putting one back
 * doesn't either, if its span is ours; else one store gives it to the span's
 * owner, who finds it when it looks over its own words.
 */
#ifndef IPCB_CACHE_H
#define IPCB_CACHE_H

#include "span.h"

/* The lines of so many blocks are fetched at once, and so many blocks ahead. */
#define IPCB_FETCH_BLOCKS 4u

/* Blocks by the units that they begin with. */
struct ipcb_magazine {
	uint32_t count;		/* read by inspect.c, so stored atomically */
	uint32_t capacity;	/* 0: not made yet */
	uint64_t *units;
	uint32_t look_ahead;	/* with fewer than so many left; see heap.c */
	uint32_t reserved[3];
};

struct ipcb_bin {
	uint32_t *spans;
	uint32_t count;
	uint32_t room;
	uint32_t cursor;	/* the span that is looked over next */
	uint32_t block;		/* and where in it */
	uint32_t flushed;	/* blocks given back since the last trim */
	uint32_t idle;		/* free spans met in this round ... */
	uint32_t idle_min;	/* ... and the least in the last rounds */
	uint32_t rounds;
	uint32_t refills;
	int first_are_warm;	/* see cache_refill.c */
	uint64_t refills_since_ns;
	uint64_t idle_since_ns;	/* when the last rounds began */
};

struct ipcb_cache {
	/* The last one is HUGE's, which has no capacity and stays empty. */
	struct ipcb_magazine magazines[IPCB_CLASSES + 1];
	struct ipcbuf_region *region;	/* NULL: it was closed */
	uint32_t id;			/* in the region's handle, from 1 */
	uint32_t local_held;		/* see local; none: more than a byte */
	/*
	 * Blocks taken from spans, less those given to them or to the region's
	 * structures: what the magazines have, and records allocated minus
	 * freed. When the magazines are empty, the sum over all caches and channels
	 * of a handle is what the process still holds.
	 */
	int64_t ours;
	uint64_t pressure_seen;
	/*
	 * The magazine that the last local free went to, and the held byte of its
	 * blocks: where it is the same again, the processor needn't wait for that
	 * byte to know where the next one goes.
	 */
	struct ipcb_magazine *local;
	struct ipcb_slab_memo remote;	/* where the last remote free was */
	struct ipcb_large_memo remote_large;	/* held: no block's byte at first */
	struct ipcb_cache *next_of_region;
	struct ipcb_cache *next_of_thread;
	struct ipcb_bin bins[IPCB_CLASSES];
};

_Static_assert(IPCB_CLASS_HUGE == IPCB_CLASSES, "index of a magazine");

/* Inside, by the thread itself: another cache, or a new one. */
struct ipcb_cache *ipcb_cache_find(struct ipcbuf_region *region);

/* The calling thread's cache; inside. NULL: see ipcb_cache_error(). */
static inline struct ipcb_cache *ipcb_cache_get(struct ipcbuf_region *region)
{
	const struct ipcb_reader *reader = ipcb_reader;

	if (ipcb_likely(reader &&
			ipcb_load_relaxed(&reader->last_region) == region))
		return reader->last_cache;
	return ipcb_cache_find(region);
}

/* Why there is none: no memory, or another thread is closing the region. */
static inline int ipcb_cache_error(const struct ipcbuf_region *region)
{
	return ipcb_load_relaxed(&region->handle.serial) ? -ENOMEM : -EBADF;
}

/* cache_refill.c: the magazine has at least one block, or -ENOMEM. */
int ipcb_cache_refill(struct ipcb_cache *cache, unsigned int class);

/* cache_flush.c */
/* Gives back half of a full magazine. */
void ipcb_cache_flush_half(struct ipcb_cache *cache, unsigned int class);
/* Empties the magazines and releases spans that are free. */
void ipcb_cache_trim(struct ipcb_cache *cache);
/* The same, and makes orphans of the rest. Nobody else may be in it. */
void ipcb_cache_end(struct ipcb_cache *cache);
/* Removes the free span at @index. */
void ipcb_bin_release(struct ipcb_cache *cache, unsigned int class,
		      uint32_t index);
/* Adds a span that this cache owns. */
int ipcb_bin_add(struct ipcb_cache *cache, unsigned int class, uint32_t span);
/* Somebody is short of memory: give back what isn't needed. Slow paths call it. */
void ipcb_cache_answer_pressure(struct ipcb_cache *cache);

/* By region.mutex: ends every cache of a region that is closing. */
void ipcb_caches_end(struct ipcbuf_region *region);

/*
 * The heap's inner calls, inside and with the thread's cache. A block is
 * cached before and after; held bytes are the caller's.
 */
static inline uint64_t ipcb_magazine_pop(struct ipcb_magazine *m)
{
	uint32_t count = m->count - 1;

	ipcb_store_relaxed(&m->count, count);
	return m->units[count];
}

static inline int ipcb_magazine_take(struct ipcb_cache *cache,
				     unsigned int class, uint64_t *ret_unit)
{
	struct ipcb_magazine *m = &cache->magazines[class];
	int error;

	if (ipcb_unlikely(!m->count)) {
		error = ipcb_cache_refill(cache, class);
		if (error)
			return error;
	}
	*ret_unit = ipcb_magazine_pop(m);
	return 0;
}

static inline void ipcb_magazine_put(struct ipcb_magazine *m, uint64_t unit)
{
	uint32_t count = m->count;

	m->units[count] = unit;
	ipcb_store_relaxed(&m->count, count + 1);
}

/* cache_free.c. The last store to a block of @span has been done; the span has no owner. */
void ipcb_block_adopt(struct ipcb_cache *cache, uint32_t span,
		      unsigned int class);

/*
 * Gives a record that was held back to wherever its block belongs. @unit is a block's
 * first: the caller has seen its held byte.
 */
void ipcb_block_give_back(struct ipcb_cache *cache, uint64_t unit,
			  unsigned int class);

/* A block of no class, ours as if it were cached. */
int ipcb_huge_alloc(struct ipcb_cache *cache, uint64_t bytes,
		    uint64_t *ret_unit);

/*
 * A block for the library itself; its own word is ours until the caller stores
 * another. No held byte: the program can't free it.
 */
int ipcb_block_alloc(struct ipcb_cache *cache, uint64_t bytes,
		     uint64_t *ret_offset, struct ipcb_block *ret_block);

#endif
