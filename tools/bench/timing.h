/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Bursts of operations that both roles do their part of: first as many as it
 * takes to be warm, then as many as fill the time that is set for it. Both
 * roles call these functions, and come to the same numbers.
 */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include "worker.h"

/**
 * timing_burst() - one burst, from when both are ready until both are done.
 * @part:    the calling role's part of @count operations
 * @ret_ns:  how long it took, the same in both roles
 */
int timing_burst(struct worker *worker,
		 int (*part)(struct worker *worker, uint64_t count),
		 uint64_t count, uint64_t *ret_ns);

/**
 * timing_measure() - warm up, then time.
 * @unit:      operations are done in multiples of it
 * @ret_count: how many the timed burst had, or NULL
 *
 * A's outcome is nanoseconds for each operation.
 */
int timing_measure(struct worker *worker,
		   int (*part)(struct worker *worker, uint64_t count),
		   uint64_t unit, uint64_t *ret_count);

/* For who works alone and sums up itself what took @ns. */
void timing_conclude(struct worker *worker, uint64_t ns, uint64_t count);

#endif
