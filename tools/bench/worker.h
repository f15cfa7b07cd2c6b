/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What families do in either role: meet the other, find its link.
 *
 * A role that waits for the other in a loop needs no way out: should the other
 * fail, the process that started both kills this one.
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include "bench.h"
#include "cells.h"
#include "peer.h"

#include <errno.h>
#include <sched.h>

/* One of the two roles: a process, or a thread where the peer wants that. */
struct worker {
	enum role role;
	const struct cell *cell;
	const struct bench_options *options;
	struct shared *shared;
	const struct peer *peer;	/* NULL: it has no link */
	struct peer_end *end;
	void *memory;			/* of the link; see link.h */
	struct ipcbuf_region *region;
	struct ipcbuf_channel *out;
	struct ipcbuf_channel *in;
	struct cxx_end *cxx;
	const char *region_name;
	int region_fd;			/* in place of the name, or -1 */
	int memory_fd;
	int peer_fd;
	int thread_fd;			/* B's peer_fd where it is a thread */
	bool one_cpu;			/* A and B are on the same one */
	bool threads;			/* A and B are one process */
	uint32_t gates;			/* how many it has come through */
};

/* The family's, where it has a number; a tenth with --quick. */
uint64_t worker_iterations(const struct worker *worker);

/* Returns when both have called it, asleep until then. -EPIPE: it died. */
int worker_meet(struct worker *worker);

/* The same without sleep. */
void worker_gate(struct worker *worker);

/* Opens the cell's region, at another address in each role. */
int worker_open_region(const struct worker *worker,
		       struct ipcbuf_region **ret_region);

/* Puts the calling thread on a role's processor. */
int worker_pin(const struct worker *worker);

/* So that what B maps of this size doesn't lie where it does in A. */
int worker_fill_hole(const struct worker *worker, uint64_t bytes);

/* Everything a worker process does; doesn't return. */
_Noreturn void worker_main(struct worker *worker);

static inline enum role worker_other(const struct worker *worker)
{
	return worker->role == ROLE_A ? ROLE_B : ROLE_A;
}

/* Between two looks of a busy loop. Where there is one CPU, let the other on. */
static inline void worker_poll(const struct worker *worker)
{
	if (worker->one_cpu)
		sched_yield();
}

#endif
