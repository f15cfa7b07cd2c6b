/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * For a peer that can't say "full" without losing the record, or without waiting:
 * each end counts in shared memory what it has taken, and the sender keeps within
 * the depth. It looks there only when it has run out, so a record costs no more
 * than a store to a line that is rarely read. Also: who has closed.
 */
#ifndef BENCH_CREDIT_H
#define BENCH_CREDIT_H

#include "../peer.h"

#include <stdbool.h>

/* Written by one end: how many records it has taken, and that it has closed. */
struct credit_line {
	uint64_t taken;
	uint32_t closed;
	char pad[128 - sizeof(uint64_t) - sizeof(uint32_t)];
};

struct credit {
	struct credit_line *mine;
	const struct credit_line *theirs;
	uint64_t depth;
	uint64_t sent;
	uint64_t seen;		/* of them taken, when last looked at */
	uint64_t taken;
};

static inline uint64_t credit_shared_bytes(const struct peer_setup *setup)
{
	(void)setup;
	return 2 * sizeof(struct credit_line);
}

static inline void credit_open(struct credit *credit,
			       const struct peer_setup *setup)
{
	struct credit_line *lines = (struct credit_line *)setup->shared;

	credit->mine = &lines[setup->role];
	credit->theirs = &lines[1 - setup->role];
	credit->depth = setup->depth;
}

/* Acquire; pairs with the release in credit_taken(). */
static inline bool credit_left(struct credit *credit)
{
	if (credit->sent - credit->seen < credit->depth)
		return true;
	credit->seen = __atomic_load_n(&credit->theirs->taken, __ATOMIC_ACQUIRE);
	return credit->sent - credit->seen < credit->depth;
}

static inline void credit_sent(struct credit *credit)
{
	credit->sent++;
}

/* Release: the queue has a place again for who sees it. */
static inline void credit_taken(struct credit *credit)
{
	__atomic_store_n(&credit->mine->taken, ++credit->taken,
			 __ATOMIC_RELEASE);
}

static inline void credit_close(struct credit *credit)
{
	__atomic_store_n(&credit->mine->closed, 1, __ATOMIC_RELEASE);
}

/* Acquire: whatever the other did before it closed has been done. */
static inline bool credit_other_closed(const struct credit *credit)
{
	return __atomic_load_n(&credit->theirs->closed, __ATOMIC_ACQUIRE);
}

#endif
