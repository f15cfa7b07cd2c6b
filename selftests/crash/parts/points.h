/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * After which instructions to kill, and saying how many those were.
 *
 * Some are spread over the operation by a stride that meets each of them once
 * before it meets any of them again; with CRASH_EXHAUSTIVE=1 all of them are
 * taken, with one exception. The middle of a long loop is far from everywhere
 * that a breakpoint leads to: there those are left out that neither changed a
 * byte of the region nor called the kernel, since a death behind them leaves
 * to the others just what one before them does.
 */
#ifndef SELFTESTS_CRASH_POINTS_H
#define SELFTESTS_CRASH_POINTS_H

#include "step.h"

#define POINTS_IDLE 16u
#define POINTS_BUSY 8u

struct points {
	const struct step_trace *trace;
	const bool *changed;	/* by each step; NULL: not known */
	size_t span;
	size_t stride;
	size_t at;
	size_t left;
};

/* All of the operation, or @some. */
void points_begin(struct points *points, const struct step_trace *trace,
		  const bool *changed, size_t some);
bool points_next(struct points *points, size_t *ret_step);

bool points_exhaustive(void);
uint64_t points_seed(void);

/* One line, from which scripts/crash-exhaustive makes its table. */
void points_report(const char *operation, const char *peer, uint32_t backend,
		   uint32_t wait, uint64_t steps, uint64_t tried,
		   uint64_t strayed);

#endif
