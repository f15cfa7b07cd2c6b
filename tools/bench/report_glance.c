// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* All peers in one table, with the figures that tell most. See report.h. */
#include "format.h"
#include "report.h"
#include "sheet.h"

#include <string.h>

/* A cell's name without its last part; own: ipcbuf's by the table, if any. */
struct figure {
	const char *head;
	const char *cells;
};

static const struct figure figures[] = {
	{ "round trip, polled", "rtt/" },
	{ "asleep", "rtt-blocking/" },
	{ "life of 64 B", "life-touched/64/" },
	{ "4 KiB", "life-touched/4K/" },
	{ "1 MiB", "life-touched/1M/" },
	{ "1 MiB untouched", "life/1M/" },
	{ "allocate, free 64 B", "local/64/" },
};

/* ipcbuf's figures are those that go through the table, as the peers' do. */
static const struct result *find(const struct results *results,
				 const char *cells, const char *row)
{
	char name[CELL_NAME_MAX];
	const struct result *result;

	snprintf(name, sizeof(name), "%.30s%s", cells,
		 strcmp(row, "ipcbuf") == 0 ? "ipcbuf-by-table" : row);
	result = results_find(results, name);
	if (result)
		return result;
	snprintf(name, sizeof(name), "%.30s%.30s", cells, row);
	return results_find(results, name);
}

static void set_row(struct sheet *sheet, const struct results *results,
		    const char *name, const char *mark)
{
	unsigned int row = sheet_rows(sheet), i;
	const struct result *result;
	struct summary summary;

	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		result = find(results, figures[i].cells, name);
		if (!result)
			continue;
		result_summarise(result, &summary);
		sheet_set(sheet, row, 0, "%s%s", name, mark);
		sheet_set(sheet, row, i + 1, "%s",
			  format_value(UNIT_NS, summary.median).text);
	}
}

void report_glance(const struct results *results, bool markdown, FILE *out)
{
	const struct peers *peers = results->peers;
	struct sheet *sheet = sheet_begin(1);
	unsigned int i;

	sheet_set(sheet, 0, 0, "at a glance");
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		sheet_set(sheet, 0, i + 1, "%s", figures[i].head);
	for (i = 0; i < peers->count; i++)
		set_row(sheet, results, peers->peers[i].name,
			peers->peers[i].flags & PEER_THREADS ? " (threads)"
							     : "");
	set_row(sheet, results, "line", "");
	set_row(sheet, results, "futex", "");
	set_row(sheet, results, "memcpy", "");
	if (sheet_rows(sheet) == 1)
		return;
	if (!markdown)
		fputc('\n', out);
	sheet_print(sheet, markdown, out);
}
