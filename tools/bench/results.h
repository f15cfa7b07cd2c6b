/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What was measured, and what it amounts to. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "bench.h"
#include "cells.h"
#include "machine.h"

/* outcomes: one for each repetition; error ends a cell's repetitions. */
struct result {
	const struct cell *cell;
	struct outcome *outcomes;
	unsigned int count;
	int error;
};

struct results {
	const struct bench_options *options;
	const struct peers *peers;
	struct machine machine;
	const char *backend;
	const char *wait;
	struct result *results;		/* one for each cell */
	unsigned int count;
	double clock_ns;		/* what a look at the clock costs */
	double steal;			/* proportion of the processors' time */
	double seconds;			/* that it all took */
};

struct summary {
	double median;
	double low;	/* the quartiles */
	double high;
	double min;
	double max;
};

/* Whether there is a value; only then can it be summarised. */
bool result_exists(const struct result *result);
void result_summarise(const struct result *result, struct summary *ret_summary);

/* The same of a bare line's round trips about then; false where none was. */
bool result_summarise_line(const struct result *result,
			   struct summary *ret_summary);

/* Half the way from quartile to quartile, as a proportion of the median. */
double summary_spread(const struct summary *summary);

/* Of each figure the median over the repetitions, but of all maxima the largest. */
void result_latency(const struct result *result, struct latency *ret_latency);

/* The bare line over all repetitions of all cells; false where none was. */
bool results_line(const struct results *results, struct summary *ret_summary);

/* NULL where there is no such cell, or no value of it. */
const struct result *results_find(const struct results *results,
				  const char *name);

/*
 * The proportion to another cell's result, or to the bare line where that is
 * "line": the median over the repetitions of the proportions within each, of those
 * during which a bare line took about the same for both, if there are any.
 * Returns whether there is one.
 */
bool results_compare(const struct results *results, const struct result *result,
		     const char *beside, double *ret_factor);

#endif
