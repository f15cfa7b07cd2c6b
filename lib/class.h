/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Size classes: multiples of 64 bytes, four to each doubling.
 *
 *   class  0   1   2   3 |  4   5   6   7 |  8 ...         75
 *   bytes 64 128 192 256 |320 384 448 512 |640 ...     64 MiB
 *
 * What holds the blocks of a class depends on the region's geometry:
 *
 *   SMALL  a slab with at least two blocks
 *   BIG    a frame with at least two blocks
 *   RUN    a run of frames, one block
 *
 * Larger records than the largest class are HUGE: runs of exactly the pages
 * that they need, cached by nobody.
 */
#ifndef IPCB_CLASS_H
#define IPCB_CLASS_H

#include "layout.h"

enum ipcb_span_kind { IPCB_SPAN_SMALL, IPCB_SPAN_BIG, IPCB_SPAN_RUN };

struct ipcb_class {
	uint64_t bytes;		/* of one block */
	uint64_t reciprocal;	/* ceil(2^32 / units) */
	uint64_t end;		/* blocks << 32: what no block's product reaches */
	uint32_t units;		/* block size in units of 64 bytes */
	uint32_t blocks;	/* in one span */
	uint8_t kind;		/* enum ipcb_span_kind */
	uint8_t magazine;	/* capacity of a thread's magazine */
};

/* The class of a size, 1 <= bytes; may be >= IPCB_CLASSES. */
static inline unsigned int ipcb_class_of(uint64_t bytes)
{
	uint64_t last = (bytes - 1) >> 6;
	unsigned int k;

	if (last < 4)
		return (unsigned int)last;
	k = ipcb_log2(last);
	return 4 * (k - 1) + (unsigned int)(last >> (k - 2)) - 4;
}

/* The same up to here by a table: class.c. */
#define IPCB_CLASS_TABLE_BYTES 4096u
extern const uint8_t ipcb_class_table[IPCB_CLASS_TABLE_BYTES / 64];

static inline uint64_t ipcb_class_units(unsigned int class)
{
	if (class < 4)
		return class + 1;
	return (uint64_t)(class % 4 + 5) << (class / 4 - 1);
}

/*
 * The number of the block that begins at a unit of a span is the upper half of
 * this product, if ipcb_class_begins_block() says that one does.
 */
static inline uint64_t ipcb_class_product(const struct ipcb_class *class,
					  uint32_t units)
{
	return units * class->reciprocal;
}

/*
 * Is it the product of a multiple of the block's units? Then its lower half is less than
 * the reciprocal, under the same bound (Lemire, Kaser, Kurz, "Faster remainder by direct
 * computation", 2019).
 */
static inline int ipcb_class_divides(const struct ipcb_class *class,
				     uint64_t product)
{
	return (uint32_t)product < class->reciprocal;
}

/* The same, of a block that the span has. */
static inline int ipcb_class_begins_block(const struct ipcb_class *class,
					  uint64_t product)
{
	return product < class->end && ipcb_class_divides(class, product);
}

/*
 * units / class->units without a division: exact for units < 2^16, which
 * covers every SMALL and BIG span (Granlund and Montgomery, "Division by
 * invariant integers using multiplication", 1994).
 */
static inline uint32_t ipcb_class_divide(const struct ipcb_class *class,
					 uint32_t units)
{
	return (uint32_t)(ipcb_class_product(class, units) >> 32);
}

/*
 * Fills @classes[IPCB_CLASSES] for a geometry. Return: how many are usable:
 * those whose spans are at most 1/16 of the heap, and all SMALL ones.
 */
unsigned int ipcb_classes_init(const struct ipcb_geometry *geometry,
			       struct ipcb_class *classes);

/* How many of them are SMALL: the first ones. */
unsigned int ipcb_classes_small(const struct ipcb_class *classes);

/*
 * How many are SMALL, or have more than IPCB_FEW_BLOCKS to a frame: all below are one or
 * the other.
 */
unsigned int ipcb_classes_more(const struct ipcb_class *classes);

#endif
