/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Verification of frame words, slab words and own words. */
#include "member.h"
#include "recover.h"
#include "verify.h"

static int member_known(const struct ipcb_verify *v, uint32_t id)
{
	return ipcb_member_id_valid(v->region, id) &&
	       ipcb_member_state(ipcb_load_acquire(
			&v->region->members[id - 1].word)) !=
	       IPCB_MEMBER_FREE;
}

/* The frames behind a head must say that they continue it. */
static uint64_t verify_run(struct ipcb_verify *v, uint64_t head, uint64_t word)
{
	uint64_t count = ipcb_frames_in_run(v->region, (uint32_t)head, word), i;

	for (i = 1; i < count; i++) {
		uint64_t next = ipcb_load_acquire(&v->region->frames[head + i]);

		if (ipcb_frame_kind(next) != IPCB_FRAME_CONTINUES ||
		    ipcb_frame_value(next) != head)
			ipcb_verify_problem(v, "frame %llu isn't part of the "
					    "run that begins at %llu",
					    (unsigned long long)(head + i),
					    (unsigned long long)head);
	}
	return count;
}

static void verify_none(struct ipcb_verify *v, uint64_t frame, uint64_t first)
{
	uint32_t shift = v->region->g.slabs_per_frame_shift;
	uint64_t i;

	for (i = first; i < UINT64_C(1) << shift; i++)
		if (ipcb_load_acquire(&v->region->slabs[(frame << shift) + i]))
			ipcb_verify_problem(v, "slab %llu says something in "
					    "a frame that isn't cut",
					    (unsigned long long)
					    ((frame << shift) + i));
}

static void verify_span_word(struct ipcb_verify *v, uint64_t span, int small)
{
	uint64_t word = ipcb_load_acquire(&v->region->slabs[span]);
	unsigned int kind = ipcb_slab_kind(word);
	unsigned int class = ipcb_slab_class(word);

	if (kind == IPCB_SLAB_FREE && small)
		return;
	if (kind < IPCB_SLAB_OWNED || kind > IPCB_SLAB_HUGE ||
	    class > IPCB_CLASS_HUGE || (kind == IPCB_SLAB_HUGE) !=
				       (class == IPCB_CLASS_HUGE) ||
	    ipcb_class_is_small(v->region, class) != small)
		ipcb_verify_problem(v, "slab %llu has the impossible word "
				    "%#llx", (unsigned long long)span,
				    (unsigned long long)word);
	else if (kind == IPCB_SLAB_OWNED &&
		 !member_known(v, ipcb_slab_member(word)))
		ipcb_verify_problem(v, "slab %llu is owned by member %u, who "
				    "isn't there", (unsigned long long)span,
				    ipcb_slab_member(word));
}

static void verify_transient(struct ipcb_verify *v, uint64_t frame,
			     uint64_t word)
{
	uint32_t member = ipcb_frame_member(word);

	if (!member_known(v, member))
		ipcb_verify_problem(v, "frame %llu is being changed by member "
				    "%u, who isn't there",
				    (unsigned long long)frame, member);
}

/* Returns how many frames this one speaks for. */
static uint64_t verify_frame(struct ipcb_verify *v, uint64_t frame)
{
	uint64_t word = ipcb_load_acquire(&v->region->frames[frame]);
	uint32_t shift = v->region->g.slabs_per_frame_shift;
	uint64_t i;

	switch (ipcb_frame_kind(word)) {
	case IPCB_FRAME_FREE:
		verify_none(v, frame, 0);
		return 1;
	case IPCB_FRAME_SLABS:
		for (i = 0; i < UINT64_C(1) << shift; i++)
			verify_span_word(v, (frame << shift) + i, 1);
		return 1;
	case IPCB_FRAME_BIG:
	case IPCB_FRAME_HEAD:
		verify_span_word(v, frame << shift, 0);
		verify_none(v, frame, 1);
		return verify_run(v, frame, word);
	case IPCB_FRAME_TENTATIVE:
	case IPCB_FRAME_FREEING:
	case IPCB_FRAME_SEALING:
		verify_transient(v, frame, word);
		return ipcb_frames_in_run(v->region, (uint32_t)frame, word);
	default:
		ipcb_verify_problem(v, "frame %llu has the impossible word "
				    "%#llx", (unsigned long long)frame,
				    (unsigned long long)word);
		return 1;
	}
}

static void verify_block(struct ipcb_verify *v, uint64_t offset,
			 unsigned int own)
{
	unsigned int seen =
		v->seen[(offset - v->region->g.heap_offset) >> 6];

	if (own == IPCB_OWN_REGION ? seen != IPCB_SEEN_LISTED :
	    seen == IPCB_SEEN_LISTED)
		ipcb_verify_problem(v, "the block at %#llx %s, but its own "
				    "word is %#x", (unsigned long long)offset,
				    seen == IPCB_SEEN_LISTED ? "is listed" :
				    "isn't listed", own);
	else if (own == IPCB_OWN_CHANNEL && seen != IPCB_SEEN_SENT)
		ipcb_verify_problem(v, "the block at %#llx belongs to a "
				    "channel, but is in none",
				    (unsigned long long)offset);
	else if (own == IPCB_OWN_FREE && seen)
		ipcb_verify_problem(v, "the block at %#llx is free, but in a "
				    "channel", (unsigned long long)offset);
	else if (own < IPCB_OWN_REGION && own != IPCB_OWN_FREE &&
		 !member_known(v, own & ~IPCB_OWN_LEAVING))
		ipcb_verify_problem(v, "the block at %#llx belongs to member "
				    "%u, who isn't there",
				    (unsigned long long)offset, own);
}

static void verify_span(struct ipcbuf_region *region, uint32_t span,
			uint64_t word, void *arg)
{
	unsigned int class = ipcb_slab_class(word);
	uint32_t i, blocks = ipcb_blocks_of(region, class);
	uint64_t bytes = class < IPCB_CLASSES ? region->classes[class].bytes :
						0;
	uint64_t base = ipcb_span_offset(region, span);
	uint16_t *own = ipcb_own_words(region, span, class);

	for (i = 0; i < blocks; i++)
		verify_block(arg, base + i * bytes,
			     ipcb_load_acquire(&own[i]));
}

void ipcb_verify_heap(struct ipcb_verify *v)
{
	uint64_t limit = ipcb_frames_limit(v->region), frame = 0;

	while (frame < limit)
		frame += verify_frame(v, frame);
	ipcb_spans_each(v->region, verify_span, v);
}
