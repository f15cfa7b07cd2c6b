// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * One line that is written over, or one for each repetition where it isn't
 * a terminal. See progress.h.
 */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

/* Each cell is taken to last as long as those did that are done. */
static unsigned long left_seconds(unsigned long done, unsigned long all)
{
	static uint64_t begin_ns;
	uint64_t now_ns = ipcbuf_now_ns();

	if (!done) {
		begin_ns = now_ns;
		return 0;
	}
	return (unsigned long)((double)(now_ns - begin_ns) / 1e9 *
			       (double)(all - done) / (double)done + 0.5);
}

static void show_line(const struct results *results, unsigned int rep,
		      unsigned int i)
{
	unsigned long all = (unsigned long)results->count *
			    results->options->reps;
	unsigned long done = (unsigned long)results->count * rep + i;
	unsigned long left = left_seconds(done, all);

	fprintf(stderr, "\r\033[K%u/%u %3lu %% ", rep + 1,
		results->options->reps, 100 * done / all);
	if (done)
		fprintf(stderr, "%lu:%02lu left ", left / 60, left % 60);
	fprintf(stderr, "%s", results->results[i].cell->name);
}

void progress_show(const struct results *results, unsigned int rep,
		   unsigned int i)
{
	if (results->options->quiet)
		return;
	if (isatty(STDERR_FILENO))
		show_line(results, rep, i);
	else if (!i)
		fprintf(stderr, "repetition %u of %u, %u cells\n", rep + 1,
			results->options->reps, results->count);
}

void progress_clear(const struct results *results)
{
	if (!results->options->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}
