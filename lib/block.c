/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The less frequent ways from an offset to a block, see block.h. */
#include "block.h"

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

static int class_at(const struct ipcbuf_region *region, uint64_t offset,
		    unsigned int *ret_class)
{
	uint32_t slab = ipcb_slab_of(region, offset);
	uint32_t shift = region->g.slabs_per_frame_shift;
	uint64_t word;

	if (slab >> shift >= ipcb_load_relaxed(&region->header->frames_limit))
		return -EINVAL;
	word = ipcb_load_relaxed(&region->slabs[slab]);
	if (ipcb_slab_kind(word) == IPCB_SLAB_NONE) {
		slab = slab >> shift << shift;
		word = ipcb_load_relaxed(&region->slabs[slab]);
	}
	if (!ipcb_slab_word_valid(region, slab, word))
		return -EINVAL;
	*ret_class = ipcb_slab_class(word);
	return 0;
}

int ipcb_block_at_any(const struct ipcbuf_region *region, uint64_t offset,
		      struct ipcb_block *ret)
{
	unsigned int class;
	int error = class_at(region, offset, &class);

	return error ? error : ipcb_block_of_class(region, offset, class, ret);
}
