// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What ipcbuf is to come to, in proportion to what bounds it. See report.h. */
#include "format.h"
#include "report.h"
#include "sheet.h"

/* A limit of 0: there is none; without a bound it is in nanoseconds. */
struct aim {
	const char *what;
	const char *cell;
	const char *bound;
	double limit;
};

static const struct aim aims[] = {
	{ "round trip of a record, polled", "rtt/ipcbuf", "line", 1.20 },
	{ "life of a record of 64 B, written and read",
	  "life-touched/64/ipcbuf", "line", 0.17 },
	{ "the same, untouched", "life/64/ipcbuf", "line", 0.17 },
	{ "life of a record of 1 MiB, untouched", "life/1M/ipcbuf",
	  "life/64/ipcbuf", 1.5 },
	{ "a handle of a batch of 32, over 1,024 slots",
	  "handles/d1024/ipcbuf-batch32", "line", 0.05 },
	{ "the same over 64 slots", "handles/d64/ipcbuf-batch32", "line",
	  0.05 },
	{ "allocate and free 64 B", "local/64/ipcbuf", "local/64/mimalloc",
	  0.8 },
	{ "the same", "local/64/ipcbuf", "local/64/jemalloc", 1 },
	{ "the same", "local/64/ipcbuf", "local/64/libc", 0 },
	{ "round trip with both asleep", "rtt-blocking/ipcbuf",
	  "rtt-blocking/futex", 1.05 },
	{ "life on one of 100,000 channels", "channels-one/n100000",
	  "channels-one/n1", 1.1 },
	{ "life of 64 B through the C++ API", "life-d1024/ipcbuf-cxx",
	  "life-d1024/ipcbuf", 1.3 },
	{ "open and close a region of 64 GiB", "attach/64G/ipcbuf", NULL,
	  200000 },
};

static void set_limit(struct sheet *sheet, unsigned int row,
		      const struct aim *aim, double value)
{
	if (aim->limit <= 0)
		return;
	if (aim->bound)
		sheet_set(sheet, row, 4, "%.2f", aim->limit);
	else
		sheet_set(sheet, row, 4, "%s",
			  format_value(UNIT_NS, aim->limit).text);
	sheet_set(sheet, row, 5, "%s", value <= aim->limit ? "reached" : "no");
}

/* The line's is that about the aim's own measurements. */
static struct text bound_text(const struct results *results,
			      const struct result *result, const char *bound)
{
	const struct result *other = results_find(results, bound);
	struct summary line;

	if (other || !result_summarise_line(result, &line))
		return format_result(other);
	return format_value(UNIT_NS, line.median);
}

static void set_aim(struct sheet *sheet, const struct results *results,
		    const struct aim *aim)
{
	const struct result *result = results_find(results, aim->cell);
	struct summary summary;
	unsigned int row = sheet_rows(sheet);
	double value;

	if (!result)
		return;
	result_summarise(result, &summary);
	value = summary.median;
	if (aim->bound &&
	    !results_compare(results, result, aim->bound, &value))
		return;
	sheet_set(sheet, row, 0, "%s", aim->what);
	sheet_set(sheet, row, 1, "%s", format_result(result).text);
	if (aim->bound) {
		sheet_set(sheet, row, 2, "%.2f", value);
		sheet_set(sheet, row, 3, "× %s, %s", aim->bound,
			  bound_text(results, result, aim->bound).text);
	}
	set_limit(sheet, row, aim, value);
}

void report_aims(const struct results *results, bool markdown, FILE *out)
{
	static const char *const heads[] = {
		"aims", "median", "ratio", "to", "at most", " ",
	};
	struct sheet *sheet = sheet_begin(1);
	unsigned int i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		sheet_set(sheet, 0, i, "%s", heads[i]);
	for (i = 0; i < sizeof(aims) / sizeof(aims[0]); i++)
		set_aim(sheet, results, &aims[i]);
	if (sheet_rows(sheet) == 1)
		return;
	if (!markdown)
		fputc('\n', out);
	sheet_print(sheet, markdown, out);
}
