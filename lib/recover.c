/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Recovery of a dead member. The recoverer holds the byte of its slot, so it
 * is proven dead and nobody else recovers it; and the directory's lock, so no
 * object comes, goes or changes its ends.
 *
 *   1. frames that it was claiming or freeing: finished or undone
 *   2. blocks that the directory names: REGION's, whatever they say
 *   3. its ends: what a dead consumer had begun to take is taken; what
 *      a dead producer had sent is CHANNEL's; segments left
 *   4. waiters' entries and semaphores: free
 *   5. every own word that still says its id, LEAVING or not: FREE
 *   6. its spans: orphans; those that are free go back
 *   7. the death is remembered
 *   8. the slot: FREE, and the backend may forget the death
 *
 * 2 and 3 come before 5, or the sweep would free what is listed or on its way.
 * In 3 tail comes before the sweep, and is read before the window.
 * Every step may be done again: a recoverer that dies leaves a slot that says
 * ALIVE and a byte that can be taken.
 */
#include "recover.h"

#include "death.h"
#include "directory.h"
#include "member.h"

void ipcb_spans_each(struct ipcbuf_region *region,
		     void (*visit)(struct ipcbuf_region *region, uint32_t span,
				   uint64_t word, void *arg),
		     void *arg)
{
	uint64_t limit = ipcb_frames_limit(region), frame, i, word, spans;
	uint32_t shift = region->g.slabs_per_frame_shift, span;

	for (frame = 0; frame < limit; frame++) {
		switch (ipcb_frame_kind(
			ipcb_load_acquire(&region->frames[frame]))) {
		case IPCB_FRAME_SLABS:
			spans = UINT64_C(1) << shift;
			break;
		case IPCB_FRAME_BIG:
		case IPCB_FRAME_HEAD:
			spans = 1;
			break;
		default:
			continue;
		}
		for (i = 0; i < spans; i++) {
			span = (uint32_t)((frame << shift) + i);
			word = ipcb_load_acquire(&region->slabs[span]);
			if (ipcb_slab_word_valid(region, span, word))
				visit(region, span, word, arg);
		}
	}
}

static void sweep_span(struct ipcbuf_region *region, uint32_t span,
		       uint64_t word, void *arg)
{
	unsigned int class = ipcb_slab_class(word);
	uint32_t i, blocks = ipcb_blocks_of(region, class);
	uint16_t id = *(uint16_t *)arg;
	uint16_t *own = ipcb_own_words(region, span, class);

	for (i = 0; i < blocks; i++) {
		uint16_t holder = ipcb_load_relaxed(&own[i]);

		if ((holder & ~IPCB_OWN_LEAVING) == id)
			ipcb_cas_acq_rel(&own[i], holder,
					 (uint16_t)IPCB_OWN_FREE);
	}
}

void ipcb_sweep_own(struct ipcbuf_region *region, uint32_t id)
{
	uint16_t own = (uint16_t)id;

	ipcb_spans_each(region, sweep_span, &own);
}

static void recover_frames(struct ipcbuf_region *region, uint32_t id)
{
	uint64_t limit = ipcb_frames_limit(region), frame, word;

	for (frame = 0; frame < limit; frame++) {
		word = ipcb_load_acquire(&region->frames[frame]);
		if (ipcb_frame_kind(word) >= IPCB_FRAME_TENTATIVE &&
		    ipcb_frame_member(word) == id)
			ipcb_frame_recover(region, (uint32_t)frame, word);
	}
}

static int claim_for_region(struct ipcbuf_region *region, uint64_t offset,
			    void *unused)
{
	(void)unused;
	ipcb_object_set_own(region, offset, IPCB_OWN_REGION);
	return 0;
}

static int leave_object(struct ipcbuf_region *region, uint64_t offset,
			void *arg)
{
	struct ipcb_object *object = ipcb_object_at(region, offset);
	const struct ipcb_kind_ops *ops =
		object ? ipcb_kind_by_id(object->kind) : NULL;

	if (ops) {
		ops->member_died(region, object, *(uint32_t *)arg);
		ipcb_object_drop_unused(region, offset);
	}
	return 0;
}

static void recover_waits(struct ipcbuf_region *region, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < region->g.max_waiters; i++)
		ipcb_cas_acq_rel(&region->waiters[i].own, id, 0);
	for (i = 0; i < region->g.max_sems; i++)
		ipcb_cas_acq_rel(&region->wait.sem_claims[i], id, 0);
}

static void orphan_span(struct ipcbuf_region *region, uint32_t span,
			uint64_t word, void *arg)
{
	if (ipcb_slab_kind(word) == IPCB_SLAB_OWNED &&
	    ipcb_slab_member(word) == *(uint32_t *)arg)
		ipcb_span_orphan(region, span, ipcb_slab_class(word));
}

int ipcb_recover_member(struct ipcbuf_region *region, uint32_t slot)
{
	struct ipcb_member_slot *s = &region->members[slot];
	uint64_t word = ipcb_load_relaxed(&s->word);
	uint32_t id = slot + 1;
	int error = ipcb_directory_lock(region);

	if (error)
		return error;
	recover_frames(region, id);
	ipcb_directory_each_level(region, claim_for_region, NULL);
	ipcb_directory_each(region, claim_for_region, NULL);
	ipcb_directory_each(region, leave_object, &id);
	recover_waits(region, id);
	ipcb_sweep_own(region, id);
	ipcb_spans_each(region, orphan_span, &id);
	ipcb_orphans_release(region);
	ipcb_death_note(region, slot, ipcb_member_generation(word));
	/* Release: all of the above comes before the slot's next owner. */
	ipcb_store_release(&s->word,
			   ipcb_member_word(IPCB_MEMBER_FREE,
					    ipcb_member_generation(word)));
	region->memory.ops->reap(&region->memory, slot);
	ipcb_directory_announce(region);
	ipcb_directory_unlock(region);
	return 0;
}
