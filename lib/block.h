/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * From an offset to the block it names: span, block number, own word.
 *
 * A span is what has one slab word: a small slab, a BIG frame, or a run. It is
 * known by the number of its first slab.
 */
#ifndef IPCB_BLOCK_H
#define IPCB_BLOCK_H

#include "region.h"

struct ipcb_block {
	uint16_t *own;
	uint32_t span;
	uint32_t number;	/* within the span */
	unsigned int class;	/* IPCB_CLASS_HUGE: none */
};

static inline uint32_t ipcb_slab_of(const struct ipcbuf_region *region,
				    uint64_t offset)
{
	return (uint32_t)((offset - region->g.heap_offset) >>
			  region->g.slab_shift);
}

static inline uint64_t ipcb_span_offset(const struct ipcbuf_region *region,
					uint32_t span)
{
	return region->g.heap_offset + ((uint64_t)span << region->g.slab_shift);
}

static inline uint32_t ipcb_frame_of_span(const struct ipcbuf_region *region,
					  uint32_t span)
{
	return span >> region->g.slabs_per_frame_shift;
}

static inline uint64_t ipcb_frame_offset(const struct ipcbuf_region *region,
					 uint32_t frame)
{
	return region->g.heap_offset +
	       ((uint64_t)frame << region->g.frame_shift);
}

static inline int ipcb_class_is_small(const struct ipcbuf_region *region,
				      unsigned int class)
{
	return class < region->small_classes;
}

/* The span that a block of @class at @offset lies in. */
static inline uint32_t ipcb_span_of(const struct ipcbuf_region *region,
				    uint64_t offset, unsigned int class)
{
	uint32_t slab = ipcb_slab_of(region, offset);
	uint32_t shift = region->g.slabs_per_frame_shift;

	return ipcb_class_is_small(region, class) ? slab : slab >> shift << shift;
}

/* How far apart the own words of a span's blocks are, and the first. */
static inline uint16_t *ipcb_own_words(const struct ipcbuf_region *region,
				       uint32_t span, unsigned int class,
				       uint64_t *ret_stride)
{
	if (ipcb_class_is_small(region, class)) {
		*ret_stride = 1;
		return region->own + (uint64_t)span *
				     region->g.own_words_per_slab;
	}
	*ret_stride = region->g.frames;
	return region->run_own + ipcb_frame_of_span(region, span);
}

static inline uint32_t ipcb_blocks_of(const struct ipcbuf_region *region,
				      unsigned int class)
{
	return class < IPCB_CLASSES ? region->classes[class].blocks : 1;
}

/*
 * A block whose class is known from private memory. 0, or -EINVAL where
 * @offset isn't the first byte of a block.
 */
static inline int ipcb_block_of_class(const struct ipcbuf_region *region,
				      uint64_t offset, unsigned int class,
				      struct ipcb_block *ret)
{
	uint32_t span = ipcb_span_of(region, offset, class);
	uint32_t units = (uint32_t)((offset - ipcb_span_offset(region, span)) >>
				    6);
	uint64_t stride;
	uint16_t *words = ipcb_own_words(region, span, class, &stride);
	uint32_t number = 0;

	if (ipcb_likely(class < IPCB_CLASSES)) {
		const struct ipcb_class *c = &region->classes[class];

		number = ipcb_class_divide(c, units);
		if (number >= c->blocks || number * c->units != units)
			return -EINVAL;
	} else if (units) {
		return -EINVAL;
	}
	ret->own = words + number * stride;
	ret->span = span;
	ret->number = number;
	ret->class = class;
	return 0;
}

/*
 * The class of what lies at @offset, read from the slab words: what others
 * wrote there is checked before it is used. -EINVAL: no span in use.
 */
static inline int ipcb_class_at(const struct ipcbuf_region *region,
				uint64_t offset, unsigned int *ret_class)
{
	uint32_t slab = ipcb_slab_of(region, offset);
	uint32_t shift = region->g.slabs_per_frame_shift;
	uint32_t first = slab >> shift << shift;
	unsigned int class;
	uint64_t word;

	if (slab >> shift >= ipcb_load_relaxed(&region->header->frames_limit))
		return -EINVAL;
	word = ipcb_load_relaxed(&region->slabs[slab]);
	if (ipcb_slab_kind(word) == IPCB_SLAB_NONE) {
		word = ipcb_load_relaxed(&region->slabs[first]);
		slab = first;
	}
	class = ipcb_slab_class(word);
	if (ipcb_slab_kind(word) < IPCB_SLAB_OWNED || class > IPCB_CLASS_HUGE)
		return -EINVAL;
	if (class < IPCB_CLASSES ? class >= region->usable_classes :
	    ipcb_slab_kind(word) != IPCB_SLAB_HUGE)
		return -EINVAL;
	if (!ipcb_class_is_small(region, class) && slab != first)
		return -EINVAL;
	*ret_class = class;
	return 0;
}

/* Any block, by what is written in shared memory. */
static inline int ipcb_block_at(const struct ipcbuf_region *region,
				uint64_t offset, struct ipcb_block *ret)
{
	unsigned int class;
	int error;

	if (!ipcb_heap_offset_valid(region, offset))
		return -EINVAL;
	error = ipcb_class_at(region, offset, &class);
	return error ? error : ipcb_block_of_class(region, offset, class, ret);
}

#endif
