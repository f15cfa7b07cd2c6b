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

/* The own words of a BIG frame or run: lines of its own. */
static inline uint16_t *ipcb_run_own(const struct ipcbuf_region *region,
				     uint32_t frame)
{
	return region->run_own + (uint64_t)frame * region->g.run_own_words;
}

static inline int ipcb_commit_run_own(struct ipcbuf_region *region,
				      uint32_t frame)
{
	uint64_t bytes = region->g.run_own_words * sizeof(uint16_t);

	return ipcb_commit_meta(region, region->g.run_own_offset +
				frame * bytes, bytes);
}

/* The own words of a span's blocks. */
static inline uint16_t *ipcb_own_words(const struct ipcbuf_region *region,
				       uint32_t span, unsigned int class)
{
	if (ipcb_class_is_small(region, class))
		return region->own + (uint64_t)span *
				     region->g.own_words_per_slab;
	return ipcb_run_own(region, ipcb_frame_of_span(region, span));
}

static inline uint32_t ipcb_blocks_of(const struct ipcbuf_region *region,
				      unsigned int class)
{
	return class < IPCB_CLASSES ? region->classes[class].blocks : 1;
}

/* A hint: a span may lose or get an owner at any time. */
static inline int ipcb_span_is_orphan(const struct ipcbuf_region *region,
				      uint32_t span)
{
	return ipcb_slab_kind(ipcb_load_relaxed(&region->slabs[span])) ==
	       IPCB_SLAB_ORPHAN;
}

/* As ipcb_block_of_class(), for SMALL classes, which most are. */
static inline int ipcb_small_block(const struct ipcbuf_region *region,
				   uint64_t offset, unsigned int class,
				   struct ipcb_block *ret)
{
	const struct ipcb_class *c = &region->classes[class];
	uint64_t within = offset - region->g.heap_offset;
	uint32_t span = (uint32_t)(within >> region->g.slab_shift);
	uint32_t units = (uint32_t)(within >> 6) & region->slab_units_mask;
	uint32_t number = ipcb_class_divide(c, units);

	if (ipcb_unlikely(number >= c->blocks || number * c->units != units))
		return -EINVAL;
	ret->own = region->own + (uint64_t)span * region->g.own_words_per_slab +
		   number;
	ret->span = span;
	ret->number = number;
	ret->class = class;
	return 0;
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
	uint16_t *words = ipcb_own_words(region, span, class);
	uint32_t number = 0;

	if (ipcb_likely(class < IPCB_CLASSES)) {
		const struct ipcb_class *c = &region->classes[class];

		number = ipcb_class_divide(c, units);
		if (number >= c->blocks || number * c->units != units ||
		    offset - region->g.heap_offset >
		    region->g.heap_bytes - c->bytes)
			return -EINVAL;
	} else if (units) {
		return -EINVAL;
	}
	ret->own = words + number;
	ret->span = span;
	ret->number = number;
	ret->class = class;
	return 0;
}

/*
 * block.c: may @word, just read from slab @slab's place, be believed? 1: it is
 * a span in use, its class is one that this region has.
 */
int ipcb_slab_word_valid(const struct ipcbuf_region *region, uint32_t slab,
			 uint64_t word);

/* Any block, by what is written in shared memory; @offset is valid. */
int ipcb_block_at_any(const struct ipcbuf_region *region, uint64_t offset,
		      struct ipcb_block *ret);

static inline int ipcb_block_at(const struct ipcbuf_region *region,
				uint64_t offset, struct ipcb_block *ret)
{
	uint32_t slab = ipcb_slab_of(region, offset);
	unsigned int class;
	uint64_t word;

	if (ipcb_unlikely(!ipcb_heap_offset_valid(region, offset)))
		return -EINVAL;
	if (ipcb_unlikely(slab >> region->g.slabs_per_frame_shift >=
			  ipcb_load_relaxed(&region->header->frames_limit)))
		return -EINVAL;
	word = ipcb_load_relaxed(&region->slabs[slab]);
	class = ipcb_slab_class(word);
	if (ipcb_likely(ipcb_slab_kind(word) >= IPCB_SLAB_OWNED &&
			ipcb_class_is_small(region, class)))
		return ipcb_small_block(region, offset, class, ret);
	return ipcb_block_at_any(region, offset, ret);
}

#endif
