/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Starts the two roles of a cell, and sees them to their end. */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include "bench.h"
#include "cells.h"

/* Signals are waited for, not handled: call it before the first run. */
void pair_init(void);

/* The signal that ended the last run, or 0. */
int pair_interrupted(void);

/**
 * pair_run() - one repetition of one cell.
 *
 * Afterwards the region is verified: nothing may be held, nothing damaged.
 *
 * Return: 0; -ENOPKG (can't be measured here), -EOPNOTSUPP (the peer can't do
 * it), -EINTR (pair_interrupted() says why), -EUCLEAN (the region isn't as it
 * should be), or what failed.
 */
int pair_run(const struct cell *cell, const struct bench_options *options,
	     struct outcome *ret_outcome);

#endif
