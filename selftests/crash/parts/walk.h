/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Walks: a member of a region, the victim, performs one operation and is killed
 * after each of its instructions in turn, every time from the same beginning.
 * Each time somebody recovers, and then the case judges what is left:
 *
 *	stage		the judge brings the region to where the case begins
 *	(peer)		starts, where there is one
 *	prepare		the victim, a member, makes itself ready, and stops
 *	operate		the victim: this is what is walked
 *	look		the judge, with the victim stopped: what peers would see
 *			(SIGKILL, and somebody recovers)
 *	judge		the judge takes out what must be there, exactly
 *
 * Then the region must verify clean, what the judge has held all along must be
 * untouched, and the figures must be what they were before: records and bytes
 * held, memory committed, channels, segments, members. And it must be of use.
 *
 * The judge is a member, too, in a process of its own: a check that fails ends
 * that, and crash_walk() says after which instruction the victim was killed.
 *
 * The peer is IDLE (none: the judge may have ends of its own open, and looks at
 * them afterwards), BUSY (another process uses the region meanwhile) or ASLEEP
 * (it waits for what the victim is going to do).
 *
 * Usually some instructions are taken, spread over the operation; all of them
 * with CRASH_EXHAUSTIVE=1. CRASH_SEED= chooses others.
 */
#ifndef SELFTESTS_CRASH_WALK_H
#define SELFTESTS_CRASH_WALK_H

#include "step.h"

#include "../../common/region.h"

enum crash_peer { CRASH_IDLE, CRASH_BUSY, CRASH_ASLEEP };

/* Where the victim comes from. */
#define CRASH_FRESH   1u	/* a new region each time: the first of its kind */
#define CRASH_OUTSIDE 2u	/* the victim hasn't joined before the operation */
#define CRASH_NOWHERE 4u	/* no region: making one is what is walked */
/* Which peers it is walked with: idle and busy, or only ... */
#define CRASH_ALONE   8u	/* idle */
#define CRASH_WAITER  16u	/* busy: the victim waits for it */
#define CRASH_SLEEPER 32u	/* asleep */

#define CRASH_RECORDS 80
#define CRASH_KEEPERS 3

/* What the processes of a walk tell one another. */
struct crash_page {
	struct step_marks marks;	/* the victim's */
	struct step_marks rescuer;
	uint32_t done;		/* victim: calls of the operation that returned */
	uint32_t inits;		/* how often an initialiser came to its end */
	uint32_t stop;		/* judge: the peer is to come to its end */
	uint32_t first;		/* peer: serial of the first it received ... */
	uint32_t last;		/* ... and of the last, 0 for none */
	uint32_t sent;		/* peer: serial of the last it sent */
	int32_t victim;		/* its pid */
	/* What is reported when a check fails. */
	uint32_t peer;
	uint64_t step;
	uint64_t steps;
	uint64_t middle;
};

/* Each process has its own, but for the page. */
struct crash {
	struct test_region region;	/* the judge's handle */
	uint32_t backend;
	uint32_t wait;
	enum crash_peer peer;
	struct crash_page *page;
	bool ended;			/* the victim had finished */
	uint64_t turn;			/* counts kills */
	uint32_t pending;		/* for look() to note */
	int ready;			/* gate: the peer has come */
	void *keepers[CRASH_KEEPERS];
	struct ipcbuf_region *mine;	/* the victim's, or the peer's handle */
	struct ipcbuf_channel *in;
	struct ipcbuf_channel *out;
	struct ipcbuf_segment *segment;
	void *records[CRASH_RECORDS];
	unsigned int count;
};

struct crash_case {
	const char *name;
	unsigned int flags;
	void (*stage)(struct crash *crash);
	void (*prepare)(struct crash *crash);
	void (*operate)(struct crash *crash);
	void (*look)(struct crash *crash);
	void (*judge)(struct crash *crash);
	/* NULL: one that does a bit of everything, with keys of its own. */
	void (*work)(struct crash *crash);
};

/* Return: 0 where every kill was got over; else it has been printed. */
int crash_walk(uint32_t backend, uint32_t wait, const struct crash_case *walked);

enum crash_rescue { CRASH_CALL, CRASH_JOIN };

/*
 * The same with the one who recovers a victim that died in the middle of
 * @walked: it is the recoverer that is killed, by a call of
 * ipcbuf_region_recover() or while it joins, and a third member recovers both.
 */
int crash_walk_rescue(uint32_t backend, uint32_t wait,
		      const struct crash_case *walked,
		      enum crash_rescue rescue);

/* Inside of prepare, operate and work: notes that a call has returned. */
void crash_done(struct crash *crash, uint32_t calls);

/* Messages of 64 bytes with a serial number. */
void *crash_message(struct ipcbuf_region *region, uint64_t serial);
/* Checks it, frees it, and gives its serial. */
uint64_t crash_read(void *record);

#endif
