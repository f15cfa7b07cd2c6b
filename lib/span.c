/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Spans, see span.h. */
#include "span.h"

static uint64_t owned_word(const struct ipcbuf_region *region, uint32_t thread,
			   unsigned int class)
{
	return ipcb_slab_word(IPCB_SLAB_OWNED, class, region->member, thread);
}

static uint64_t orphan_word(unsigned int class)
{
	return ipcb_slab_word(IPCB_SLAB_ORPHAN, class, 0, 0);
}

/* Hints may not run below zero, or they would stay wrong for long. */
static void hint_down(uint64_t *hint)
{
	uint64_t value = ipcb_load_relaxed(hint);

	if (value)
		ipcb_cas_acq_rel(hint, value, value - 1);
}

static void orphan_hint_down(uint32_t *hint)
{
	uint32_t value = ipcb_load_relaxed(hint);

	if (value)
		ipcb_cas_acq_rel(hint, value, value - 1);
}

int ipcb_span_adopt(struct ipcbuf_region *region, uint32_t thread,
		    uint32_t span, unsigned int class)
{
	if (!ipcb_cas_acq_rel(&region->slabs[span], orphan_word(class),
			      owned_word(region, thread, class)))
		return 0;
	orphan_hint_down(&region->header->orphans[class]);
	return 1;
}

void ipcb_span_orphan(struct ipcbuf_region *region, uint32_t span,
		      unsigned int class)
{
	ipcb_add_relaxed(&region->header->orphans[class], 1);
	/* Release: the owner's last stores come before an adopter's first. */
	ipcb_store_release(&region->slabs[span], orphan_word(class));
}

int ipcb_span_is_free(const struct ipcbuf_region *region, uint32_t span,
		      unsigned int class)
{
	uint32_t i, blocks = ipcb_blocks_of(region, class);
	const uint16_t *own = ipcb_own_words(region, span, class);

	/* Acquire: pairs with the freers' release stores. */
	for (i = 0; i < blocks; i++)
		if (ipcb_load_acquire(&own[i]) != IPCB_OWN_FREE)
			return 0;
	return 1;
}

static int try_frame(struct ipcbuf_region *region, uint64_t frame,
		     uint64_t wanted, uint64_t owned, int small,
		     uint32_t *ret_span)
{
	unsigned int kind = ipcb_frame_kind(
		ipcb_load_relaxed(&region->frames[frame]));
	uint32_t shift = region->g.slabs_per_frame_shift;
	uint64_t span = frame << shift;
	uint64_t end = span + (small ? UINT64_C(1) << shift : 1);

	if (small ? kind != IPCB_FRAME_SLABS :
		    kind != IPCB_FRAME_BIG && kind != IPCB_FRAME_HEAD)
		return 0;
	for (; span < end; span++) {
		if (ipcb_load_relaxed(&region->slabs[span]) == wanted &&
		    ipcb_cas_acq_rel(&region->slabs[span], wanted, owned)) {
			*ret_span = (uint32_t)span;
			return 1;
		}
	}
	return 0;
}

/*
 * The frames at which a span of the class may begin, of those up to the limit:
 * what says so itself, nearer to the end than that, is spoilt.
 */
static uint64_t frames_to_search(const struct ipcbuf_region *region,
				 unsigned int class)
{
	const struct ipcb_class *c = &region->classes[class];
	uint64_t bytes = c->kind == IPCB_SPAN_RUN ? c->bytes :
			 UINT64_C(1) << region->g.frame_shift;

	return ipcb_min(ipcb_frames_limit(region),
			((region->g.heap_bytes - bytes) >>
			 region->g.frame_shift) + 1);
}

/* Every frame, from where the last one was found: a region can be large. */
static int find_slab(struct ipcbuf_region *region, uint32_t thread,
		     unsigned int class, int orphans, uint32_t *ret_span)
{
	uint64_t limit = frames_to_search(region, class);
	uint64_t wanted = orphans ? orphan_word(class) :
				    ipcb_slab_word(IPCB_SLAB_FREE, 0, 0, 0);
	uint64_t owned = owned_word(region, thread, class);
	uint64_t start = ipcb_load_relaxed(&region->slab_cursor);
	int small = ipcb_class_is_small(region, class);
	uint64_t i, frame;

	for (i = 0; i < limit; i++) {
		frame = (start + i) % limit;
		if (try_frame(region, frame, wanted, owned, small, ret_span)) {
			ipcb_store_relaxed(&region->slab_cursor, frame);
			return 1;
		}
	}
	return 0;
}

static int find_orphan(struct ipcbuf_region *region, uint32_t thread,
		       unsigned int class, int hint_only, uint32_t *ret_span)
{
	uint32_t *hint = &region->header->orphans[class];

	if (hint_only && !ipcb_load_relaxed(hint))
		return 0;
	if (find_slab(region, thread, class, 1, ret_span)) {
		orphan_hint_down(hint);
		return 1;
	}
	ipcb_store_relaxed(hint, 0);
	return 0;
}

static int find_free(struct ipcbuf_region *region, uint32_t thread,
		     unsigned int class, int hint_only, uint32_t *ret_span)
{
	uint64_t *hint = &region->header->free_slabs;

	if (!ipcb_class_is_small(region, class) ||
	    (hint_only && !ipcb_load_relaxed(hint)))
		return 0;
	if (find_slab(region, thread, class, 0, ret_span)) {
		hint_down(hint);
		return 1;
	}
	ipcb_store_relaxed(hint, 0);
	return 0;
}

/*
 * The own words of all blocks that the frame's spans can have; those of few were
 * committed with the frame's word.
 */
static int commit_own(struct ipcbuf_region *region, uint32_t head,
		      unsigned int class)
{
	const struct ipcb_geometry *g = &region->g;
	uint64_t per_frame = g->big_own_words * sizeof(uint16_t);
	uint64_t table = g->big_own_offset;

	if (class >= region->more_classes)
		return 0;
	if (ipcb_class_is_small(region, class)) {
		per_frame = (uint64_t)g->own_words_per_slab * 2 <<
			    g->slabs_per_frame_shift;
		table = g->own_offset;
	}
	return ipcb_commit_meta(region, table + head * per_frame, per_frame);
}

static uint64_t frames_for(const struct ipcbuf_region *region, uint64_t bytes)
{
	uint64_t frame_bytes = UINT64_C(1) << region->g.frame_shift;

	return (bytes + frame_bytes - 1) >> region->g.frame_shift;
}

/* Frames that are TENTATIVE and whose memory is there. */
static int claim_committed(struct ipcbuf_region *region, unsigned int class,
			   uint64_t bytes, uint32_t *ret_head)
{
	uint64_t count = frames_for(region, bytes);
	uint32_t head;
	int error = ipcb_frames_claim(region, count, &head);

	if (error)
		return error;
	error = commit_own(region, head, class);
	if (!error)
		error = ipcb_commit_heap(region,
					 ipcb_frame_offset(region, head),
					 bytes);
	if (error) {
		ipcb_run_free(region, head, count, 0);
		return error;
	}
	*ret_head = head;
	return 0;
}

/* A frame cut into slabs; the first is ours. */
static void carve(struct ipcbuf_region *region, uint32_t thread,
		  uint32_t head, unsigned int class)
{
	uint64_t *words = &region->slabs[(uint64_t)head <<
					 region->g.slabs_per_frame_shift];
	uint64_t i, count = UINT64_C(1) << region->g.slabs_per_frame_shift;

	ipcb_store_relaxed(&words[0], owned_word(region, thread, class));
	for (i = 1; i < count; i++)
		ipcb_store_relaxed(&words[i],
				   ipcb_slab_word(IPCB_SLAB_FREE, 0, 0, 0));
	ipcb_add_relaxed(&region->header->free_slabs, count - 1);
	/* Release: who sees SLABS sees the slab words and committed memory. */
	ipcb_store_release(&region->frames[head],
			   ipcb_frame_word(IPCB_FRAME_SLABS, 0, 0));
}

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + IPCB_META_PAGE - 1) / IPCB_META_PAGE;
}

/* The slab word, then (release) the frame word that lets others look at it. */
static void publish_run(struct ipcbuf_region *region, uint32_t head,
			uint64_t slab_word, uint64_t frame_word)
{
	ipcb_store_relaxed(&region->slabs[(uint64_t)head <<
					  region->g.slabs_per_frame_shift],
			   slab_word);
	ipcb_store_release(&region->frames[head], frame_word);
}

static int claim_new(struct ipcbuf_region *region, uint32_t thread,
		     unsigned int class, uint32_t *ret_span)
{
	const struct ipcb_class *c = &region->classes[class];
	uint64_t frame_bytes = UINT64_C(1) << region->g.frame_shift;
	uint64_t bytes = c->kind == IPCB_SPAN_RUN ? c->bytes : frame_bytes;
	uint64_t word = owned_word(region, thread, class);
	uint32_t head;
	int error = claim_committed(region, class, bytes, &head);

	if (error)
		return error;
	if (c->kind == IPCB_SPAN_SMALL)
		carve(region, thread, head, class);
	else if (c->kind == IPCB_SPAN_BIG)
		publish_run(region, head, word,
			    ipcb_frame_word(IPCB_FRAME_BIG, 0, 0));
	else
		publish_run(region, head, word,
			    ipcb_frame_word(IPCB_FRAME_HEAD, 0,
					    pages_of(bytes)));
	*ret_span = head << region->g.slabs_per_frame_shift;
	return 0;
}

int ipcb_span_claim(struct ipcbuf_region *region, uint32_t thread,
		    unsigned int class, uint32_t *ret_span)
{
	int error;

	if (find_orphan(region, thread, class, 1, ret_span) ||
	    find_free(region, thread, class, 1, ret_span))
		return 0;
	error = claim_new(region, thread, class, ret_span);
	if (!error)
		return 0;
	/* Hints can be wrong: look at everything before saying no. */
	if (find_orphan(region, thread, class, 0, ret_span) ||
	    find_free(region, thread, class, 0, ret_span))
		return 0;
	return error;
}

static void release_run(struct ipcbuf_region *region, uint32_t span)
{
	uint32_t head = ipcb_frame_of_span(region, span);
	uint64_t word = ipcb_load_relaxed(&region->frames[head]);
	uint64_t count = ipcb_frames_in_run(region, head, word);
	uint64_t committed = ipcb_frame_kind(word) == IPCB_FRAME_HEAD ?
			     ipcb_frame_value(word) * IPCB_META_PAGE :
			     UINT64_C(1) << region->g.frame_shift;

	ipcb_store_release(&region->frames[head],
			   ipcb_frame_word(IPCB_FRAME_FREEING, region->member,
					   count));
	ipcb_store_relaxed(&region->slabs[span], 0);
	ipcb_run_free(region, head, count, committed);
}

void ipcb_span_release(struct ipcbuf_region *region, uint32_t span,
		       unsigned int class)
{
	if (!ipcb_class_is_small(region, class)) {
		release_run(region, span);
		return;
	}
	ipcb_add_relaxed(&region->header->free_slabs, 1);
	/* Release: our last look at its own words comes before a claim. */
	ipcb_store_release(&region->slabs[span],
			   ipcb_slab_word(IPCB_SLAB_FREE, 0, 0, 0));
	ipcb_frame_try_seal(region, ipcb_frame_of_span(region, span));
}

int ipcb_huge_claim(struct ipcbuf_region *region, uint64_t bytes,
		    uint64_t *ret_offset)
{
	uint64_t exact = pages_of(bytes) * IPCB_META_PAGE;
	uint32_t head;
	int error = claim_committed(region, IPCB_CLASS_HUGE, exact, &head);

	if (error)
		return error;
	ipcb_store_relaxed(ipcb_run_own(region, head), (uint16_t)region->member);
	publish_run(region, head,
		    ipcb_slab_word(IPCB_SLAB_HUGE, IPCB_CLASS_HUGE, 0, 0),
		    ipcb_frame_word(IPCB_FRAME_HEAD, 0, pages_of(bytes)));
	*ret_offset = ipcb_frame_offset(region, head);
	return 0;
}

uint64_t ipcb_huge_bytes(const struct ipcbuf_region *region, uint32_t span)
{
	uint64_t word = ipcb_load_relaxed(
		&region->frames[ipcb_frame_of_span(region, span)]);

	if (ipcb_frame_kind(word) != IPCB_FRAME_HEAD)
		return 0;
	/* As far as the heap goes: the word may be spoilt. */
	return ipcb_min(ipcb_frame_value(word) * IPCB_META_PAGE,
			region->g.heap_offset + region->g.heap_bytes -
			ipcb_span_offset(region, span));
}

/*
 * The head decides who does it. That the own word is FREE was true before the
 * head was read, and a new owner's head would be another claim's: it passes
 * through TENTATIVE, but may say HEAD(pages) again. So the claim order (own
 * word, then HEAD) makes a second look at the own word decisive.
 */
void ipcb_huge_release(struct ipcbuf_region *region, uint32_t span)
{
	uint32_t head = ipcb_frame_of_span(region, span);
	uint64_t word = ipcb_load_acquire(&region->frames[head]);
	uint64_t count = ipcb_frames_in_run(region, head, word);

	if (ipcb_frame_kind(word) != IPCB_FRAME_HEAD ||
	    ipcb_load_acquire(ipcb_run_own(region, head)) != IPCB_OWN_FREE)
		return;
	if (!ipcb_cas_acq_rel(&region->frames[head], word,
			      ipcb_frame_word(IPCB_FRAME_FREEING,
					      region->member, count)))
		return;
	if (ipcb_load_acquire(ipcb_run_own(region, head)) != IPCB_OWN_FREE) {
		ipcb_store_release(&region->frames[head], word);
		return;
	}
	ipcb_store_relaxed(&region->slabs[span], 0);
	ipcb_run_free(region, head, count,
		      ipcb_frame_value(word) * IPCB_META_PAGE);
}

void ipcb_orphan_release(struct ipcbuf_region *region, uint32_t span)
{
	uint64_t word = ipcb_load_relaxed(&region->slabs[span]);
	unsigned int class = ipcb_slab_class(word);

	if (ipcb_slab_kind(word) == IPCB_SLAB_HUGE) {
		ipcb_huge_release(region, span);
		return;
	}
	if (ipcb_slab_kind(word) != IPCB_SLAB_ORPHAN ||
	    class >= region->usable_classes ||
	    !ipcb_span_adopt(region, 0, span, class))
		return;
	/* Exact now: an owner is the only one who can make it less free. */
	if (ipcb_span_is_free(region, span, class))
		ipcb_span_release(region, span, class);
	else
		ipcb_span_orphan(region, span, class);
}

void ipcb_orphans_release(struct ipcbuf_region *region)
{
	uint64_t limit = ipcb_frames_limit(region);
	uint32_t shift = region->g.slabs_per_frame_shift;
	uint64_t frame, i;

	for (frame = 0; frame < limit; frame++) {
		unsigned int kind = ipcb_frame_kind(
			ipcb_load_acquire(&region->frames[frame]));
		uint64_t spans = kind == IPCB_FRAME_SLABS ? 1u << shift :
				 kind == IPCB_FRAME_BIG ||
				 kind == IPCB_FRAME_HEAD ? 1 : 0;

		for (i = 0; i < spans; i++)
			ipcb_orphan_release(region, (uint32_t)((frame << shift) + i));
		/*
		 * Who released its last slab may have died before it sealed
		 * the frame, or two that did so at once each saw the other's.
		 */
		if (kind == IPCB_FRAME_SLABS)
			ipcb_frame_try_seal(region, (uint32_t)frame);
	}
}
