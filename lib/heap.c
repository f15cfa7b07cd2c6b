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
static ipcb_always_inline void *hold(const struct ipcbuf_region *region,
				     uint64_t unit, unsigned int class)
{
	ipcb_store_relaxed(&region->held[unit], (uint8_t)(class + 1));
	return ipcb_unit_at(region, unit);
}

static int take_record(struct ipcbuf_region *region, uint64_t bytes,
		       void **ret_record)
{
	struct ipcb_cache *cache = ipcb_cache_get(region);
	unsigned int class = ipcb_class_of(bytes);
	uint64_t unit;
	int error;

	if (ipcb_unlikely(!cache))
		return ipcb_cache_error(region);
	if (ipcb_likely(class < region->usable_classes)) {
		error = ipcb_magazine_take(cache, class, &unit);
	} else {
		class = IPCB_CLASS_HUGE;
		error = ipcb_huge_alloc(cache, bytes, &unit);
	}
	if (ipcb_unlikely(error))
		return error;
	*ret_record = hold(region, unit, class);
	return 0;
}

static ipcb_noinline int alloc_slow(struct ipcbuf_region *region, size_t bytes,
				    void **ret_record)
{
	int error;

	if (!bytes || !ret_record)
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
 * The lines that records to come begin with: their last owner has them, in another
 * processor's cache, and they are on their way here while the program writes the ones
 * before. As many before as it takes for a line to come from another core; once for
 * each that came from a span, and not for what this thread freed itself.
 */
static ipcb_noinline void look_ahead(const struct ipcbuf_region *region,
				     struct ipcb_magazine *m)
{
	uint32_t end = m->look_ahead - IPCB_FETCH_BLOCKS;
	uint32_t first = end > IPCB_FETCH_BLOCKS ? end - IPCB_FETCH_BLOCKS : 0;
	uint32_t i;

	m->look_ahead = first ? first + IPCB_FETCH_BLOCKS : 0;
	for (i = first; i < end; i++)
		ipcb_prefetch_for_store(ipcb_unit_at(region, m->units[i]));
}

/*
 * The class of a size by a table, for the short way: IPCB_CLASSES, whose magazine is
 * always empty, where that is no class.
 */
static ipcb_always_inline unsigned int class_short(uint64_t bytes)
{
	unsigned int class;

	if (ipcb_likely(bytes - 1 < IPCB_CLASS_TABLE_BYTES))
		return ipcb_class_table[(bytes - 1) >> 6];
	class = ipcb_class_of(bytes);
	return class < IPCB_CLASSES ? class : IPCB_CLASSES;
}

/* Short where the magazine has one. */
IPCB_PUBLIC int ipcbuf_alloc(struct ipcbuf_region *region, size_t bytes,
			     void **ret_record)
{
	struct ipcb_reader *reader = ipcb_reader;
	unsigned int class = class_short(bytes);
	struct ipcb_magazine *m;
	uint32_t count;

	if (ipcb_unlikely(!ret_record || !reader))
		return alloc_slow(region, bytes, ret_record);
	/* R1 to R3 */
	ipcb_reader_enter(reader);
	if (ipcb_unlikely(ipcb_load_relaxed(&reader->last_region) != region))
		goto slow;
	m = &reader->last_cache->magazines[class];
	count = m->count;
	if (ipcb_unlikely(!count))
		goto slow;
	ipcb_store_relaxed(&m->count, --count);
	*ret_record = hold(region, m->units[count], class);
	if (ipcb_unlikely(count < m->look_ahead))
		look_ahead(region, m);
	ipcb_reader_leave(reader);
	return 0;
slow:
	ipcb_reader_leave(reader);
	return alloc_slow(region, bytes, ret_record);
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
static void free_held(struct ipcbuf_region *region, struct ipcb_cache *cache,
		      uint64_t unit, unsigned int class)
{
	ipcb_store_relaxed(&region->held[unit], 0);
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
static ipcb_noinline int free_rest(void *record, struct ipcb_reader *reader,
				   struct ipcbuf_region *region)
{
	uint64_t unit = ipcb_unit_of(region, record);
	unsigned int class;
	int is_ours = !held_class(region, unit, &class);

	if (is_ours)
		free_held(region, reader->last_cache, unit, class);
	ipcb_reader_leave(reader);
	return is_ours ? 0 : free_slow(record);
}

/* The last store to a block has been done, its span has no owner. */
static ipcb_noinline int free_orphan(struct ipcb_reader *reader, uint32_t span,
				     unsigned int class)
{
	ipcb_block_adopt(reader->last_cache, span, class);
	ipcb_reader_leave(reader);
	return 0;
}

/* The rest of a free of another thread's block, whose held byte says so no more. */
static ipcb_always_inline int end_remote(struct ipcb_reader *reader,
					 struct ipcb_cache *cache,
					 uint16_t *own, const uint64_t *word,
					 uint32_t span, unsigned int class)
{
	cache->ours--;
	/* Release: pairs with the acquire in take_from_span(). */
	ipcb_store_release(own, IPCB_OWN_FREE);
	if (ipcb_unlikely(ipcb_slab_kind(ipcb_load_relaxed(word)) ==
			  IPCB_SLAB_ORPHAN))
		return free_orphan(reader, span, class);
	ipcb_reader_leave(reader);
	return 0;
}

static int is_of_frame_of_mine(const struct ipcb_cache *cache, uint64_t unit)
{
	const struct ipcbuf_region *region = cache->region;
	uint64_t span = ipcb_frame_of_unit(region, unit)
			<< region->g.slabs_per_frame_shift;

	return ipcb_load_relaxed(&region->home[span]) == cache->id;
}

/*
 * Another thread's, and not where the last such block was, or not as that was; or a large
 * one in the middle of a frame of this thread's.
 */
static ipcb_noinline int free_elsewhere(void *record, struct ipcb_reader *reader,
					struct ipcbuf_region *region)
{
	struct ipcb_cache *cache = reader->last_cache;
	uint64_t unit = ipcb_unit_of(region, record);
	unsigned int class;

	if (held_class(region, unit, &class))
		return free_rest(record, reader, region);
	if (ipcb_class_is_small(region, class))
		ipcb_slab_memo_set(&cache->remote, region, unit, class);
	else if (class < IPCB_CLASSES && !is_of_frame_of_mine(cache, unit))
		ipcb_large_memo_set(&cache->remote_large, region, unit, class);
	free_held(region, cache, unit, class);
	ipcb_reader_leave(reader);
	return 0;
}

/* A large block of the class of the last that was another thread's. */
static ipcb_noinline int free_large(void *record, struct ipcb_reader *reader,
				    struct ipcbuf_region *region, uint64_t unit,
				    unsigned int held)
{
	struct ipcb_cache *cache = reader->last_cache;
	const struct ipcb_large_memo *memo = &cache->remote_large;
	uint64_t frame = ipcb_frame_of_unit(region, unit), span;
	uint16_t *own;

	span = frame << region->g.slabs_per_frame_shift;
	if (ipcb_unlikely(held != memo->held ||
			  ipcb_load_relaxed(&region->home[span]) == cache->id))
		return free_elsewhere(record, reader, region);
	own = ipcb_large_memo_own(memo, region, unit, frame);
	ipcb_store_relaxed(&region->held[unit], 0);
	return end_remote(reader, cache, own, &region->slabs[span],
			  (uint32_t)span, held - 1u);
}

/* A small block that is another thread's. */
static ipcb_always_inline int free_remote(void *record,
					  struct ipcb_reader *reader,
					  struct ipcbuf_region *region,
					  uint64_t unit, unsigned int held)
{
	struct ipcb_cache *cache = reader->last_cache;
	const struct ipcb_slab_memo *memo = &cache->remote;
	uint64_t within = unit - memo->first;
	uint16_t *own;

	/* Nothing that isn't held: its byte is 0. */
	if (ipcb_unlikely(within >= memo->units || held != memo->held))
		return free_large(record, reader, region, unit, held);
	own = ipcb_slab_memo_own(memo, within);
	ipcb_store_relaxed(&region->held[unit], 0);
	return end_remote(reader, cache, own, memo->word,
			  (uint32_t)(unit >> region->slab_units_shift),
			  held - 1u);
}

/* Ours, but of another class than the last one, or not held at all. */
static ipcb_noinline int free_local(void *record, struct ipcb_reader *reader,
				    struct ipcbuf_region *region,
				    unsigned int held)
{
	struct ipcb_cache *cache = reader->last_cache;

	if (held - 1u < IPCB_CLASSES) {
		cache->local = &cache->magazines[held - 1];
		cache->local_held = held;
	}
	return free_rest(record, reader, region);
}

/*
 * Short where the record is of the region that this thread used last, and of the
 * class or the slab of the last one. Like all short ways it calls nothing; see
 * spsc_way.h.
 */
IPCB_PUBLIC int ipcbuf_free(void *record)
{
	struct ipcb_reader *reader = ipcb_reader;
	struct ipcbuf_region *region;
	struct ipcb_cache *cache;
	struct ipcb_magazine *m;
	unsigned int held;
	uint64_t unit;

	if (ipcb_unlikely(!reader))
		return free_slow(record);
	/* R1 to R3 */
	ipcb_reader_enter(reader);
	region = ipcb_load_relaxed(&reader->last_region);
	unit = ipcb_unit_of(region, record);
	/* None in ipcb_no_region. */
	if (ipcb_unlikely(unit >= region->heap_units))
		return free_rest(record, reader, region);
	held = ipcb_load_relaxed(&region->held[unit]);
	cache = reader->last_cache;
	if (ipcb_load_relaxed(&region->home[unit >> region->slab_units_shift]) !=
	    cache->id)
		return free_remote(record, reader, region, unit, held);
	m = cache->local;
	if (ipcb_unlikely(held != cache->local_held))
		return free_local(record, reader, region, held);
	if (ipcb_unlikely(m->count >= m->capacity))
		return free_rest(record, reader, region);
	ipcb_store_relaxed(&region->held[unit], 0);
	ipcb_magazine_put(m, unit);
	ipcb_reader_leave(reader);
	return 0;
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
