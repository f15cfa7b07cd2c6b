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

void result_summarise(const struct result *result, struct summary *ret_summary)
{
	double values[REPS_MAX];

	memcpy(values, result->values, sizeof(values));
	ret_summary->median = median(values, result->count);
	ret_summary->min = values[0];
	ret_summary->max = values[result->count - 1];
}

static const struct result *find(const struct results *results,
				 const char *name)
{
	unsigned int i;

	for (i = 0; i < results->count; i++)
		if (!strcmp(results->results[i].scenario->name, name))
			return &results->results[i];
	return NULL;
}

bool result_compare(const struct results *results, const struct result *result,
		    double *ret_factor)
{
	const char *beside = result->scenario->beside;
	const struct result *other = beside ? find(results, beside) : NULL;
	double factors[REPS_MAX];
	unsigned int i;

	if (!other || !other->count || other->count != result->count)
		return false;
	for (i = 0; i < result->count; i++) {
		if (other->values[i] <= 0)
			return false;
		factors[i] = result->values[i] / other->values[i];
	}
	*ret_factor = median(factors, result->count);
	return true;
}
