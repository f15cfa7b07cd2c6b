// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The whole report, in plain text or Markdown. See report.h. */
#include "report.h"

#include "format.h"
#include "sheet.h"

#include <string.h>

struct writing {
	const struct results *results;
	bool markdown;
	FILE *out;
};

static void write_title(const struct writing *writing, const char *name,
			const char *what)
{
	if (writing->markdown)
		fprintf(writing->out, "### %s\n\n%s\n\n", name, what);
	else
		fprintf(writing->out, "\n%s: %s\n", name, what);
}

static bool in_section(const struct result *result,
		       const struct family *family)
{
	return result->cell->family == family;
}

static unsigned int find_row(struct sheet *sheet, const struct result *result,
			     const struct result *first)
{
	const struct result *at;
	unsigned int row = 1;

	/* Rows are in the order in which their names first appear. */
	for (at = first; at < result; at++) {
		const struct result *before = first;

		while (strcmp(before->cell->row, at->cell->row) != 0)
			before++;
		if (before != at)
			continue;
		if (!strcmp(at->cell->row, result->cell->row))
			return row;
		row++;
	}
	sheet_set(sheet, row, 0, "%s", format_row(result->cell).text);
	return row;
}

static unsigned int column_of(const struct result *result,
			      const struct result *first)
{
	const struct result *at;
	unsigned int column = 1;

	for (at = first; at < result; at++)
		if (at[1].cell->parameter != at->cell->parameter)
			column++;
	return column;
}

/* A row for each peer, a column for each parameter. */
static void write_matrix(const struct writing *writing,
			 const struct result *first, unsigned int count)
{
	struct sheet *sheet = sheet_begin(1);
	const struct result *result;
	unsigned int column;

	sheet_set(sheet, 0, 0, " ");
	for (result = first; result < first + count; result++) {
		column = column_of(result, first);
		sheet_set(sheet, 0, column, "%s",
			  result->cell->column[0] ? result->cell->column
						  : "median");
		sheet_set(sheet, find_row(sheet, result, first), column, "%s",
			  format_result(result).text);
	}
	sheet_print(sheet, writing->markdown, writing->out);
}

static void set_latency(struct sheet *sheet, unsigned int row,
			const struct results *results,
			const struct result *result)
{
	struct latency latency;
	unsigned int i;

	if (!result_exists(result))
		return;
	result_latency(result, &latency);
	if (result->cell->family->beside)
		sheet_set(sheet, row, 6, "%s",
			  format_factor(results, result).text);
	for (i = 0; i < 4; i++) {
		const double figures[] = { latency.p50, latency.p99,
					   latency.p999, latency.max };

		sheet_set(sheet, row, 2 + i, "%s",
			  format_value(UNIT_NS, figures[i]).text);
	}
}

/* A row for each cell, with its percentiles. */
static void write_latencies(const struct writing *writing,
			    const struct result *first, unsigned int count)
{
	static const char *const heads[] = {
		" ", "mean", "p50", "p99", "p99.9", "max", "beside",
	};
	unsigned int columns = first->cell->family->beside ? 7 : 6;
	struct sheet *sheet = sheet_begin(1);
	unsigned int i;

	for (i = 0; i < columns; i++)
		sheet_set(sheet, 0, i, "%s", heads[i]);
	for (i = 0; i < count; i++) {
		sheet_set(sheet, i + 1, 0, "%s%s%s", first[i].cell->column,
			  first[i].cell->column[0] ? " " : "",
			  format_row(first[i].cell).text);
		sheet_set(sheet, i + 1, 1, "%s", format_result(&first[i]).text);
		set_latency(sheet, i + 1, writing->results, &first[i]);
	}
	sheet_print(sheet, writing->markdown, writing->out);
}

/* Cells of a family lie side by side. */
static void write_family(const struct writing *writing,
			 const struct family *family)
{
	const struct result *results = writing->results->results;
	unsigned int first = 0, count = 0;

	while (first < writing->results->count &&
	       !in_section(&results[first], family))
		first++;
	while (first + count < writing->results->count &&
	       in_section(&results[first + count], family))
		count++;
	if (!count)
		return;
	write_title(writing, family->name, family->what);
	if (family->flags & FAMILY_LATENCY)
		write_latencies(writing, &results[first], count);
	else
		write_matrix(writing, &results[first], count);
}

/* Those that have but one figure. */
static void write_singles(const struct writing *writing)
{
	const struct results *results = writing->results;
	struct sheet *sheet = sheet_begin(1);
	const struct family *family;
	unsigned int i, row;

	for (i = 0; i < results->count; i++) {
		family = results->results[i].cell->family;
		if (!(family->flags & FAMILY_SINGLE))
			continue;
		row = sheet_rows(sheet) ? sheet_rows(sheet) : 1;
		sheet_set(sheet, row, 0, "%s: %s", family->name, family->what);
		sheet_set(sheet, row, 1, "%s",
			  format_result(&results->results[i]).text);
		sheet_set(sheet, row, 2, "%s",
			  format_factor(results, &results->results[i]).text);
	}
	if (!sheet_rows(sheet))
		return;
	sheet_set(sheet, 0, 0, " ");
	sheet_set(sheet, 0, 1, "median");
	sheet_set(sheet, 0, 2, "beside");
	write_title(writing, "single", "what has but one figure");
	sheet_print(sheet, writing->markdown, writing->out);
}

static void write_peers(const struct writing *writing)
{
	const struct peers *peers = writing->results->peers;
	struct sheet *sheet = sheet_begin(2);
	const struct peer_info *peer;
	unsigned int i;

	sheet_set(sheet, 0, 0, "peer");
	sheet_set(sheet, 0, 1, " ");
	for (i = 0; i < peers->count; i++) {
		peer = &peers->peers[i];
		sheet_set(sheet, i + 1, 0, "%s", peer->name);
		sheet_set(sheet, i + 1, 1, "%s%s%s%s",
			  peer->absent[0] ? "absent: " : peer->what,
			  peer->absent,
			  peer->flags & PEER_COPIES ? "; copies" : "",
			  peer->flags & PEER_THREADS
				? "; two threads of one process" : "");
	}
	write_title(writing, "peers", "what it is measured beside");
	sheet_print(sheet, writing->markdown, writing->out);
}

static void write_machine(const struct writing *writing)
{
	const struct results *results = writing->results;
	const struct machine *machine = &results->machine;
	const char *end = writing->markdown ? "  \n" : "\n";

	fprintf(writing->out, "%s%s, %u processors; %s; governor %s; %s%s",
		machine->cpu, machine->virtual ? " (virtual machine)" : "",
		machine->cpus, machine->topology,
		machine->governor[0] ? machine->governor : "none",
		machine->kernel, end);
	fprintf(writing->out, "ipcbuf %s, region %s, wait %s; medians of %u%s, ±: half of what lies between the quartiles%s",
		ipcbuf_version(), results->backend, results->wait,
		results->options->reps,
		results->options->quick ? ", shortened" : "", end);
	fprintf(writing->out, "load before %.1f, steal %.2f %%, a look at the clock %.0f ns; %u cells in %.0f s%s",
		machine->load, 100 * results->steal, results->clock_ns,
		results->count, results->seconds, end);
}

static void write_doubt(const char *doubt, void *argument)
{
	const struct writing *writing = argument;

	fprintf(writing->out, "%s%s%s\n", writing->markdown ? "- **" : "warning: ",
		doubt, writing->markdown ? "**" : "");
}

static void write_doubts(struct writing *writing)
{
	if (writing->markdown)
		fputc('\n', writing->out);
	report_doubts(writing->results, write_doubt, writing);
	if (writing->markdown)
		fputc('\n', writing->out);
}

void report_write(const struct results *results, bool markdown, FILE *out)
{
	struct writing writing = { results, markdown, out };
	unsigned int i;

	write_machine(&writing);
	write_doubts(&writing);
	report_aims(results, markdown, out);
	report_glance(results, markdown, out);
	for (i = 0; i < family_count; i++)
		if (!(families[i].flags & FAMILY_SINGLE))
			write_family(&writing, &families[i]);
	write_singles(&writing);
	write_peers(&writing);
}
