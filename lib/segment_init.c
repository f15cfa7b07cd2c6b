/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * EMPTY -> INITIALISING(me) -> READY, or back to EMPTY where the initialiser
 * fails or dies. Both changes hold the directory's lock; the compare-and-swap
 * is for words that somebody scribbled over.
 */
#include "segment_init.h"

#include <string.h>

#include "directory.h"
#include "member.h"

static uint64_t state_word(enum ipcb_segment_state state, uint32_t member)
{
	return (uint64_t)state << 32 | member;
}

static unsigned int word_state(uint64_t word)
{
	return (unsigned int)(word >> 32);
}

static uint32_t word_member(uint64_t word)
{
	return (uint32_t)word;
}

void ipcb_segment_initialiser_died(struct ipcb_segment *shared, uint32_t id)
{
	ipcb_cas_acq_rel(&shared->word,
			 state_word(IPCB_SEGMENT_INITIALISING, id),
			 state_word(IPCB_SEGMENT_EMPTY, 0));
}

/* 1: it is ours to initialise. Inside. */
static int try_begin(struct ipcbuf_segment *segment)
{
	struct ipcbuf_region *region = segment->region;
	int begun;

	if (ipcb_directory_lock(region))
		return 0;
	begun = ipcb_cas_acq_rel(&segment->shared->word,
				 state_word(IPCB_SEGMENT_EMPTY, 0),
				 state_word(IPCB_SEGMENT_INITIALISING,
					    region->member));
	ipcb_directory_unlock(region);
	return begun;
}

/*
 * READY: 1. EMPTY: begins, -EINPROGRESS says so. Else somebody is at it: 0,
 * once a dead one has been recovered.
 */
static int ready_or_ours(struct ipcbuf_region *region, void *arg)
{
	struct ipcbuf_segment *segment = arg;
	/* Acquire: pairs with the release in finish(). */
	uint64_t word = ipcb_load_acquire(&segment->shared->word);

	if (word_state(word) == IPCB_SEGMENT_READY)
		return 1;
	if (word_state(word) == IPCB_SEGMENT_EMPTY)
		return try_begin(segment) ? -EINPROGRESS : 0;
	if (!ipcb_member_alive(region, word_member(word)))
		ipcb_recover_if_dead(region, word_member(word));
	return 0;
}

static int finish(struct ipcbuf_segment *segment, int error)
{
	struct ipcbuf_region *region = segment->region;
	uint64_t mine = state_word(IPCB_SEGMENT_INITIALISING, region->member);
	int entered = ipcb_enter(region);

	if (entered)
		return entered;	/* closed: leaving has taken it back */
	/* Release: the contents come before READY. */
	ipcb_cas_acq_rel(&segment->shared->word, mine,
			 state_word(error ? IPCB_SEGMENT_EMPTY :
				    IPCB_SEGMENT_READY, 0));
	ipcb_directory_announce(region);
	ipcb_leave();
	return error;
}

/* Outside: the program's function may do what it likes, but close the region. */
static int run_initialiser(struct ipcbuf_segment *segment,
			   const struct ipcbuf_segment_options *options)
{
	int error = 0;

	memset(segment->shared->data, 0, segment->bytes);
	if (options->init)
		error = options->init(segment->shared->data, segment->bytes,
				      options->arg);
	return finish(segment, error);
}

int ipcb_segment_initialise(struct ipcbuf_segment *segment,
			    const struct ipcbuf_segment_options *options)
{
	int error = ipcb_directory_wait(segment->region, ready_or_ours,
					segment, options->deadline_ns);

	if (error != -EINPROGRESS)
		return error;
	return run_initialiser(segment, options);
}
