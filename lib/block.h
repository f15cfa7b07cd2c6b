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

static inline uint64_t ipcb_frame_of_unit(const struct ipcbuf_region *region,
					  uint64_t unit)
{
	return unit >> region->frame_units_shift;
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

/* From the own words of a BIG frame or a run to those of the next frame. */
static inline uint32_t ipcb_frame_own_words(const struct ipcbuf_region *region,
					    unsigned int class)
{
	return class >= region->more_classes ? IPCB_FEW_BLOCKS :
					       region->g.big_own_words;
}

/*
 * The own words of a BIG frame or a run. Those with few blocks share lines, eight frames
 * to each: of a line that moves between cores once, more records are. The others have
 * lines of their own.
 */
static inline uint16_t *ipcb_frame_own(const struct ipcbuf_region *region,
				       uint32_t frame, unsigned int class)
{
	uint16_t *first = class >= region->more_classes ? region->few_own :
							  region->big_own;

	return first + (uint64_t)frame * ipcb_frame_own_words(region, class);
}

/* That of a run. */
static inline uint16_t *ipcb_run_own(const struct ipcbuf_region *region,
				     uint32_t frame)
{
	return ipcb_frame_own(region, frame, IPCB_CLASS_HUGE);
}

/* The own words of a span's blocks. */
static inline uint16_t *ipcb_own_words(const struct ipcbuf_region *region,
				       uint32_t span, unsigned int class)
{
	if (ipcb_class_is_small(region, class))
		return region->own + (uint64_t)span *
				     region->g.own_words_per_slab;
	return ipcb_frame_own(region, ipcb_frame_of_span(region, span), class);
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

/* ipcb_class_product() of the block at @unit of a slab of @class. */
static inline uint64_t ipcb_small_product(const struct ipcbuf_region *region,
					  uint64_t unit, unsigned int class)
{
	return ipcb_class_product(&region->classes[class],
				  (uint32_t)unit & region->slab_units_mask);
}

/* The own word of a block of a slab. The slab has as many words as units. */
static inline uint16_t *ipcb_small_own(const struct ipcbuf_region *region,
				       uint64_t unit, uint64_t product)
{
	uint64_t first = unit & ~(uint64_t)region->slab_units_mask;

	return region->own + first + (product >> 32);
}

/*
 * The own word and the class of the block at @unit, counted from the heap's start,
 * by what is written in shared memory. NULL: a large block, or none, or one that
 * came since units_known was read last; ipcb_block_at() knows.
 */
static ipcb_always_inline uint16_t *
ipcb_small_own_at(const struct ipcbuf_region *region, uint64_t unit,
		  unsigned int *ret_class)
{
	uint64_t word, product;
	unsigned int class;

	if (ipcb_unlikely(unit >= ipcb_load_relaxed(&region->units_known)))
		return NULL;
	word = ipcb_load_relaxed(&region->slabs[unit >>
						region->slab_units_shift]);
	class = ipcb_slab_class(word);
	if (ipcb_unlikely(ipcb_slab_kind(word) < IPCB_SLAB_OWNED ||
			  class >= region->small_classes))
		return NULL;
	product = ipcb_small_product(region, unit, class);
	if (ipcb_unlikely(!ipcb_class_begins_block(&region->classes[class],
						   product)))
		return NULL;
	*ret_class = class;
	return ipcb_small_own(region, unit, product);
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
		uint64_t product = ipcb_class_product(c, units);

		/* A run may be larger than what is left of the heap. */
		if (!ipcb_class_begins_block(c, product) ||
		    offset - region->g.heap_offset >
		    region->g.heap_bytes - c->bytes)
			return -EINVAL;
		number = (uint32_t)(product >> 32);
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

/*
 * As ipcb_small_own_at(), for classes that are neither SMALL nor HUGE. A frame has
 * less than 2^16 units, so that the product tells where a run begins, too; a run may
 * be larger than what is left of the heap.
 */
static inline uint16_t *ipcb_large_own_at(const struct ipcbuf_region *region,
					  uint64_t unit,
					  unsigned int *ret_class)
{
	uint64_t frame = ipcb_frame_of_unit(region, unit), word, product;
	const struct ipcb_class *c;
	unsigned int class;

	if (ipcb_unlikely(unit >= ipcb_load_relaxed(&region->units_known)))
		return NULL;
	word = ipcb_load_relaxed(&region->slabs[frame <<
					region->g.slabs_per_frame_shift]);
	class = ipcb_slab_class(word);
	if (ipcb_unlikely(ipcb_slab_kind(word) < IPCB_SLAB_OWNED ||
			  class < region->small_classes ||
			  class >= region->usable_classes))
		return NULL;
	c = &region->classes[class];
	product = ipcb_class_product(c, (uint32_t)unit &
				     region->frame_units_mask);
	if (ipcb_unlikely(!ipcb_class_begins_block(c, product) ||
			  unit + c->units > region->heap_units))
		return NULL;
	*ret_class = class;
	return ipcb_frame_own(region, (uint32_t)frame, class) + (product >> 32);
}

/*
 * A slab that was looked up last, in private memory. While it is what it was, its
 * blocks' own words are found from here: then their addresses don't wait for
 * what is read, and what follows doesn't wait for the stores to them.
 */
struct ipcb_slab_memo {
	uint64_t first;			/* its first unit */
	uint64_t units;			/* what its blocks take; 0: none */
	const uint64_t *word;		/* the slab's */
	uint16_t *own;			/* these three: of the first unit */
	uint8_t *is_held;
	unsigned char *start;
	uint32_t what;			/* ipcb_slab_what() of its word */
	uint8_t held;			/* what the byte of a held block says */
	struct ipcb_class class;
};

/* The own word of a block of the slab and of its class, @within it. */
static ipcb_always_inline uint16_t *
ipcb_slab_memo_own(const struct ipcb_slab_memo *memo, uint64_t within)
{
	uint64_t product = ipcb_class_product(&memo->class, (uint32_t)within);

	return memo->own + (product >> 32);
}

/* As ipcb_small_own_at(), of a block of this slab alone: 1 where @within it is one. */
static ipcb_always_inline int
ipcb_slab_memo_find(const struct ipcb_slab_memo *memo, uint64_t within,
		    uint16_t **ret_own)
{
	uint64_t product;

	if (ipcb_unlikely(within >= memo->units ||
			  ipcb_slab_what(ipcb_load_relaxed(memo->word)) !=
			  memo->what))
		return 0;
	product = ipcb_class_product(&memo->class, (uint32_t)within);
	if (ipcb_unlikely(!ipcb_class_divides(&memo->class, product)))
		return 0;
	*ret_own = memo->own + (product >> 32);
	return 1;
}

/* The slab of @unit, which is of the SMALL @class. */
static inline void ipcb_slab_memo_set(struct ipcb_slab_memo *memo,
				      const struct ipcbuf_region *region,
				      uint64_t unit, unsigned int class)
{
	uint64_t first = unit & ~(uint64_t)region->slab_units_mask, word;

	memo->first = first;
	memo->word = &region->slabs[first >> region->slab_units_shift];
	memo->own = region->own + first;
	memo->is_held = &region->held[first];
	memo->start = ipcb_unit_at(region, first);
	memo->held = (uint8_t)(class + 1);
	memo->class = region->classes[class];
	word = ipcb_load_relaxed(memo->word);
	memo->what = ipcb_slab_what(word);
	memo->units = ipcb_slab_kind(word) >= IPCB_SLAB_OWNED &&
		      ipcb_slab_class(word) == class ?
		      (uint64_t)memo->class.blocks * memo->class.units : 0;
}

/*
 * What the slab word of the last large block said. Where that of another frame says the
 * same, a block of it is found without reading what that means.
 */
struct ipcb_large_memo {
	uint64_t units;			/* where they begin before; 0: none */
	uint16_t *own;			/* of frame 0, were it of this class */
	uint32_t own_words;		/* from one frame's to the next */
	uint32_t what;			/* ipcb_slab_what() of the word */
	uint8_t held;			/* what the byte of a held block says */
	struct ipcb_class class;
};

static ipcb_always_inline uint64_t
ipcb_large_memo_product(const struct ipcb_large_memo *memo,
			const struct ipcbuf_region *region, uint64_t unit)
{
	return ipcb_class_product(&memo->class,
				  (uint32_t)unit & region->frame_units_mask);
}

/* The own word of a block of this class. */
static ipcb_always_inline uint16_t *
ipcb_large_memo_own(const struct ipcb_large_memo *memo,
		    const struct ipcbuf_region *region, uint64_t unit,
		    uint64_t frame)
{
	return memo->own + frame * memo->own_words +
	       (ipcb_large_memo_product(memo, region, unit) >> 32);
}

/* As ipcb_large_own_at(), of a block of this class alone: 1 where it is one. */
static ipcb_always_inline int
ipcb_large_memo_find(const struct ipcb_large_memo *memo,
		     const struct ipcbuf_region *region, uint64_t unit,
		     uint16_t **ret_own)
{
	uint64_t frame = ipcb_frame_of_unit(region, unit), product;

	if (ipcb_unlikely(unit >= memo->units ||
			  ipcb_slab_what(ipcb_load_relaxed(&region->slabs[
				frame << region->g.slabs_per_frame_shift])) !=
			  memo->what))
		return 0;
	product = ipcb_large_memo_product(memo, region, unit);
	if (ipcb_unlikely(!ipcb_class_begins_block(&memo->class, product)))
		return 0;
	*ret_own = memo->own + frame * memo->own_words + (product >> 32);
	return 1;
}

/* The frame of @unit, of a class that ipcb_large_own_at() just found there. */
static inline void ipcb_large_memo_set(struct ipcb_large_memo *memo,
				       const struct ipcbuf_region *region,
				       uint64_t unit, unsigned int class)
{
	uint64_t frame = ipcb_frame_of_unit(region, unit);
	uint64_t word = ipcb_load_relaxed(&region->slabs[
				frame << region->g.slabs_per_frame_shift]);

	memo->class = region->classes[class];
	memo->own = ipcb_frame_own(region, 0, class);
	memo->own_words = ipcb_frame_own_words(region, class);
	memo->held = (uint8_t)(class + 1);
	memo->what = ipcb_slab_what(word);
	memo->units = ipcb_slab_kind(word) >= IPCB_SLAB_OWNED &&
		      ipcb_slab_class(word) == class ?
		      ipcb_min(ipcb_load_relaxed(&region->units_known),
			       region->heap_units - memo->class.units + 1) : 0;
}

/* Any block, by what is written in shared memory; any @offset. 0 or -EINVAL. */
int ipcb_block_at(struct ipcbuf_region *region, uint64_t offset,
		  struct ipcb_block *ret);

#endif
