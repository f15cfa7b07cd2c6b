/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Where a region's parts lie, for sizes from 1 MiB to 16 TiB. */
#include "../../lib/layout.h"

#include <ipcbuf/region.h>

#include "kselftest_harness.h"

static void check_places(struct __test_metadata *_metadata,
			 const struct ipcb_geometry *g)
{
	uint64_t slabs = g->frames << g->slabs_per_frame_shift;

	ASSERT_LE(IPCB_HEADER_SIZE, g->members_offset);
	ASSERT_LE(g->members_offset + g->max_members *
		  sizeof(struct ipcb_member_slot), g->waiters_offset);
	ASSERT_LE(g->waiters_offset + g->max_waiters *
		  sizeof(struct ipcb_waiter), g->sems_offset);
	ASSERT_LE(g->sems_offset + g->max_sems * 4ull, g->frames_offset);
	ASSERT_LE(g->frames_offset + g->frames * 8, g->slabs_offset);
	ASSERT_LE(g->slabs_offset + slabs * 8, g->few_own_offset);
	ASSERT_LE(g->few_own_offset + g->frames * IPCB_FEW_BLOCKS * 2,
		  g->big_own_offset);
	ASSERT_LE(g->big_own_offset + g->frames * g->big_own_words * 2,
		  g->own_offset);
	ASSERT_LE(g->own_offset + slabs * g->own_words_per_slab * 2,
		  g->heap_offset);
	ASSERT_EQ(g->heap_bytes, g->frames << g->frame_shift);
	ASSERT_LE(g->heap_offset + g->heap_bytes, g->size_bytes);
	ASSERT_EQ(0, g->heap_offset % (1ull << g->frame_shift));
	ASSERT_LE(16, g->frames);
}

static void check_size(struct __test_metadata *_metadata, uint64_t bytes)
{
	struct ipcb_geometry g, again;

	ASSERT_EQ(0, ipcb_geometry_compute(bytes, &g));
	ASSERT_LE(bytes, g.size_bytes);
	check_places(_metadata, &g);
	/* An opener computes it from the rounded size. */
	ASSERT_EQ(0, ipcb_geometry_compute(g.size_bytes, &again));
	ASSERT_EQ(0, memcmp(&g, &again, sizeof(g)));
}

/* Fails if two parts overlap, or an opener would compute another layout. */
TEST(places_at_and_around_powers_of_two)
{
	unsigned int shift;
	int64_t off;

	for (shift = 20; shift < 44; shift++)
		for (off = -70000; off <= 70000; off += 7001)
			if (shift > 20 || off >= 0)
				check_size(_metadata, (1ull << shift) +
					   (uint64_t)off);
}

/* Fails if a size that can't be is accepted, or the output touched. */
TEST(sizes_out_of_range)
{
	const uint64_t bad[] = { 0, 1, IPCBUF_REGION_MIN_BYTES - 1,
				 IPCBUF_REGION_MAX_BYTES + 1, UINT64_MAX };
	struct ipcb_geometry g, before;
	unsigned int i;

	memset(&g, 0x5a, sizeof(g));
	before = g;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_EQ(-EINVAL, ipcb_geometry_compute(bad[i], &g));
	EXPECT_EQ(0, memcmp(&g, &before, sizeof(g)));
}

/* Fails if metadata takes more than the 1/32 that own words need, and tables. */
TEST(metadata_is_small)
{
	struct ipcb_geometry g;

	ASSERT_EQ(0, ipcb_geometry_compute(1ull << 30, &g));
	EXPECT_LE(g.heap_offset, g.size_bytes / 28);
	ASSERT_EQ(0, ipcb_geometry_compute(1ull << 20, &g));
	EXPECT_LE(g.heap_offset, g.size_bytes / 8);
}

TEST_HARNESS_MAIN
