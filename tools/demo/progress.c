// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The progress bar. See progress.h. */
#include "progress.h"

#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_NS UINT64_C(100000000)

/* The clock is looked at once in this many updates. */
#define CALLS 16u

#define WIDTH_DEFAULT 80u
#define WIDTH_OF_TEXT 48u
#define BAR_MAX 64u

static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

static unsigned int bar_cells(void)
{
	struct winsize size = { 0 };
	unsigned int width = WIDTH_DEFAULT;

	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	if (width <= WIDTH_OF_TEXT)
		return 0;
	width -= WIDTH_OF_TEXT;
	return width < BAR_MAX ? width : BAR_MAX;
}

void progress_init(struct progress *progress, bool quiet)
{
	memset(progress, 0, sizeof(*progress));
	progress->quiet = quiet;
	progress->bar = !quiet && is_terminal();
}

void progress_begin(struct progress *progress, const char *what,
		    uint64_t total_bytes)
{
	progress->what = what;
	progress->total_bytes = total_bytes;
	progress->begin_ns = now_ns();
	progress->next_ns = progress->begin_ns;
	progress->calls = 0;
	if (!progress->quiet && !progress->bar)
		fprintf(stderr, "%s: begins\n", what);
}

static void print_bar(const struct progress *progress, uint64_t bytes)
{
	char bar[BAR_MAX + 1];
	unsigned int cells = bar_cells();
	uint64_t done = bytes < progress->total_bytes ? bytes
						      : progress->total_bytes;
	double part = (double)done / (double)progress->total_bytes;
	unsigned int full = (unsigned int)(part * cells);

	memset(bar, '.', cells);
	memset(bar, '#', full);
	bar[cells] = '\0';
	fprintf(stderr, "[%s] %3.0f%% ", bar, part * 100);
}

/* Clears to the end of the line: what was there may have been longer. */
static void draw(const struct progress *progress, const struct totals *totals,
		 uint64_t now)
{
	double seconds = (double)(now - progress->begin_ns) / 1e9;
	char text[UNITS_MAX];

	fprintf(stderr, "\r%-8s", progress->what);
	if (progress->total_bytes)
		print_bar(progress, totals->bytes);
	fprintf(stderr, "%s %.2f GB/s\033[K",
		format_bytes(text, totals->bytes),
		gigabytes_per_second(totals->bytes, seconds));
}

void progress_update(struct progress *progress, const struct totals *totals)
{
	uint64_t now;

	if (!progress->bar || progress->calls++ % CALLS)
		return;
	now = now_ns();
	if (now < progress->next_ns)
		return;
	progress->next_ns = now + REDRAW_NS;
	draw(progress, totals, now);
}

void progress_end(struct progress *progress, const struct totals *totals)
{
	char text[UNITS_MAX];
	double seconds = (double)(now_ns() - progress->begin_ns) / 1e9;

	if (progress->bar)
		fprintf(stderr, "\r\033[K");
	if (progress->quiet)
		return;
	if (!totals)
		fprintf(stderr, "%s: not finished\n", progress->what);
	else
		fprintf(stderr, "%s: %llu files, %s, %.2f s\n", progress->what,
			(unsigned long long)totals->files,
			format_bytes(text, totals->bytes), seconds);
}
