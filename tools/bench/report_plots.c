// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Plots of the results. For each there is NAME.dat, with a block of points for
 * each peer, and NAME.gp, from which gnuplot makes NAME.svg and NAME.png. See
 * report.h.
 */
#include "latency.h"
#include "report.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_MAX_BYTES 512

/* So many that no two peers look the same; ipcbuf's is another one. */
#define COLOURS \
	"#000000 #1f77b4 #2ca02c #9467bd #ff7f0e #17becf #8c564b #bcbd22 " \
	"#e377c2 #7f7f7f #00429d #006400 #ffb000 #5e4fa2 #93c4d2 #a65628"

/**
 * struct plot - what is drawn of a family.
 * @settings: in gnuplot's words, and so is @style
 * @points:   writes the points of one cell
 */
struct plot {
	const char *name;
	const char *family;
	const char *title;
	const char *settings;
	const char *style;
	void (*points)(const struct result *result, FILE *out);
};

static double median_of(const struct result *result)
{
	struct summary summary;

	result_summarise(result, &summary);
	return summary.median;
}

static void time_by_size(const struct result *result, FILE *out)
{
	fprintf(out, "%llu %.6g\n",
		(unsigned long long)result->cell->record_bytes,
		median_of(result) / 1000);
}

static void rate_by_size(const struct result *result, FILE *out)
{
	double bytes = (double)result->cell->record_bytes;

	fprintf(out, "%.0f %.6g\n", bytes, bytes / median_of(result));
}

/* How many of all took longer than that. */
static void distribution(const struct result *result, FILE *out)
{
	struct latency latency;
	unsigned int k;

	result_latency(result, &latency);
	/* No further than the samples of a repetition reach. */
	for (k = 0; k < QUANTILES &&
	     (1 - latency_probability(k)) * (double)latency.count >=
	     result->count; k++)
		fprintf(out, "%.6g %.6g\n", latency.quantiles[k] / 1000,
			1 - latency_probability(k));
}

#define BY_SIZE \
	"set logscale x 2\nset logscale y 10\nset format x '%.0b%B'\n" \
	"set xlabel 'size of the record, bytes'\nset key outside right\n"

static const struct plot plots[] = {
	{ "life", "life",
	  "life of a record: allocate, send, receive, free; untouched",
	  BY_SIZE "set ylabel 'µs'\n", "linespoints", time_by_size },
	{ "throughput", "life-touched",
	  "throughput, every byte written and read",
	  BY_SIZE "set ylabel 'GB/s'\n", "linespoints", rate_by_size },
	{ "latency", "rtt-size",
	  "round trip, every byte written and read each way",
	  BY_SIZE "set ylabel 'µs'\n", "linespoints", time_by_size },
	{ "distribution", "rtt",
	  "round trip of a record of 64 B: how many take longer",
	  "set logscale xy 10\nset format y '%g'\nset xlabel 'µs'\n"
	  "set ylabel 'proportion'\nset key outside right\n", "lines",
	  distribution },
};

static bool belongs(const struct result *result, const struct plot *plot)
{
	return result_exists(result) &&
	       !strcmp(result->cell->family->name, plot->family);
}

/* Is it the first of its row? */
static bool first_of_row(const struct results *results, unsigned int i,
			 const struct plot *plot)
{
	const struct result *at = results->results;
	unsigned int j;

	for (j = 0; j < i; j++)
		if (belongs(&at[j], plot) &&
		    !strcmp(at[j].cell->row, at[i].cell->row))
			return false;
	return true;
}

static void write_block(const struct results *results, const struct plot *plot,
			const char *row, FILE *out)
{
	unsigned int i;

	for (i = 0; i < results->count; i++)
		if (belongs(&results->results[i], plot) &&
		    !strcmp(results->results[i].cell->row, row))
			plot->points(&results->results[i], out);
	fputs("\n\n", out);
}

/* The script learns their names. Returns the number of blocks. */
static unsigned int write_data(const struct results *results,
			       const struct plot *plot, FILE *out,
			       FILE *script)
{
	const struct result *result;
	unsigned int count = 0, i;

	for (i = 0; i < results->count; i++) {
		result = &results->results[i];
		/* ipcbuf's second way would lie over its first. */
		if (!belongs(result, plot) ||
		    !strcmp(result->cell->row, "ipcbuf-by-table") ||
		    !first_of_row(results, i, plot))
			continue;
		write_block(results, plot, result->cell->row, out);
		fprintf(script, "%s%s", count ? " " : "names = \"",
			result->cell->row);
		count++;
	}
	fputs("\"\n", script);
	return count;
}

static void write_script(const struct results *results,
			 const struct plot *plot, unsigned int blocks,
			 FILE *out)
{
	static const char *const terminals[][2] = {
		{ "svg size 900,540 background rgb 'white' font 'sans,14'",
		  "svg" },
		{ "png size 900,540", "png" },
	};
	unsigned int i;

	fprintf(out, "set encoding utf8\nset grid\nset title \"%s\\n%s\"\n%s",
		plot->title, results->machine.cpu, plot->settings);
	fputs("colour(name, i) = name eq 'ipcbuf' ? '#d00000' : \\\n"
	      "  word('" COLOURS "', 1 + i % 16)\n", out);
	for (i = 0; i < 2; i++)
		fprintf(out, "set terminal %s\nset output '%s.%s'\n"
			"plot for [i=0:%u] '%s.dat' index i using 1:2 with %s "
			"lc rgb colour(word(names, i+1), i) "
			"lw (word(names, i+1) eq 'ipcbuf' ? 4 : 2) "
			"title word(names, i+1)\n",
			terminals[i][0], plot->name, terminals[i][1],
			blocks - 1, plot->name, plot->style);
}

static FILE *open_in(const char *folder, const char *name, const char *suffix)
{
	char path[PATH_MAX_BYTES];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s.%s", folder, name, suffix);
	out = fopen(path, "we");
	if (!out)
		warn("%s", path);
	return out;
}

static int close_written(FILE *out, const char *name)
{
	bool bad = ferror(out);

	if (!fclose(out) && !bad)
		return 0;
	warn("%s", name);
	return 1;
}

static _Noreturn void become_gnuplot(const char *folder, const char *script)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir(folder))
		err(1, "%s", folder);
	execlp("gnuplot", "gnuplot", script, (char *)NULL);
	if (errno == ENOENT)
		errx(1, "gnuplot isn't there (Debian's package gnuplot-nox): %s/%s isn't drawn",
		     folder, script);
	err(1, "gnuplot");
}

static int draw(const char *folder, const char *name)
{
	char script[64];
	int status = 1;
	pid_t pid;

	snprintf(script, sizeof(script), "%s.gp", name);
	fflush(NULL);
	pid = fork();
	if (!pid)
		become_gnuplot(folder, script);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		warn("gnuplot");
	return status != 0;
}

static int make_plot(const struct results *results, const struct plot *plot,
		     const char *folder)
{
	FILE *data = open_in(folder, plot->name, "dat");
	FILE *script = data ? open_in(folder, plot->name, "gp") : NULL;
	unsigned int blocks = script ? write_data(results, plot, data, script)
				     : 0;
	int status = !script;

	if (script && blocks)
		write_script(results, plot, blocks, script);
	if (data)
		status |= close_written(data, plot->name);
	if (script)
		status |= close_written(script, plot->name);
	return status || !blocks ? status : draw(folder, plot->name);
}

static bool is_measured(const struct results *results, const struct plot *plot)
{
	unsigned int i;

	for (i = 0; i < results->count; i++)
		if (belongs(&results->results[i], plot))
			return true;
	return false;
}

int report_plots(const struct results *results, const char *folder)
{
	int status = 0;
	unsigned int i;

	if (mkdir(folder, 0777) && errno != EEXIST) {
		warn("%s", folder);
		return 1;
	}
	for (i = 0; i < sizeof(plots) / sizeof(plots[0]); i++)
		if (is_measured(results, &plots[i]))
			status |= make_plot(results, &plots[i], folder);
	return status;
}
