/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The geometry of a region. Pure functions; nothing is read from shared
 * memory, so a header that disagrees with what is computed here is refused.
 */
#include "layout.h"

#include <ipcbuf/region.h>

#define SMALL_REGION_BYTES (UINT64_C(16) << 20)

/* Small regions have small slabs, so that more than a few fit. */
static uint32_t slab_shift_for(uint64_t size_bytes)
{
	return size_bytes < SMALL_REGION_BYTES ? 14 : 16;
}

/* About 128 frames or more; 2 MiB, a huge page, at the most. */
static uint32_t frame_shift_for(uint64_t size_bytes, uint32_t slab_shift)
{
	uint32_t shift = ipcb_log2(size_bytes) - 7;

	if (shift < slab_shift)
		return slab_shift;
	return shift > 21 ? 21 : shift;
}

static uint64_t round_size(uint64_t size_bytes)
{
	uint32_t shift = frame_shift_for(size_bytes,
					 slab_shift_for(size_bytes));

	return ipcb_align_up(size_bytes, UINT64_C(1) << shift);
}

static uint64_t place(uint64_t *cursor, uint64_t bytes)
{
	uint64_t offset = *cursor;

	*cursor = ipcb_align_up(offset + bytes, IPCB_META_PAGE);
	return offset;
}

static void place_tables(struct ipcb_geometry *g)
{
	uint64_t slabs = g->frames << g->slabs_per_frame_shift;
	uint64_t cursor = IPCB_HEADER_SIZE;

	g->members_offset = place(&cursor, g->max_members *
				  sizeof(struct ipcb_member_slot));
	g->waiters_offset = place(&cursor, g->max_waiters *
				  sizeof(struct ipcb_waiter));
	g->sems_offset = place(&cursor, g->max_sems * sizeof(uint32_t));
	g->frames_offset = place(&cursor, g->frames * sizeof(uint64_t));
	g->slabs_offset = place(&cursor, slabs * sizeof(uint64_t));
	g->few_own_offset = place(&cursor, g->frames * IPCB_FEW_BLOCKS *
				  sizeof(uint16_t));
	g->big_own_offset = place(&cursor, g->frames * g->big_own_words *
				  sizeof(uint16_t));
	g->own_offset = place(&cursor, slabs * g->own_words_per_slab *
			      sizeof(uint16_t));
	g->heap_offset = ipcb_align_up(cursor, UINT64_C(1) << g->frame_shift);
}

int ipcb_geometry_compute(uint64_t size_bytes, struct ipcb_geometry *ret)
{
	struct ipcb_geometry g = { 0 };
	int small;

	if (size_bytes < IPCBUF_REGION_MIN_BYTES ||
	    size_bytes > IPCBUF_REGION_MAX_BYTES)
		return -EINVAL;
	/* Rounded first: the rounded size must give the same geometry again. */
	g.size_bytes = round_size(size_bytes);
	small = g.size_bytes < SMALL_REGION_BYTES;
	g.slab_shift = slab_shift_for(g.size_bytes);
	g.frame_shift = frame_shift_for(g.size_bytes, g.slab_shift);
	g.slabs_per_frame_shift = g.frame_shift - g.slab_shift;
	g.max_members = small ? 128 : 1024;
	g.max_waiters = small ? 32 : 256;
	g.max_sems = small ? 128 : 1024;
	g.own_words_per_slab = 1u << (g.slab_shift - 6);
	g.big_own_words = 2u << g.slabs_per_frame_shift;

	/* The tables shrink with the heap: place them for the upper bound. */
	g.frames = g.size_bytes >> g.frame_shift;
	place_tables(&g);
	g.frames = (g.size_bytes - g.heap_offset) >> g.frame_shift;
	place_tables(&g);
	g.heap_bytes = g.frames << g.frame_shift;
	*ret = g;
	return 0;
}
