// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Medians and proportions. See results.h. */
#include "results.h"

#include <stdlib.h>
#include <string.h>

/* Round trips of a bare line that differ by no more than this are alike. */
#define ALIKE 1.25

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts @values. */
static double median(double *values, unsigned int count)
{
	qsort(values, count, sizeof(values[0]), ascending);
	if (count % 2)
		return values[count / 2];
	return (values[count / 2 - 1] + values[count / 2]) / 2;
}

bool result_exists(const struct result *result)
{
	return result && !result->error && result->count;
}

/* Of sorted values; between two of them where it lies there. */
static double quartile(const double *values, unsigned int count,
		       unsigned int which)
{
	double place = (double)(count - 1) * which / 4;
	unsigned int below = (unsigned int)place;
	unsigned int above = below + 1 < count ? below + 1 : below;

	return values[below] +
	       (values[above] - values[below]) * (place - below);
}

/* Sorts @values. */
static void summarise(double *values, unsigned int count,
		      struct summary *ret_summary)
{
	ret_summary->median = median(values, count);
	ret_summary->low = quartile(values, count, 1);
	ret_summary->high = quartile(values, count, 3);
	ret_summary->min = values[0];
	ret_summary->max = values[count - 1];
}

void result_summarise(const struct result *result, struct summary *ret_summary)
{
	double values[REPS_MAX] = { 0 };
	unsigned int i;

	for (i = 0; i < result->count; i++)
		values[i] = result->outcomes[i].value;
	summarise(values, result->count, ret_summary);
}

bool result_summarise_line(const struct result *result,
			   struct summary *ret_summary)
{
	double values[REPS_MAX] = { 0 };
	unsigned int i;

	for (i = 0; i < result->count; i++) {
		values[i] = result->outcomes[i].line_ns;
		if (values[i] <= 0)
			return false;
	}
	summarise(values, result->count, ret_summary);
	return true;
}

double summary_spread(const struct summary *summary)
{
	if (summary->median <= 0)
		return 0;
	return (summary->high - summary->low) / 2 / summary->median;
}

/* Of the figure that lies at @offset in struct latency. */
static double median_at(const struct result *result, size_t offset)
{
	double values[REPS_MAX] = { 0 };
	unsigned int i;

	for (i = 0; i < result->count; i++)
		memcpy(&values[i],
		       (const char *)&result->outcomes[i].latency + offset,
		       sizeof(values[i]));
	return median(values, result->count);
}

void result_latency(const struct result *result, struct latency *ret_latency)
{
	const struct outcome *outcomes = result->outcomes;
	unsigned int i;

	memset(ret_latency, 0, sizeof(*ret_latency));
	ret_latency->p50 = median_at(result, offsetof(struct latency, p50));
	ret_latency->p99 = median_at(result, offsetof(struct latency, p99));
	ret_latency->p999 = median_at(result, offsetof(struct latency, p999));
	for (i = 0; i < QUANTILES; i++)
		ret_latency->quantiles[i] =
			median_at(result, offsetof(struct latency, quantiles) +
					  i * sizeof(double));
	for (i = 0; i < result->count; i++) {
		ret_latency->count += outcomes[i].latency.count;
		if (outcomes[i].latency.max > ret_latency->max)
			ret_latency->max = outcomes[i].latency.max;
	}
}

/* Returns how many there are. */
static unsigned int collect_lines(const struct results *results, double *values)
{
	const struct result *result;
	unsigned int count = 0, i, rep;

	for (i = 0; i < results->count; i++) {
		result = &results->results[i];
		for (rep = 0; rep < result->count; rep++)
			if (result->outcomes[rep].line_ns > 0)
				values[count++] = result->outcomes[rep].line_ns;
	}
	return count;
}

bool results_line(const struct results *results, struct summary *ret_summary)
{
	size_t room = (size_t)results->count * results->options->reps + 1;
	double *values = calloc(room, sizeof(*values));
	unsigned int count = values ? collect_lines(results, values) : 0;

	if (count)
		summarise(values, count, ret_summary);
	free(values);
	return count;
}

const struct result *results_find(const struct results *results,
				  const char *name)
{
	unsigned int i;

	for (i = 0; name && i < results->count; i++)
		if (!strcmp(results->results[i].cell->name, name))
			return result_exists(&results->results[i])
				? &results->results[i] : NULL;
	return NULL;
}

/* What @result is set beside in one repetition. */
static double bound_of(const struct result *result, const struct result *other,
		       unsigned int rep)
{
	return other ? other->outcomes[rep].value
		     : result->outcomes[rep].line_ns;
}

/*
 * Where the processors that the roles are on lie to each other may change from one cell to the
 * next, on a virtual machine. A bare line tells.
 */
static bool is_alike(const struct result *result, const struct result *other,
		     unsigned int rep)
{
	double a = result->outcomes[rep].line_ns;
	double b = other ? other->outcomes[rep].line_ns : a;

	return a <= 0 || b <= 0 || (a < b * ALIKE && b < a * ALIKE);
}

bool results_compare(const struct results *results, const struct result *result,
		     const char *beside, double *ret_factor)
{
	const struct result *other = results_find(results, beside);
	bool line = beside && !strcmp(beside, "line");
	double factors[REPS_MAX] = { 0 }, alike[REPS_MAX] = { 0 };
	unsigned int i, n = 0;

	if (!result_exists(result) || (!other && !line) ||
	    (other && result->count != other->count))
		return false;
	for (i = 0; i < result->count; i++) {
		if (bound_of(result, other, i) <= 0)
			return false;
		factors[i] = result->outcomes[i].value /
			     bound_of(result, other, i);
		if (is_alike(result, other, i))
			alike[n++] = factors[i];
	}
	*ret_factor = n ? median(alike, n) : median(factors, result->count);
	return true;
}
