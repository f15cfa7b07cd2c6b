/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Showing progress; see progress.h. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "cmd.h"

#define INTERVAL_NS UINT64_C(200000000)

void progress_start(struct progress *progress, const char *verb, bool wanted)
{
	progress->verb = verb;
	progress->wanted = wanted;
	progress->terminal = isatty(STDERR_FILENO);
	progress->start_ns = ipcbuf_now_ns();
	progress->next_ns = progress->start_ns + INTERVAL_NS;
	progress->bytes = 0;
	progress->records = 0;
}

static void show(const struct progress *progress, uint64_t now_ns,
		 const char *end)
{
	double seconds = (double)(now_ns - progress->start_ns) / 1e9;
	double rate = (double)progress->bytes / (seconds > 0 ? seconds : 1e-9);
	char total[CMD_SIZE_TEXT], per_second[CMD_SIZE_TEXT];

	fprintf(stderr, "%s%llu bytes (%s) in %llu records %s, %.2f s, "
		"%sB/s%s", progress->terminal ? "\r" : "",
		(unsigned long long)progress->bytes,
		cmd_format_size(progress->bytes, total),
		(unsigned long long)progress->records, progress->verb, seconds,
		cmd_format_size((uint64_t)rate, per_second), end);
}

void progress_add(struct progress *progress, uint64_t bytes)
{
	uint64_t now;

	progress->bytes += bytes;
	progress->records++;
	if (!progress->wanted || !progress->terminal)
		return;
	now = ipcbuf_now_ns();
	if (now < progress->next_ns)
		return;
	/* Blanks, as the line before may have been longer. */
	show(progress, now, "    ");
	progress->next_ns = now + INTERVAL_NS;
}

void progress_finish(struct progress *progress)
{
	if (progress->wanted)
		show(progress, ipcbuf_now_ns(),
		     progress->terminal ? "    \n" : "\n");
	progress->wanted = false;
}
