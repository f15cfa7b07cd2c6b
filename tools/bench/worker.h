/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What scenarios do in either process: meet the other, keep the time.
 *
 * A process that waits for the other in a loop needs no way out: should the
 * other die, the process that started both kills this one.
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include "bench.h"

#include <errno.h>
#include <sched.h>

/* The timed part's length; a tenth with --quick. */
uint64_t worker_iterations(const struct worker *worker);

/* Returns when both have called it, asleep until then. -EPIPE: it died. */
int worker_meet(struct worker *worker);

/* A: the clock starts. */
void worker_begin(struct worker *worker);

/*
 * Either: it stops. Both then meet, and A makes the result: nanoseconds for
 * each of @count.
 */
void worker_end(struct worker *worker);
int worker_conclude(struct worker *worker, uint64_t count);

/* Opens the scenario's region, at another address in each role. */
int worker_open_region(const struct worker *worker,
		       struct ipcbuf_region **ret_region);

/* Everything a worker does; doesn't return. */
_Noreturn void worker_main(struct worker *worker);

/* Between two looks of a busy loop. Where there is one CPU, let the other on. */
static inline void worker_poll(const struct worker *worker)
{
	if (worker->one_cpu)
		sched_yield();
}

/* Waiting only until there is room, or a record, without sleeping. */
static inline int worker_send(const struct worker *worker, void *record)
{
	int ret;

	for (;;) {
		ret = ipcbuf_channel_try_send(worker->out, record);
		if (ret != -EAGAIN)
			return ret;
		worker_poll(worker);
	}
}

static inline int worker_recv(const struct worker *worker, void **ret_record)
{
	int ret;

	for (;;) {
		ret = ipcbuf_channel_try_recv(worker->in, ret_record);
		if (ret != -EAGAIN)
			return ret;
		worker_poll(worker);
	}
}

#endif
