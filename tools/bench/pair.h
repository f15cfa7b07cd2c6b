/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Starts the two processes of a scenario, and sees them to their end. */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include "bench.h"

/* Signals are waited for, not handled: call it before the first run. */
void pair_init(void);

/* The signal that ended the last run, or 0. */
int pair_interrupted(void);

/**
 * pair_run() - one repetition of one scenario.
 * @ret_result: in the scenario's unit
 *
 * Afterwards the region is verified: nothing may be held, nothing damaged.
 *
 * Return: 0; -ENOPKG (can't be measured here), -EINTR (pair_interrupted() says
 * why), -EUCLEAN (the region isn't as it should be), or what failed.
 */
int pair_run(const struct scenario *scenario,
	     const struct bench_options *options, double *ret_result);

#endif
