/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Somebody who does to a region whatever a program can do, one random step
 * after the other, and who doesn't believe in anything that it finds there.
 *
 * A step may fail. It may neither crash nor give what isn't there: each answer
 * is 0, 1 or an errno, and each record that it is given is touched from its
 * first byte to its last. No step waits for longer than a moment, so one that
 * lasts is stuck: a timer then says which it was, and aborts.
 *
 * A worker belongs to one process and one thread.
 */
#ifndef SELFTESTS_WORKER_H
#define SELFTESTS_WORKER_H

#include "random.h"
#include "region.h"

#define WORKER_RECORDS 32u
/* A step that takes so long, on however slow a machine, never ends. */
#define WORKER_STEP_SECONDS 60u

struct worker {
	const struct test_region *test;
	struct ipcbuf_region *region;
	struct ipcbuf_channel *in;
	struct ipcbuf_channel *out;
	void *records[WORKER_RECORDS];
	struct random random;
};

/* Join the region, as one end of a pair (@first or not) of channels. */
void worker_begin(struct worker *worker, const struct test_region *test,
		  uint64_t seed, bool first);
void worker_step(struct worker *worker);
void worker_end(struct worker *worker);

/* An answer; ends the process where it is none. */
int worker_sane(int ret);

/* From here on the process has so long for what it does, or is stuck. */
void worker_watch(const char *what);

#endif
