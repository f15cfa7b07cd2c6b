/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Frames: claiming and releasing runs of them.
 *
 * A run is claimed low to high, head first: TENTATIVE(n, me), then each
 * CONTINUES(head). Whoever meets a frame that isn't FREE gives back what it
 * has, top first, and goes on behind it; so of two that collide at least the
 * one with the higher head gets on, and nobody waits.
 *
 * A death leaves TENTATIVE(n, dead), FREEING(n, dead) or SEALING(dead) and
 * CONTINUES frames of that head, all of which recovery undoes or finishes.
 */
#ifndef IPCB_FRAME_H
#define IPCB_FRAME_H

#include "block.h"

/*
 * Claims @count frames that follow one another; all are TENTATIVE or
 * CONTINUES. -ENOMEM only after a pass over all frames that met nobody in
 * the middle of something.
 */
int ipcb_frames_claim(struct ipcbuf_region *region, uint64_t count,
		      uint32_t *ret_head);

/* Gives them back, top first; their memory isn't committed (any more). */
void ipcb_frames_release(struct ipcbuf_region *region, uint32_t head,
			 uint64_t count);

/* How many frames the run HEAD(pages) or BIG has; bounded by the region. */
uint64_t ipcb_frames_in_run(const struct ipcbuf_region *region, uint32_t head,
			    uint64_t word);

/* Frames whose metadata may be looked at. */
static inline uint64_t ipcb_frames_limit(const struct ipcbuf_region *region)
{
	/* Acquire: pairs with the release in raise_limit(). */
	return ipcb_min(ipcb_load_acquire(&region->header->frames_limit),
			region->g.frames);
}

#endif
