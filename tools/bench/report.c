// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The results as a table, in plain text and in Markdown. */
#include "results.h"

#include <errno.h>
#include <stdio.h>

#define TEXT_MAX 64

/* How one line of a table is put together. */
struct style {
	const char *head;
	const char *line;	/* name, median, range, unit, beside, what */
	const char *intro_end;
};

static void print_machine(const struct results *results, const char *line_end)
{
	const struct machine *machine = &results->machine;
	const int *cpus = results->options->cpus;

	printf("%s%s, %u processors, %s%s%s, load before %.1f%s", machine->cpu,
	       machine->virtual ? " (virtual machine)" : "", machine->cpus,
	       machine->kernel, machine->governor[0] ? ", governor " : "",
	       machine->governor, machine->load, line_end);
	printf("ipcbuf %s, region %s, wait %s; pinned to processors %d and %d; medians of %u%s%s",
	       ipcbuf_version(), results->backend, results->wait, cpus[ROLE_A],
	       cpus[ROLE_B], results->options->reps,
	       results->options->quick ? ", shortened" : "", line_end);
}

static void format_value(char text[TEXT_MAX], double value)
{
	int digits = value < 10 ? 2 : value < 1000 ? 1 : 0;

	snprintf(text, TEXT_MAX, "%.*f", digits, value);
}

static void format_range(char text[TEXT_MAX], const struct summary *summary)
{
	char min[TEXT_MAX];
	char max[TEXT_MAX];

	format_value(min, summary->min);
	format_value(max, summary->max);
	snprintf(text, TEXT_MAX, "%.28s..%.28s", min, max);
}

static void format_beside(char text[TEXT_MAX], const struct results *results,
			  const struct result *result)
{
	double factor;

	text[0] = '\0';
	if (result_compare(results, result, &factor))
		snprintf(text, TEXT_MAX, "%.2f x %.40s", factor,
			 result->scenario->beside);
}

static void print_result(const struct results *results,
			 const struct result *result, const char *line)
{
	const struct scenario *scenario = result->scenario;
	struct summary summary;
	char value[TEXT_MAX] = "absent";
	char range[TEXT_MAX] = "";
	char beside[TEXT_MAX] = "";

	if (result->error && result->error != -ENOPKG) {
		snprintf(value, sizeof(value), "failed");
	} else if (!result->error && result->count) {
		result_summarise(result, &summary);
		format_value(value, summary.median);
		format_range(range, &summary);
		format_beside(beside, results, result);
	}
	printf(line, scenario->name, value, range, scenario->unit, beside,
	       scenario->what);
}

static void print_table(const struct results *results,
			const struct style *style)
{
	unsigned int i;

	print_machine(results, style->intro_end);
	printf("%s", style->head);
	for (i = 0; i < results->count; i++)
		print_result(results, &results->results[i], style->line);
}

void report_table(const struct results *results)
{
	static const struct style plain = {
		.head = "\nscenario                    median  min..max          unit  beside\n",
		.line = "%-24s %9s  %-16s  %-4s  %-30s  %s\n",
		.intro_end = "\n",
	};

	print_table(results, &plain);
}

void report_markdown(const struct results *results)
{
	static const struct style markdown = {
		.head = "| scenario | median | min..max | unit | beside | what |\n"
			"|---|--:|---|---|---|---|\n",
		.line = "| %s | %s | %s | %s | %s | %s |\n",
		.intro_end = "\n\n",
	};

	print_table(results, &markdown);
}
