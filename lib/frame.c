/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Claiming and releasing frames; the protocol is in frame.h. */
#include "frame.h"

/* Raising the limit commits metadata: do it for a few frames at a time. */
#define LIMIT_STEP 16u
/* How long to look again while others are in the middle of a claim. */
#define TRANSIENT_NS (100 * IPCB_NS_PER_MS)

static int commit_frame_meta(struct ipcbuf_region *region, uint64_t first,
			     uint64_t end)
{
	const struct ipcb_geometry *g = &region->g;
	uint64_t slabs = (end - first) << g->slabs_per_frame_shift;
	int error;

	error = ipcb_commit_meta(region, g->frames_offset + first * 8,
				 (end - first) * 8);
	if (!error)
		error = ipcb_commit_meta(region, g->few_own_offset +
					 first * IPCB_FEW_BLOCKS * 2,
					 (end - first) * IPCB_FEW_BLOCKS * 2);
	if (error)
		return error;
	return ipcb_commit_meta(region, g->slabs_offset +
				(first << g->slabs_per_frame_shift) * 8,
				slabs * 8);
}

static int raise_limit(struct ipcbuf_region *region, uint64_t needed)
{
	uint64_t limit = ipcb_frames_limit(region);
	uint64_t target;
	int error;

	if (needed <= limit)
		return 0;
	target = ipcb_min(ipcb_max(needed, limit + LIMIT_STEP),
			  region->g.frames);
	error = commit_frame_meta(region, limit, target);
	if (error)
		return error;
	/* Release: pairs with the acquire in ipcb_frames_limit(). */
	while (limit < target &&
	       !ipcb_cas_acq_rel(&region->header->frames_limit, limit, target))
		limit = ipcb_load_relaxed(&region->header->frames_limit);
	return 0;
}

static int is_transient(uint64_t word)
{
	return ipcb_frame_kind(word) >= IPCB_FRAME_TENTATIVE;
}

/* The first frame in the way of a run at @head, or head + count. */
static uint64_t first_taken(const struct ipcbuf_region *region, uint64_t head,
			    uint64_t count, int *transient)
{
	uint64_t i, word;

	for (i = head; i < head + count; i++) {
		word = ipcb_load_relaxed(&region->frames[i]);
		if (word) {
			*transient |= is_transient(word);
			break;
		}
	}
	return i;
}

void ipcb_frames_release(struct ipcbuf_region *region, uint32_t head,
			 uint64_t count)
{
	struct ipcb_header *header = region->header;
	uint64_t i;

	/* Release: what was done to the memory is done before it is claimed. */
	for (i = count; i-- > 0;)
		ipcb_store_release(&region->frames[head + i], 0);
	if (head < ipcb_load_relaxed(&header->first_free_frame))
		ipcb_store_relaxed(&header->first_free_frame, head);
}

/* @count, or how many could be claimed before one was in the way. */
static uint64_t claim_at(struct ipcbuf_region *region, uint64_t head,
			 uint64_t count)
{
	uint64_t i;

	if (!ipcb_cas_acq_rel(&region->frames[head], 0,
			      ipcb_frame_word(IPCB_FRAME_TENTATIVE,
					      region->member, count)))
		return 0;
	for (i = 1; i < count; i++)
		if (!ipcb_cas_acq_rel(&region->frames[head + i], 0,
				      ipcb_frame_word(IPCB_FRAME_CONTINUES,
						      region->member, head)))
			break;
	return i;
}

/* One pass from @start. -EAGAIN: nothing, but somebody was in the middle. */
static int claim_pass(struct ipcbuf_region *region, uint64_t start,
		      uint64_t count, uint32_t *ret_head)
{
	uint64_t head = start, taken, got;
	int transient = 0, error;

	while (head + count <= region->g.frames) {
		error = raise_limit(region, head + count);
		if (error)
			return transient ? -EAGAIN : error;
		taken = first_taken(region, head, count, &transient);
		if (taken < head + count) {
			head = taken + 1;
			continue;
		}
		got = claim_at(region, head, count);
		if (got == count) {
			*ret_head = (uint32_t)head;
			return 0;
		}
		if (got)
			ipcb_frames_release(region, (uint32_t)head, got);
		transient = 1;
		head += got + 1;
	}
	return transient ? -EAGAIN : -ENOMEM;
}

/* Single frames are looked for from where the last one was found. */
static int claim_from_hint(struct ipcbuf_region *region, uint32_t *ret_head)
{
	struct ipcb_header *header = region->header;
	uint64_t hint = ipcb_load_relaxed(&header->first_free_frame);
	int error;

	if (hint > region->g.frames)
		hint = 0;
	error = claim_pass(region, hint, 1, ret_head);
	if (!error)
		ipcb_store_relaxed(&header->first_free_frame, *ret_head + 1u);
	return error;
}

int ipcb_frames_claim(struct ipcbuf_region *region, uint64_t count,
		      uint32_t *ret_head)
{
	struct ipcb_backoff backoff = IPCB_BACKOFF_INIT(0);
	int error;

	if (!count || count > region->g.frames)
		return -ENOMEM;
	if (count == 1 && !claim_from_hint(region, ret_head))
		return 0;
	for (;;) {
		error = claim_pass(region, 0, count, ret_head);
		if (error != -EAGAIN)
			return error;
		if (!backoff.deadline_ns)
			backoff.deadline_ns = ipcbuf_deadline_ns(TRANSIENT_NS);
		if (ipcb_backoff(&backoff))
			return -ENOMEM;
	}
}

uint64_t ipcb_frames_in_run(const struct ipcbuf_region *region, uint32_t head,
			    uint64_t word)
{
	uint64_t value = ipcb_frame_value(word), count = 1;

	switch (ipcb_frame_kind(word)) {
	case IPCB_FRAME_HEAD:
		count = (value + (UINT64_C(1) << (region->g.frame_shift - 12)) -
			 1) >> (region->g.frame_shift - 12);
		break;
	case IPCB_FRAME_TENTATIVE:
	case IPCB_FRAME_FREEING:
		count = value;
		break;
	}
	return ipcb_max(1, ipcb_min(count, region->g.frames - head));
}
