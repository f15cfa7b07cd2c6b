// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Where the figures aren't to be trusted. See report.h. */
#include "report.h"

#include <string.h>

#define STEAL_MAX  0.01
#define SPREAD_MAX 0.10
/* A role that loses its processor so often isn't alone on it; per second. */
#define SWITCHES_MAX 50

struct doubting {
	const struct results *results;
	void (*say)(const char *doubt, void *argument);
	void *argument;
};

static void doubt_processors(const struct doubting *doubting)
{
	const int *cpus = doubting->results->options->cpus;

	if (cpus[ROLE_A] == cpus[ROLE_B])
		doubting->say("both roles share one processor: what is measured between them is scheduling",
			      doubting->argument);
	else if (machine_same_core(cpus[ROLE_A], cpus[ROLE_B]))
		doubting->say("both processors are threads of one core: figures don't hold for two cores",
			      doubting->argument);
}

static void doubt_machine(const struct doubting *doubting)
{
	const struct results *results = doubting->results;
	char text[160];

	if (results->machine.load >= 1) {
		snprintf(text, sizeof(text),
			 "the machine was busy before, its load %.1f",
			 results->machine.load);
		doubting->say(text, doubting->argument);
	}
	if (results->steal > STEAL_MAX) {
		snprintf(text, sizeof(text),
			 "the host took %.1f %% of the two processors' time",
			 100 * results->steal);
		doubting->say(text, doubting->argument);
	}
}

/* The middle half of all looks at it, in all repetitions of all cells. */
static void doubt_line(const struct doubting *doubting)
{
	struct summary line;
	char text[160];

	if (!results_line(doubting->results, &line) ||
	    summary_spread(&line) <= SPREAD_MAX)
		return;
	snprintf(text, sizeof(text),
		 "a bare line's round trip went from %.0f to %.0f ns, half of the time from %.0f to %.0f: differences as large mean nothing",
		 line.min, line.max, line.low, line.high);
	doubting->say(text, doubting->argument);
}

static uint64_t all_switches(const struct results *results)
{
	const struct result *result;
	uint64_t sum = 0;
	unsigned int i, rep;

	for (i = 0; i < results->count; i++) {
		result = &results->results[i];
		if (result->cell->family->flags & FAMILY_CROWDED)
			continue;
		for (rep = 0; rep < result->count; rep++)
			sum += result->outcomes[rep].switches;
	}
	return sum;
}

static void doubt_switches(const struct doubting *doubting)
{
	uint64_t switches = all_switches(doubting->results);
	double seconds = doubting->results->seconds;
	char text[160];

	if (seconds <= 0 || (double)switches / seconds <= SWITCHES_MAX)
		return;
	snprintf(text, sizeof(text),
		 "others ran on the two processors: %.0f times a second one of them was taken away",
		 (double)switches / seconds);
	doubting->say(text, doubting->argument);
}

static void doubt_length(const struct doubting *doubting)
{
	const struct bench_options *options = doubting->results->options;

	if (options->quick || options->reps < 3)
		doubting->say("a short run, to see that it runs: figures are worth little",
			      doubting->argument);
}

void report_doubts(const struct results *results,
		   void (*say)(const char *doubt, void *argument),
		   void *argument)
{
	const struct doubting doubting = { results, say, argument };

	doubt_processors(&doubting);
	doubt_machine(&doubting);
	doubt_line(&doubting);
	doubt_switches(&doubting);
	doubt_length(&doubting);
}
