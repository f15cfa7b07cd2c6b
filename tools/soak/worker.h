/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A worker process. It lives until it is killed, told to finish, or falls. In
 * its life it opens the region again and again, each time elsewhere in its
 * address space; what happens between open and close is a session. In it
 * threads, runners, come and go, each of which does one thing after the other.
 *
 * No runner waits for long but for those that wait for ever, of which each
 * session has one at an end where something comes out and one where something
 * goes in. That nobody waits for ever in vain: a session that ends first lets
 * its other runners end, then closes all ends but those that somebody is in,
 * and only then waits for these. Whoever is at the other side of one either
 * serves it, or has closed his, or is in a call on it that this one completes.
 */
#ifndef SOAK_WORKER_H
#define SOAK_WORKER_H

#include "ledger.h"
#include "random.h"

#include <pthread.h>

/* Exit status of one that goes without closing anything. */
#define WORKER_FELL 77

#define HOARD_RECORDS 96u
/* Channels that are left open for the region's close. */
#define LEFT_OPEN_MAX 4u

struct worker {
	const struct soak_options *options;
	const struct soak_region *region;
	struct ledger *ledger;
	uint32_t slot;
};

/* An end of a lane; @lock is held by the runner that is in a call on it. */
struct end {
	pthread_mutex_t lock;
	struct ipcbuf_channel *channel;	/* NULL: closed */
	struct ledger_lane *lane;
	uint32_t index;
	uint64_t carry;			/* of a consumer's; see ledger.h */
};

struct ends {
	struct end end[LANES_MAX];
	unsigned int count;
};

/* Records that are kept for a while, whoever allocated or received them. */
struct hoard {
	pthread_mutex_t lock;
	struct record *records[HOARD_RECORDS];
};

struct session {
	const struct worker *worker;
	struct ipcbuf_region *region;
	struct ends producers;
	struct ends consumers;
	struct hoard hoard;
	unsigned int left_open;		/* all runners */
	int ending;			/* main: runners are to return */
};

/* A thread; all of it but @thread is its own. */
struct runner {
	struct session *session;
	struct ledger *ledger;
	struct ledger_cell *cell;
	struct random random;
	pthread_t thread;
};

/* In a child of the supervisor's. */
_Noreturn void worker_main(const struct worker *worker, uint64_t seed);

/* Sees where a handle that was just opened lies, by way of a record. */
void worker_note_base(struct ledger *ledger, struct ipcbuf_region *region);

/* runner.c: everything that happens in a session, by this and other threads. */
void runner_session(struct session *session, struct random *random);

/* Waits of those that don't wait for ever. */
static inline uint64_t soon(struct random *random)
{
	return random_one_in(random, 4) ? IPCBUF_NOWAIT :
	       ipcbuf_deadline_ns(random_below(random, 20 * NS_PER_MS));
}

#endif
