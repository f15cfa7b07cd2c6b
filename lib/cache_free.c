/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Where a block goes that is no longer used, and blocks for the library. */
#include "cache.h"

#include "member.h"

/*
 * A block of an orphan came back: the span becomes ours, and with it the duty
 * to release it once it is free. Who allocates nothing of the class would never look
 * over it again: it only releases it if it is free now.
 */
void ipcb_block_adopt(struct ipcb_cache *cache, uint32_t span,
		      unsigned int class)
{
	struct ipcbuf_region *region = cache->region;
	uint64_t word = ipcb_load_relaxed(&region->slabs[span]);

	if (ipcb_slab_class(word) != class)
		return;
	if (!cache->magazines[class].capacity) {
		ipcb_orphan_release(region, span);
		return;
	}
	if (!ipcb_span_adopt(region, cache->id, span, class))
		return;
	if (ipcb_span_is_free(region, span, class))
		ipcb_span_release(region, span, class);
	else if (ipcb_bin_add(cache, class, span))
		ipcb_span_orphan(region, span, class);
}

/* The store is the last touch of the block. */
static void give_to_owner(struct ipcb_cache *cache,
			  const struct ipcb_block *block)
{
	/* Release: pairs with the acquire in take_from_span(). */
	ipcb_store_release(block->own, IPCB_OWN_FREE);
	cache->ours--;
	if (ipcb_unlikely(block->class == IPCB_CLASS_HUGE))
		ipcb_huge_release(cache->region, block->span);
	else if (ipcb_span_is_orphan(cache->region, block->span))
		ipcb_block_adopt(cache, block->span, block->class);
}

void ipcb_block_give_back(struct ipcb_cache *cache, uint64_t unit,
			  unsigned int class)
{
	uint64_t offset = (unit + cache->region->heap_unit) << 6;
	struct ipcb_magazine *m = &cache->magazines[class];
	struct ipcb_block block;

	if (ipcb_block_of_class(cache->region, offset, class, &block))
		return;
	/*
	 * A huge record is no thread's, whatever damage made of its span, nor is one
	 * of a class of which this thread never had any.
	 */
	if (!m->capacity ||
	    ipcb_load_relaxed(&cache->region->home[block.span]) != cache->id) {
		give_to_owner(cache, &block);
	} else if (m->count < m->capacity) {
		ipcb_magazine_put(m, unit);
	} else {
		ipcb_cache_flush_half(cache, class);
		ipcb_magazine_put(m, unit);
	}
}

static int huge_claim(struct ipcb_cache *cache, uint64_t bytes,
		      uint64_t *ret_offset)
{
	struct ipcbuf_region *region = cache->region;
	int error = ipcb_huge_claim(region, bytes, ret_offset);

	if (error != -ENOMEM)
		return error;
	ipcb_add_relaxed(&region->header->pressure, 1);
	ipcb_cache_trim(cache);
	ipcb_recover_dead(region);
	ipcb_orphans_release(region);
	error = ipcb_huge_claim(region, bytes, ret_offset);
	if (error)
		ipcb_add_relaxed(&region->header->allocation_failures, 1);
	return error;
}

int ipcb_huge_alloc(struct ipcb_cache *cache, uint64_t bytes, uint64_t *ret_unit)
{
	uint64_t offset;
	int error = huge_claim(cache, bytes, &offset);

	if (error)
		return error;
	cache->ours++;
	*ret_unit = (offset >> 6) - cache->region->heap_unit;
	return 0;
}

int ipcb_block_alloc(struct ipcb_cache *cache, uint64_t bytes,
		     uint64_t *ret_offset, struct ipcb_block *ret_block)
{
	unsigned int class = ipcb_class_of(bytes);
	uint64_t unit;
	int error;

	if (class < cache->region->usable_classes) {
		error = ipcb_magazine_take(cache, class, &unit);
	} else {
		class = IPCB_CLASS_HUGE;
		error = ipcb_huge_alloc(cache, bytes, &unit);
	}
	if (error)
		return error;
	cache->ours--;
	*ret_offset = (unit + cache->region->heap_unit) << 6;
	return ipcb_block_of_class(cache->region, *ret_offset, class, ret_block);
}
