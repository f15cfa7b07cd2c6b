// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * ipcbuf-bench: runs the cells, one after the other and that as often as is
 * asked for, and reports medians.
 */
#include "latency.h"
#include "options.h"
#include "pair.h"
#include "progress.h"
#include "report.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void list(const struct cells *cells, const struct peers *peers)
{
	unsigned int i;

	for (i = 0; i < cells->count; i++)
		printf("%-32s %s\n", cells->cells[i].name,
		       cells->cells[i].family->what);
	for (i = 0; i < peers->count; i++)
		if (peers->peers[i].absent[0])
			printf("absent: %s: %s\n", peers->peers[i].name,
			       peers->peers[i].absent);
}

static void make_results(const struct cells *cells, struct results *results)
{
	unsigned int i;

	results->count = cells->count;
	results->results = calloc(cells->count, sizeof(struct result));
	if (!results->results)
		err(1, "calloc");
	for (i = 0; i < cells->count; i++) {
		results->results[i].cell = &cells->cells[i];
		results->results[i].outcomes =
			calloc(results->options->reps, sizeof(struct outcome));
		if (!results->results[i].outcomes)
			err(1, "calloc");
	}
}

static void free_results(struct results *results)
{
	unsigned int i;

	for (i = 0; i < results->count; i++)
		free(results->results[i].outcomes);
	free(results->results);
}

/* What the defaults come to is for a region to say. */
static void name_backends(struct results *results)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	struct ipcbuf_region *region;
	char name[IPCBUF_NAME_MAX + 1];
	int ret;

	options.size_bytes = IPCBUF_REGION_MIN_BYTES;
	options.backend = results->options->backend;
	options.wait = results->options->wait;
	snprintf(name, sizeof(name), "ipcbuf-bench-%ld", (long)getpid());
	ret = ipcbuf_region_create(name, &options, &region);
	if (ret)
		errx(1, "a region can't be created: %s", ipcbuf_strerror(ret));
	ret = ipcbuf_region_get_info(region, &info);
	ipcbuf_region_unlink(name);
	ipcbuf_region_close(region);
	if (ret)
		errx(1, "the region tells nothing: %s", ipcbuf_strerror(ret));
	results->backend = info.backend_name;
	results->wait = info.wait_name;
}

static void run_once(const struct results *results, struct result *result)
{
	if (result->error)
		return;
	result->error = pair_run(result->cell, results->options,
				 &result->outcomes[result->count]);
	if (!result->error)
		result->count++;
}

static void run_all(struct results *results)
{
	unsigned int rep;
	unsigned int i;

	for (rep = 0; rep < results->options->reps; rep++)
		for (i = 0; i < results->count; i++) {
			if (pair_interrupted())
				return;
			progress_show(results, rep, i);
			run_once(results, &results->results[i]);
		}
}

/* With an eye on what the machine does meanwhile. */
static void run_watched(struct results *results)
{
	struct machine_ticks before, after;
	uint64_t begin_ns = ipcbuf_now_ns();

	machine_read_ticks(results->options->cpus, &before);
	run_all(results);
	progress_clear(results);
	machine_read_ticks(results->options->cpus, &after);
	results->seconds = (double)(ipcbuf_now_ns() - begin_ns) / 1e9;
	if (after.all > before.all)
		results->steal = (double)(after.stolen - before.stolen) /
				 (double)(after.all - before.all);
}

/* Returns the exit status. */
static int tell_failures(const struct results *results)
{
	const struct result *result;
	unsigned int i;
	int status = 0;

	for (i = 0; i < results->count; i++) {
		result = &results->results[i];
		if (!result->error || result->error == -ENOPKG ||
		    result->error == -EOPNOTSUPP)
			continue;
		warnx("%s: %s", result->cell->name,
		      ipcbuf_strerror(result->error));
		status = 1;
	}
	return status;
}

static int finish(FILE *out, const char *file)
{
	bool bad = fflush(out) || ferror(out);

	if (out != stdout)
		bad |= fclose(out) != 0;
	if (bad)
		warn("%s", file);
	return bad;
}

static int write_file(const struct results *results, const char *file,
		      void (*write)(const struct results *results, FILE *out))
{
	FILE *out = stdout;

	if (!file)
		return 0;
	if (strcmp(file, "-") != 0)
		out = fopen(file, "we");
	if (!out) {
		warn("%s", file);
		return 1;
	}
	write(results, out);
	return finish(out, file);
}

static void write_table(const struct results *results, FILE *out)
{
	report_write(results, false, out);
}

static void write_markdown(const struct results *results, FILE *out)
{
	report_write(results, true, out);
}

static void warn_of(const char *doubt, void *argument)
{
	(void)argument;
	warnx("%s", doubt);
}

static int report(const struct results *results)
{
	const struct bench_options *options = results->options;
	int status = 0;

	if (options_table(options))
		status |= write_file(results, "-", write_table);
	else
		report_doubts(results, warn_of, NULL);
	status |= write_file(results, options->json, report_json);
	status |= write_file(results, options->markdown, write_markdown);
	if (options->plot)
		status |= report_plots(results, options->plot);
	return status | tell_failures(results);
}

/* Returns the exit status. */
static int measure(struct results *results)
{
	pair_init();
	name_backends(results);
	machine_describe(results->options, &results->machine);
	results->clock_ns = latency_clock_cost();
	run_watched(results);
	if (!pair_interrupted())
		return report(results);
	warnx("interrupted; nothing is left behind");
	return 128 + pair_interrupted();
}

static int measure_cells(const struct bench_options *options,
			 const struct peers *peers, const struct cells *cells)
{
	struct results results = { .options = options, .peers = peers };
	int status;

	make_results(cells, &results);
	status = measure(&results);
	free_results(&results);
	return status;
}

static int can_write_file(const char *file)
{
	struct stat is;
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd >= 0) {
		close(fd);
		return !unlink(file);
	}
	if (errno != EEXIST || stat(file, &is))
		return 0;
	if (!S_ISDIR(is.st_mode))
		return !access(file, W_OK);
	errno = EISDIR;
	return 0;
}

static int can_write_folder(const char *folder)
{
	struct stat is;

	if (!mkdir(folder, 0777))
		return !rmdir(folder);
	if (errno != EEXIST || stat(folder, &is))
		return 0;
	if (S_ISDIR(is.st_mode))
		return !access(folder, W_OK | X_OK);
	errno = ENOTDIR;
	return 0;
}

/* Before minutes are spent on what couldn't be written down. Leaves nothing there. */
static void need_outputs(const struct bench_options *options)
{
	const char *files[] = { options->json, options->markdown };
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (files[i] && strcmp(files[i], "-") != 0 &&
		    !can_write_file(files[i]))
			err(2, "%s", files[i]);
	if (options->plot && !can_write_folder(options->plot))
		err(2, "%s", options->plot);
}

int main(int argc, char **argv)
{
	static struct peers peers;
	struct bench_options options;
	struct cells cells;
	int status = 0;
	int ret;

	options_parse(argc, argv, &options);
	need_outputs(&options);
	ret = peers_find(options.peers, &peers);
	if (ret)
		errx(2, "--peers: %s", strerror(-ret));
	if (cells_make(&options, &peers, &cells))
		errx(1, "out of memory");
	if (!cells.count)
		errx(2, "nothing has such a name; try --list");
	if (options.list)
		list(&cells, &peers);
	else if (machine_choose_cpus(&options))
		errx(2, "--cpus: these processors can't be used");
	else
		status = measure_cells(&options, &peers, &cells);
	cells_free(&cells);
	return status;
}
