/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The public heap: allocate, free, ask. Any thread, any time; lock-free. */
#include <ipcbuf/heap.h>

#include "cache.h"
#include "relax.h"

/*
 * How much to ask for, so that the class has the alignment: blocks lie at
 * multiples of their size from the start of a slab or frame, and every fourth
 * class is a power of two. A run begins where a frame does.
 */
static uint64_t aligned_bytes(const struct ipcbuf_region *region,
			      uint64_t bytes, uint64_t align)
{
	unsigned int class = ipcb_class_of(ipcb_max(bytes, align));

	while (class < region->usable_classes &&
	       region->classes[class].kind != IPCB_SPAN_RUN &&
	       region->classes[class].bytes % align)
		class++;
	return class < region->usable_classes ? region->classes[class].bytes :
						bytes;
}

/* A cached block becomes a held one. */
static inline void *hold(const struct ipcbuf_region *region,
			 struct ipcb_cache *cache, uint64_t offset,
			 unsigned int class)
{
	ipcb_store_relaxed(ipcb_held(region, offset), (uint8_t)(class + 1));
	cache->held_delta++;
	return ipcb_at(region, offset);
}

static int take_record(struct ipcbuf_region *region, uint64_t bytes,
		       void **ret_record)
{
	struct ipcb_cache *cache = ipcb_cache_get(region);
	unsigned int class = ipcb_class_of(bytes);
	struct ipcb_block block;
	uint64_t offset;
	int error;

	if (ipcb_unlikely(!cache))
		return ipcb_cache_error(region);
	if (ipcb_likely(class < region->usable_classes)) {
		error = ipcb_magazine_take(cache, class, &offset);
	} else {
		class = IPCB_CLASS_HUGE;
		error = ipcb_block_alloc(cache, bytes, &offset, &block);
	}
	if (ipcb_unlikely(error))
		return error;
	*ret_record = hold(region, cache, offset, class);
	return 0;
}

static ipcb_noinline int alloc_slow(struct ipcbuf_region *region, size_t bytes,
				    void **ret_record)
{
	int error;

	if (!bytes)
		return -EINVAL;
	ipcb_reader_join();
	error = ipcb_enter_member(region);
	if (error)
		return error;
	error = bytes <= region->g.heap_bytes ?
		take_record(region, bytes, ret_record) : -EMSGSIZE;
	ipcb_leave();
	return error;
}

/*
 * The line that a record to come begins with: its last owner has it, in another
 * processor's cache, and it is on its way here while the program writes the ones
 * before. As many before as it takes for a line to come from another core.
 */
#define PREFETCH_AHEAD 4u

static inline void prefetch_ahead(const struct ipcbuf_region *region,
				  const struct ipcb_magazine *m, uint32_t count)
{
	if (ipcb_likely(count >= PREFETCH_AHEAD))
		ipcb_prefetch_for_store(ipcb_at(region,
					m->offsets[count - PREFETCH_AHEAD]));
}

/* Inside, with @region the thread's last: what the magazine has. 0 or -EAGAIN. */
static ipcb_always_inline int take_cached(struct ipcbuf_region *region,
					  struct ipcb_cache *cache,
					  unsigned int class, void **ret_record)
{
	struct ipcb_magazine *m = &cache->magazines[class];
	uint32_t count = m->count;

	if (ipcb_unlikely(!count--))
		return -EAGAIN;
	ipcb_store_relaxed(&m->count, count);
	*ret_record = hold(region, cache, m->offsets[count], class);
	prefetch_ahead(region, m, count);
	return 0;
}

/* Short where the magazine has one; a size of 0 is in no class. */
IPCB_PUBLIC int ipcbuf_alloc(struct ipcbuf_region *region, size_t bytes,
			     void **ret_record)
{
	struct ipcb_reader *reader = ipcb_reader;
	unsigned int class = ipcb_class_of(bytes);
	int error = -EAGAIN;

	if (ipcb_unlikely(!region || !ret_record))
		return -EINVAL;
	if (ipcb_unlikely(!reader))
		return alloc_slow(region, bytes, ret_record);
	ipcb_reader_enter(reader);
	if (ipcb_likely(ipcb_cache_is_last(reader, region) &&
			class < IPCB_CLASSES))
		error = take_cached(region, reader->last_cache, class,
				    ret_record);
	ipcb_reader_leave(reader);
	return ipcb_likely(!error) ? 0 :
				     alloc_slow(region, bytes, ret_record);
}

IPCB_PUBLIC int ipcbuf_alloc_aligned(struct ipcbuf_region *region, size_t bytes,
				     size_t align_bytes, void **ret_record)
{
	int error;

	if (!bytes || !ret_record || !ipcb_is_power_of_two(align_bytes))
		return -EINVAL;
	error = ipcb_enter_member(region);
	if (error)
		return error;
	if (align_bytes > UINT64_C(1) << region->g.slab_shift)
		error = -EINVAL;
	else if (bytes > region->g.heap_bytes)
		error = -EMSGSIZE;
	else
		error = take_record(region,
				    aligned_bytes(region, bytes, align_bytes),
				    ret_record);
	ipcb_leave();
	return error;
}

/* A record's class, if this process holds it; -EINVAL. */
static inline int held_class(const struct ipcbuf_region *region, uint64_t unit,
			     unsigned int *ret_class)
{
	uint8_t held;

	if (ipcb_unlikely(unit >= region->heap_units))
		return -EINVAL;
	held = ipcb_load_relaxed(&region->held[unit]);
	*ret_class = held - 1u;
	return ipcb_likely(held) ? 0 : -EINVAL;
}

/* @class: what held_class() said. */
static void free_held(struct ipcbuf_region *region,
					 struct ipcb_cache *cache,
					 uint64_t unit, unsigned int class)
{
	ipcb_store_relaxed(&region->held[unit], 0);
	cache->held_delta--;
	ipcb_block_give_back(cache, unit, class);
}

/* Inside. Who holds a record is a member, so there may be a cache. */
static int find_and_free(struct ipcbuf_region *region, uint64_t unit)
{
	struct ipcb_cache *cache;
	unsigned int class;
	int error = held_class(region, unit, &class);

	if (error)
		return error;
	cache = ipcb_cache_get(region);
	if (!cache)
		return ipcb_cache_error(region);
	free_held(region, cache, unit, class);
	return 0;
}

static ipcb_noinline int free_slow(void *record)
{
	struct ipcbuf_region *region;
	int error;

	if (!record)
		return 0;
	ipcb_reader_join();
	error = ipcb_enter_by_address(record, &region);
	if (error)
		return error;
	error = find_and_free(region, ipcb_unit_of(region, record));
	ipcb_leave();
	return error;
}

/* Inside by @reader: not as usual, but it may be of the last region. */
static ipcb_noinline int free_rest(void *record, struct ipcb_reader *reader)
{
	struct ipcbuf_region *region = reader->last_region;
	uint64_t unit = ipcb_unit_of(region, record);
	unsigned int class;
	int is_ours = ipcb_cache_is_last(reader, region) &&
		      !held_class(region, unit, &class);

	if (is_ours)
		free_held(region, reader->last_cache, unit, class);
	ipcb_reader_leave(reader);
	return is_ours ? 0 : free_slow(record);
}

/* The last store to a block has been done, its span has no owner. */
static ipcb_noinline int free_orphan(struct ipcb_reader *reader, uint64_t unit,
				     unsigned int class)
{
	struct ipcbuf_region *region = reader->last_region;

	ipcb_block_adopt(reader->last_cache,
			 (uint32_t)(unit >> region->slab_units_shift), class);
	ipcb_reader_leave(reader);
	return 0;
}

/*
 * Short where the record is a small one of the region that this thread used last.
 * Like all short ways it calls nothing; see spsc_io.c.
 */
IPCB_PUBLIC int ipcbuf_free(void *record)
{
	struct ipcb_reader *reader = ipcb_reader;
	struct ipcbuf_region *region;
	uint64_t unit;
	uint8_t held = 0;

	if (ipcb_unlikely(!reader || !reader->last_region))
		return free_slow(record);
	region = reader->last_region;
	unit = ipcb_unit_of(region, record);
	ipcb_reader_enter(reader);
	if (ipcb_likely(ipcb_cache_is_last(reader, region) &&
			unit < region->heap_units))
		held = ipcb_load_relaxed(&region->held[unit]);
	switch (ipcb_block_give_back_short(region, reader->last_cache, unit,
					   held)) {
	case IPCB_GIVEN_BACK:
		ipcb_reader_leave(reader);
		return 0;
	case IPCB_GIVEN_TO_ORPHAN:
		return free_orphan(reader, unit, held - 1u);
	default:
		return free_rest(record, reader);
	}
}

static int usable_size(const struct ipcbuf_region *region, const void *record,
		       size_t *ret_bytes)
{
	uint64_t offset = ipcb_offset(region, record), bytes;
	unsigned int class;
	int error = held_class(region, ipcb_unit_of(region, record), &class);

	if (error)
		return error;
	bytes = class < IPCB_CLASSES ? region->classes[class].bytes :
		ipcb_huge_bytes(region, ipcb_span_of(region, offset, class));
	if (!bytes)
		return -EUCLEAN;
	*ret_bytes = bytes;
	return 0;
}

IPCB_PUBLIC int ipcbuf_usable_size(const void *record, size_t *ret_bytes)
{
	struct ipcbuf_region *region;
	int error;

	if (!record || !ret_bytes)
		return -EINVAL;
	error = ipcb_enter_by_address(record, &region);
	if (error)
		return error;
	error = usable_size(region, record, ret_bytes);
	ipcb_leave();
	return error;
}

IPCB_PUBLIC int ipcbuf_offset_of(const void *address, uint64_t *ret_offset)
{
	struct ipcbuf_region *region;
	int error;

	if (!address || !ret_offset)
		return -EINVAL;
	error = ipcb_enter_by_address(address, &region);
	if (error)
		return error;
	*ret_offset = ipcb_offset(region, address);
	ipcb_leave();
	return 0;
}

IPCB_PUBLIC int ipcbuf_address_of(struct ipcbuf_region *region, uint64_t offset,
				  void **ret_address)
{
	int error;

	if (!ret_address)
		return -EINVAL;
	error = ipcb_enter(region);
	if (error)
		return error;
	if (offset - region->g.heap_offset < region->g.heap_bytes)
		*ret_address = ipcb_at(region, offset);
	else
		error = -EINVAL;
	ipcb_leave();
	return error;
}

IPCB_PUBLIC int ipcbuf_region_trim(struct ipcbuf_region *region)
{
	struct ipcb_cache *cache;
	int error = ipcb_enter_member(region);

	if (error)
		return error;
	cache = ipcb_cache_get(region);
	if (cache)
		ipcb_cache_trim(cache);
	ipcb_orphans_release(region);
	ipcb_leave();
	return 0;
}
