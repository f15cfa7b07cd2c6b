/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * One operation, killed after each of its instructions.
 *
 * For every kill point the test makes the scene, a victim that is a member of
 * its own begins the operation and is killed after so many instructions, the
 * test recovers it and judges what is left: what it had begun is done or not
 * done, peers have been told, nobody is stuck; and then nothing of it is left
 * in the region.
 *
 *   CRASH_EXHAUSTIVE=1   every instruction (of operations of more than
 *                        CRASH_MOST, 1000: that many, spread evenly)
 *   CRASH_ONLY=NAME      only this operation
 *   CRASH_POINTS=N       otherwise so many of each operation (25, of long ones
 *                        fewer), evenly but for a random start
 */
#ifndef SELFTESTS_CRASH_H
#define SELFTESTS_CRASH_H

#include "region.h"

#include <stdatomic.h>
#include <sys/types.h>

#define CRASH_RECORDS 128u

/* In memory that test, victim and peer share. */
struct crash_shared {
	_Atomic uint64_t peer_count;	/* records that it sent, or received */
	atomic_bool stop;		/* the peer is to end */
};

struct crash_scene {
	const struct test_region *region;
	struct crash_shared *shared;
	int ready;			/* gate: the peer is where it should be */
	uint64_t steps;			/* of the operation, before the kill */
	bool ended;			/* it had come to its end */
	unsigned int recovered;		/* members, by the test */

	/* Of whom each belongs to: the test, the victim or the peer. */
	struct ipcbuf_region *mine;
	struct ipcbuf_channel *end;
	void *records[CRASH_RECORDS];
	pid_t peer;
	pid_t first_victim;
};

struct crash_op {
	void (*before)(struct crash_scene *scene);	/* the test */
	void (*prepare)(struct crash_scene *scene);	/* the victim, joined */
	void (*operate)(struct crash_scene *scene);
	void (*judge)(struct crash_scene *scene);	/* the test */
	/* A peer: runs all the time, or sleeps when the operation begins. */
	int (*peer)(void *scene);
	bool peer_sleeps;
	bool joins_late;		/* the operation opens the region */
};

/* Has $CRASH_ONLY chosen another one? */
bool crash_not_chosen(const char *name);

/*
 * Run it. Return: false where nobody may trace here. Prints how many
 * instructions and kill points there were.
 */
bool crash_run(const struct test_region *region, const char *name,
	       const struct crash_op *op);

/* For operations: nothing to do. */
void crash_nothing(struct crash_scene *scene);

/* Peers: allocate and free until the test says stop. */
int crash_peer_allocates(void *scene);

/*
 * Of channel 1: receive records, which count from 0, until the producer dies;
 * send them until the consumer dies. They must be told so, once. How many there
 * were is shared->peer_count.
 */
int crash_peer_consumes(void *scene);
int crash_peer_produces(void *scene);

#define CRASH_CHANNEL 1
#define CRASH_DEPTH   16u
#define CRASH_BYTES   200u

void crash_send(struct crash_scene *scene, struct ipcbuf_channel *out,
		uint64_t serial);
/* A record of channel 1, whole; its number. */
uint64_t crash_serial(void *record);

/*
 * For judges, as consumer of channel 1 (@in, which is closed): the records
 * from @first on, in order. Return: how many. Behind them @error must follow,
 * and -EPIPE.
 */
uint64_t crash_drain(struct ipcbuf_channel *in, uint64_t first, int error);

#endif
