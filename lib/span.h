/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Spans: claiming, orphaning, adopting and releasing them.
 *
 * A span's owner is a thread's cache. Only the owner stores non-FREE values
 * into own words that are FREE, and only it may end the ownership. A thread
 * that ends leaves ORPHAN(class) where blocks are still held; whoever needs
 * one, or frees a block of one, adopts it by a compare-and-swap.
 *
 * Slab words that can be claimed (FREE) exist only in frames that are SLABS:
 * a frame on its way to FREE has all its slab words turned from FREE to NONE
 * first, one compare-and-swap each (SEALING), so that who still has an old
 * view of it can't claim a slab of it.
 */
#ifndef IPCB_SPAN_H
#define IPCB_SPAN_H

#include "frame.h"

/*
 * Claims a span of @class for the cache @thread: an orphan, a free slab, or
 * new frames. All its own words that aren't FREE belong to blocks in use.
 */
int ipcb_span_claim(struct ipcbuf_region *region, uint32_t thread,
		    unsigned int class, uint32_t *ret_span);

/* ORPHAN(class) to OWNED: 1 where it is ours now. */
int ipcb_span_adopt(struct ipcbuf_region *region, uint32_t thread,
		    uint32_t span, unsigned int class);

void ipcb_span_orphan(struct ipcbuf_region *region, uint32_t span,
		      unsigned int class);

/* Are all its own words FREE? Exact for the owner, a guess for others. */
int ipcb_span_is_free(const struct ipcbuf_region *region, uint32_t span,
		      unsigned int class);

/* By the owner of a span that is free. */
void ipcb_span_release(struct ipcbuf_region *region, uint32_t span,
		       unsigned int class);

/* A record larger than every class; its own word is ours. */
int ipcb_huge_claim(struct ipcbuf_region *region, uint64_t bytes,
		    uint64_t *ret_offset);
/* By anybody, once its own word is FREE; does nothing if another did. */
void ipcb_huge_release(struct ipcbuf_region *region, uint32_t span);
/* Its bytes; 0 if it is none. */
uint64_t ipcb_huge_bytes(const struct ipcbuf_region *region, uint32_t span);

/* Releases an orphan that is free, or a huge run whose freer died. */
void ipcb_orphan_release(struct ipcbuf_region *region, uint32_t span);

/*
 * Releases every orphan that is free, huge runs whose freer died, and frames all
 * of whose slabs are free.
 */
void ipcb_orphans_release(struct ipcbuf_region *region);

/* span_frame.c: a frame of free slabs goes back to the machine. */
void ipcb_frame_try_seal(struct ipcbuf_region *region, uint32_t frame);
/* Finishes or undoes what @word, of a dead member, says of @frame. */
void ipcb_frame_recover(struct ipcbuf_region *region, uint32_t frame,
			uint64_t word);
/* Takes memory back and frees frames of a run that is FREEING. */
void ipcb_run_free(struct ipcbuf_region *region, uint32_t head, uint64_t count,
		   uint64_t committed_bytes);

#endif
