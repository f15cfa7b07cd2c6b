/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What was measured, and what it amounts to. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "bench.h"
#include "machine.h"

/* values: one for each repetition; error ends a scenario's repetitions. */
struct result {
	const struct scenario *scenario;
	double values[REPS_MAX];
	unsigned int count;
	int error;
};

struct results {
	const struct bench_options *options;
	struct machine machine;
	const char *backend;
	const char *wait;
	struct result *results;
	unsigned int count;
};

struct summary {
	double median;
	double min;
	double max;
};

/* @result has at least one value. */
void result_summarise(const struct result *result, struct summary *ret_summary);

/*
 * The proportion to another scenario's result: the median over the repetitions
 * of the proportions within each. Returns whether there is one.
 */
bool result_compare(const struct results *results, const struct result *result,
		    double *ret_factor);

void report_table(const struct results *results);
void report_markdown(const struct results *results);
void report_json(const struct results *results);

#endif
