// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The results as one JSON object, each single value included. */
#include "results.h"

#include <stdio.h>

/* Control characters have no business in what is printed here. */
static void print_string(const char *key, const char *text)
{
	printf("\"%s\": \"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		if ((unsigned char)*text >= ' ')
			putchar(*text);
	}
	printf("\"");
}

static void print_machine(const struct results *results)
{
	const struct machine *machine = &results->machine;

	printf("  \"machine\": {");
	print_string("cpu", machine->cpu);
	printf(", ");
	print_string("kernel", machine->kernel);
	printf(", ");
	print_string("governor", machine->governor);
	printf(", \"virtual\": %s, \"processors\": %u, \"load\": %.2f},\n",
	       machine->virtual ? "true" : "false", machine->cpus,
	       machine->load);
}

static void print_setting(const struct results *results)
{
	const struct bench_options *options = results->options;

	printf("  \"version\": \"%s\", \"region\": \"%s\", \"wait\": \"%s\",\n",
	       ipcbuf_version(), results->backend, results->wait);
	printf("  \"pinned\": [%d, %d], \"repetitions\": %u, \"shortened\": %s,\n",
	       options->cpus[ROLE_A], options->cpus[ROLE_B], options->reps,
	       options->quick ? "true" : "false");
}

static void print_values(const struct results *results,
			 const struct result *result)
{
	struct summary summary;
	double factor;
	unsigned int i;

	result_summarise(result, &summary);
	printf(", \"median\": %.3f, \"min\": %.3f, \"max\": %.3f, \"values\": [",
	       summary.median, summary.min, summary.max);
	for (i = 0; i < result->count; i++)
		printf("%s%.3f", i ? ", " : "", result->values[i]);
	printf("]");
	if (result_compare(results, result, &factor))
		printf(", \"beside\": \"%s\", \"factor\": %.4f",
		       result->scenario->beside, factor);
}

static void print_result(const struct results *results,
			 const struct result *result, const char *end)
{
	printf("    {");
	print_string("name", result->scenario->name);
	printf(", ");
	print_string("what", result->scenario->what);
	printf(", \"unit\": \"%s\", \"error\": %d", result->scenario->unit,
	       result->error);
	if (!result->error && result->count)
		print_values(results, result);
	printf("}%s\n", end);
}

void report_json(const struct results *results)
{
	unsigned int i;

	printf("{\n");
	print_machine(results);
	print_setting(results);
	printf("  \"scenarios\": [\n");
	for (i = 0; i < results->count; i++)
		print_result(results, &results->results[i],
			     i + 1 < results->count ? "," : "");
	printf("  ]\n}\n");
}
