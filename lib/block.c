/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The less frequent ways from an offset to a block, see block.h. */
#include "frame.h"

int ipcb_slab_word_valid(const struct ipcbuf_region *region, uint32_t slab,
			 uint64_t word)
{
	uint32_t shift = region->g.slabs_per_frame_shift;
	unsigned int class = ipcb_slab_class(word);
	unsigned int kind = ipcb_slab_kind(word);

	if (kind < IPCB_SLAB_OWNED || class > IPCB_CLASS_HUGE)
		return 0;
	if (class < IPCB_CLASSES ? class >= region->usable_classes :
	    kind != IPCB_SLAB_HUGE)
		return 0;
	return ipcb_class_is_small(region, class) ||
	       slab == slab >> shift << shift;
}

/* Are there tables for the frame of @unit? They are known of from now on. */
static int is_known(struct ipcbuf_region *region, uint64_t unit)
{
	uint64_t units = ipcb_frames_limit(region)
			 << (region->g.frame_shift - 6);

	if (units > ipcb_load_relaxed(&region->units_known))
		ipcb_store_relaxed(&region->units_known, units);
	return unit < units;
}

static int class_at(const struct ipcbuf_region *region, uint64_t offset,
		    unsigned int *ret_class)
{
	uint32_t slab = ipcb_slab_of(region, offset);
	uint32_t shift = region->g.slabs_per_frame_shift;
	uint64_t word = ipcb_load_relaxed(&region->slabs[slab]);

	if (ipcb_slab_kind(word) == IPCB_SLAB_NONE) {
		slab = slab >> shift << shift;
		word = ipcb_load_relaxed(&region->slabs[slab]);
	}
	if (!ipcb_slab_word_valid(region, slab, word))
		return -EINVAL;
	*ret_class = ipcb_slab_class(word);
	return 0;
}

int ipcb_block_at(struct ipcbuf_region *region, uint64_t offset,
		  struct ipcb_block *ret)
{
	unsigned int class;
	int error;

	if (!ipcb_heap_offset_valid(region, offset) ||
	    !is_known(region, (offset >> 6) - region->heap_unit))
		return -EINVAL;
	error = class_at(region, offset, &class);
	return error ? error : ipcb_block_of_class(region, offset, class, ret);
}
