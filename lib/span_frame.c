/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Frames that go back: sealing a frame of free slabs, freeing a run, and the
 * recovery of either when its member died in the middle.
 */
#include "span.h"

static uint64_t *slab_words(const struct ipcbuf_region *region, uint32_t frame)
{
	return &region->slabs[(uint64_t)frame <<
			      region->g.slabs_per_frame_shift];
}

static uint32_t slabs_per_frame(const struct ipcbuf_region *region)
{
	return 1u << region->g.slabs_per_frame_shift;
}

static uint64_t free_word(void)
{
	return ipcb_slab_word(IPCB_SLAB_FREE, 0, 0, 0);
}

static int all_slabs_are(const struct ipcbuf_region *region, uint32_t frame,
			 uint64_t wanted)
{
	const uint64_t *words = slab_words(region, frame);
	uint32_t i;

	for (i = 0; i < slabs_per_frame(region); i++)
		if (ipcb_load_relaxed(&words[i]) != wanted)
			return 0;
	return 1;
}

/* From FREE to NONE, all or (0) none: then some of them have been claimed. */
static int seal_slabs(struct ipcbuf_region *region, uint32_t frame)
{
	uint64_t *words = slab_words(region, frame);
	uint32_t i;

	for (i = 0; i < slabs_per_frame(region); i++) {
		uint64_t word = ipcb_load_relaxed(&words[i]);

		if (ipcb_slab_kind(word) == IPCB_SLAB_NONE)
			continue;	/* a dead sealer's */
		if (ipcb_slab_kind(word) != IPCB_SLAB_FREE ||
		    !ipcb_cas_acq_rel(&words[i], word, 0))
			return 0;
	}
	return 1;
}

static void unseal_slabs(struct ipcbuf_region *region, uint32_t frame)
{
	uint64_t *words = slab_words(region, frame);
	uint32_t i;

	for (i = 0; i < slabs_per_frame(region); i++)
		ipcb_cas_acq_rel(&words[i], 0, free_word());
}

/* The frame says SEALING(me). */
static void finish_seal(struct ipcbuf_region *region, uint32_t frame)
{
	if (!seal_slabs(region, frame)) {
		unseal_slabs(region, frame);
		ipcb_store_release(&region->frames[frame],
				   ipcb_frame_word(IPCB_FRAME_SLABS, 0, 0));
		return;
	}
	ipcb_add_relaxed(&region->header->free_slabs,
			 -(uint64_t)slabs_per_frame(region));
	ipcb_decommit_heap(region, ipcb_frame_offset(region, frame),
			   UINT64_C(1) << region->g.frame_shift,
			   UINT64_C(1) << region->g.frame_shift);
	ipcb_frames_release(region, frame, 1);
}

void ipcb_frame_try_seal(struct ipcbuf_region *region, uint32_t frame)
{
	uint64_t slabs = ipcb_frame_word(IPCB_FRAME_SLABS, 0, 0);

	if (!all_slabs_are(region, frame, free_word()))
		return;
	if (ipcb_cas_acq_rel(&region->frames[frame], slabs,
			     ipcb_frame_word(IPCB_FRAME_SEALING,
					     region->member, 0)))
		finish_seal(region, frame);
}

/*
 * Memory first, while nobody can claim the frames; then top down, the head
 * last, so that a death leaves a head that says how far it reached at most.
 */
void ipcb_run_free(struct ipcbuf_region *region, uint32_t head, uint64_t count,
		   uint64_t committed_bytes)
{
	ipcb_decommit_heap(region, ipcb_frame_offset(region, head),
			   count << region->g.frame_shift, committed_bytes);
	ipcb_frames_release(region, head, count);
}

static int continues(const struct ipcbuf_region *region, uint64_t frame,
		     uint32_t head)
{
	uint64_t word = ipcb_load_relaxed(&region->frames[frame]);

	return ipcb_frame_kind(word) == IPCB_FRAME_CONTINUES &&
	       ipcb_frame_value(word) == head;
}

/*
 * Those frames above the head that are still part of the run: what the dead
 * member had not claimed yet, or given back already, is somebody else's.
 */
static void recover_run(struct ipcbuf_region *region, uint32_t head,
			uint64_t count)
{
	uint64_t i;

	/* A huge record is claimed by its own word before it has a HEAD. */
	ipcb_store_relaxed(ipcb_run_own(region, head), IPCB_OWN_FREE);
	for (i = count - 1; i > 0; i--)
		if (continues(region, head + i, head))
			ipcb_run_free(region, (uint32_t)(head + i), 1, 0);
	ipcb_store_relaxed(slab_words(region, head), 0);
	ipcb_run_free(region, head, 1, 0);
}

/* TENTATIVE: was it about to be cut into slabs? Then others may be in it. */
static int has_small_slabs(const struct ipcbuf_region *region, uint32_t frame)
{
	const uint64_t *words = slab_words(region, frame);
	uint32_t i;

	for (i = 0; i < slabs_per_frame(region); i++) {
		uint64_t word = ipcb_load_relaxed(&words[i]);
		unsigned int kind = ipcb_slab_kind(word);

		if (kind == IPCB_SLAB_FREE)
			return 1;
		if ((kind == IPCB_SLAB_OWNED || kind == IPCB_SLAB_ORPHAN) &&
		    ipcb_class_is_small(region, ipcb_slab_class(word)))
			return 1;
	}
	return 0;
}

void ipcb_frame_recover(struct ipcbuf_region *region, uint32_t frame,
			uint64_t word)
{
	uint64_t count = ipcb_frames_in_run(region, frame, word);

	switch (ipcb_frame_kind(word)) {
	case IPCB_FRAME_SEALING:
		finish_seal(region, frame);
		break;
	case IPCB_FRAME_FREEING:
		recover_run(region, frame, count);
		break;
	case IPCB_FRAME_TENTATIVE:
		if (!has_small_slabs(region, frame)) {
			recover_run(region, frame, count);
			break;
		}
		unseal_slabs(region, frame);
		ipcb_store_release(&region->frames[frame],
				   ipcb_frame_word(IPCB_FRAME_SLABS, 0, 0));
		break;
	}
}
