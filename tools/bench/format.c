// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* See format.h. */
#include "format.h"

#include <errno.h>
#include <stdio.h>

static int digits_of(double value)
{
	return value < 10 ? 2 : value < 100 ? 1 : 0;
}

static struct text format_scaled(double value, const char *const *units,
				 double step)
{
	struct text text;

	while (units[1] && (value >= step || value <= -step)) {
		value /= step;
		units++;
	}
	snprintf(text.text, sizeof(text.text), "%.*f %s", digits_of(value),
		 value, *units);
	return text;
}

struct text format_value(enum unit unit, double value)
{
	static const char *const times[] = { "ns", "µs", "ms", "s", NULL };
	static const char *const sizes[] = { "B", "KiB", "MiB", NULL };

	return unit == UNIT_NS ? format_scaled(value, times, 1000)
			       : format_scaled(value, sizes, 1024);
}

static const char *reason(int error)
{
	return error == -ENOPKG ? "absent" : error == -EOPNOTSUPP ? "can't" :
	       error ? "failed" : "";
}

struct text format_result(const struct result *result)
{
	struct summary summary;
	struct text text, value;

	if (!result_exists(result)) {
		snprintf(text.text, sizeof(text.text), "%s",
			 result ? reason(result->error) : "");
		return text;
	}
	result_summarise(result, &summary);
	value = format_value(result->cell->family->unit, summary.median);
	if (result->count == 1)
		return value;
	snprintf(text.text, sizeof(text.text), "%.40s ±%.0f%%", value.text,
		 100 * summary_spread(&summary));
	return text;
}

struct text format_factor(const struct results *results,
			  const struct result *result)
{
	const char *beside = result->cell->family->beside;
	struct text text = { "" };
	double factor;

	if (results_compare(results, result, beside, &factor))
		snprintf(text.text, sizeof(text.text), "%.*f×",
			 factor < 100 ? 2 : 0, factor);
	return text;
}

struct text format_row(const struct cell *cell)
{
	bool threads = cell->peer && cell->peer->flags & PEER_THREADS;
	struct text text;

	snprintf(text.text, sizeof(text.text), "%.40s%s", cell->row,
		 threads ? " (threads)" : "");
	return text;
}
