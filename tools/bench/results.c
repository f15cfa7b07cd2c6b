// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Medians and proportions. See results.h. */
#include "results.h"

#include <stdlib.h>
#include <string.h>

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

void result_summarise(const struct result *result, struct summary *ret_summary)
{
	double values[REPS_MAX] = { 0 };
	unsigned int i;

	for (i = 0; i < result->count; i++)
		values[i] = result->outcomes[i].value;
	ret_summary->median = median(values, result->count);
	ret_summary->min = values[0];
	ret_summary->max = values[result->count - 1];
}

double summary_spread(const struct summary *summary)
{
	if (summary->median <= 0)
		return 0;
	return (summary->max - summary->min) / 2 / summary->median;
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

bool results_compare(const struct result *result, const struct result *other,
		     double *ret_factor)
{
	double factors[REPS_MAX] = { 0 };
	unsigned int i;

	if (!result_exists(result) || !result_exists(other) ||
	    result->count != other->count)
		return false;
	for (i = 0; i < result->count; i++) {
		if (other->outcomes[i].value <= 0)
			return false;
		factors[i] = result->outcomes[i].value /
			     other->outcomes[i].value;
	}
	*ret_factor = median(factors, result->count);
	return true;
}
