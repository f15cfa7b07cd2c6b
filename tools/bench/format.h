/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Figures as texts, with the unit that suits them. */
#ifndef BENCH_FORMAT_H
#define BENCH_FORMAT_H

#include "results.h"

struct text {
	char text[64];
};

/* As 41.2 ns, 95.3 µs, or 80 B. */
struct text format_value(enum unit unit, double value);

/* The median and its spread, or in a word why there is none. */
struct text format_result(const struct result *result);

/* Nothing where there is no proportion. */
struct text format_factor(const struct results *results,
			  const struct result *result);

/* The row's name, marked where its peer needs that. */
struct text format_row(const struct cell *cell);

#endif
