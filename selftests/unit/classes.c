/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Size classes: exhaustive over every class and every place in a span. */
#include "../../lib/class.h"

#include "kselftest_harness.h"

static const uint64_t sizes[] = {
	UINT64_C(1) << 20, UINT64_C(16) << 20, UINT64_C(64) << 20,
	UINT64_C(1) << 30, UINT64_C(1) << 40,
};

/* Fails if a size is given a class whose blocks are too small, or if a smaller
 * class would have done. */
TEST(class_is_the_smallest_that_fits)
{
	uint64_t bytes;

	for (bytes = 1; bytes <= UINT64_C(3) << 20; bytes++) {
		unsigned int class = ipcb_class_of(bytes);

		ASSERT_LE(bytes, ipcb_class_units(class) << 6);
		if (class)
			ASSERT_GT(bytes, ipcb_class_units(class - 1) << 6);
	}
}

/* Fails if the largest class isn't the last one of the table. */
TEST(table_ends_where_classes_do)
{
	EXPECT_EQ(IPCB_CLASSES - 1, ipcb_class_of(UINT64_C(64) << 20));
	EXPECT_EQ(IPCB_CLASSES, ipcb_class_of((UINT64_C(64) << 20) + 1));
}

/* Fails if the multiplication isn't the division it stands for. */
TEST(reciprocals_divide_exactly)
{
	struct ipcb_class classes[IPCB_CLASSES];
	struct ipcb_geometry g;
	unsigned int i, class;
	uint32_t units;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ASSERT_EQ(0, ipcb_geometry_compute(sizes[i], &g));
		ipcb_classes_init(&g, classes);
		for (class = 0; class < IPCB_CLASSES; class++)
			for (units = 0; units < 65536; units++)
				ASSERT_EQ(units / classes[class].units,
					  ipcb_class_divide(&classes[class],
							    units));
	}
}

/*
 * Fails if a place in a span that no block begins at is taken for one that does, or
 * the other way round. Frames have less than 65536 units.
 */
TEST(products_tell_where_blocks_begin)
{
	struct ipcb_class classes[IPCB_CLASSES];
	struct ipcb_geometry g;
	unsigned int i, class;
	uint32_t units;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ASSERT_EQ(0, ipcb_geometry_compute(sizes[i], &g));
		ipcb_classes_init(&g, classes);
		for (class = 0; class < IPCB_CLASSES; class++) {
			const struct ipcb_class *c = &classes[class];

			for (units = 0; units < 65536; units++)
				ASSERT_EQ(units % c->units == 0 &&
					  units / c->units < c->blocks,
					  ipcb_class_begins_block(c,
						ipcb_class_product(c, units)));
		}
	}
}

/* Fails if the table and the calculation disagree about any size that it knows. */
TEST(table_says_what_is_calculated)
{
	uint64_t bytes;

	for (bytes = 1; bytes <= IPCB_CLASS_TABLE_BYTES; bytes++)
		ASSERT_EQ(ipcb_class_of(bytes),
			  ipcb_class_table[(bytes - 1) >> 6]);
}

/* Fails if the blocks of a span don't fit into it, or into its own words. */
TEST(spans_hold_their_blocks)
{
	struct ipcb_class classes[IPCB_CLASSES];
	struct ipcb_geometry g;
	unsigned int i, class, usable, more;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ASSERT_EQ(0, ipcb_geometry_compute(sizes[i], &g));
		usable = ipcb_classes_init(&g, classes);
		more = ipcb_classes_more(classes);
		ASSERT_LT(0, usable);
		ASSERT_LE(ipcb_classes_small(classes), more);
		for (class = 0; class < usable; class++) {
			const struct ipcb_class *c = &classes[class];
			uint64_t bytes = c->bytes * c->blocks;

			ASSERT_LE(1, c->blocks);
			ASSERT_LE(2, c->magazine);
			if (c->kind == IPCB_SPAN_SMALL) {
				ASSERT_LE(bytes, 1ull << g.slab_shift);
				ASSERT_LE(c->blocks, g.own_words_per_slab);
			} else if (c->kind == IPCB_SPAN_BIG) {
				ASSERT_LE(bytes, 1ull << g.frame_shift);
				ASSERT_LE(c->blocks, class < more ?
						     g.big_own_words :
						     IPCB_FEW_BLOCKS);
			} else {
				ASSERT_EQ(1, c->blocks);
			}
		}
	}
}

TEST_HARNESS_MAIN
