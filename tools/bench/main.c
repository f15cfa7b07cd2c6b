// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * ipcbuf-bench: runs the scenarios, one after the other and that as often as
 * is asked for, and reports medians.
 */
#include "options.h"
#include "pair.h"
#include "results.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void list(void)
{
	unsigned int i;

	for (i = 0; i < scenario_count; i++)
		printf("%-24s %s\n", scenarios[i].name, scenarios[i].what);
}

static void select_scenarios(struct results *results)
{
	unsigned int i;

	results->results = calloc(scenario_count, sizeof(struct result));
	if (!results->results)
		err(1, "calloc");
	for (i = 0; i < scenario_count; i++)
		if (options_match(results->options, scenarios[i].name))
			results->results[results->count++].scenario =
				&scenarios[i];
	if (!results->count)
		errx(2, "no scenario has such a name; try --list");
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

static void warn_about(const struct results *results)
{
	const int *cpus = results->options->cpus;

	if (cpus[ROLE_A] == cpus[ROLE_B])
		warnx("both processes share one processor: what is measured between them is scheduling, not ipcbuf");
	else if (machine_same_core(cpus[ROLE_A], cpus[ROLE_B]))
		warnx("both processors are threads of one core: figures don't hold for two cores");
	if (results->machine.load >= 1)
		warnx("the machine is busy, its load was %.1f: figures will be worse than they need be",
		      results->machine.load);
}

static void show_progress(const struct results *results, unsigned int rep,
			  unsigned int i)
{
	if (results->options->quiet)
		return;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%u/%u %s", rep + 1,
			results->options->reps,
			results->results[i].scenario->name);
	else if (!i)
		fprintf(stderr, "repetition %u of %u\n", rep + 1,
			results->options->reps);
}

static void clear_progress(const struct results *results)
{
	if (!results->options->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

static void run_once(const struct results *results, struct result *result)
{
	double value;

	if (result->error)
		return;
	result->error = pair_run(result->scenario, results->options, &value);
	if (!result->error)
		result->values[result->count++] = value;
}

static void run_all(struct results *results)
{
	unsigned int rep;
	unsigned int i;

	for (rep = 0; rep < results->options->reps; rep++)
		for (i = 0; i < results->count; i++) {
			if (pair_interrupted())
				return;
			show_progress(results, rep, i);
			run_once(results, &results->results[i]);
		}
}

/* Returns the exit status. */
static int tell_failures(const struct results *results)
{
	const struct result *result;
	unsigned int i;
	int status = 0;

	for (i = 0; i < results->count; i++) {
		result = &results->results[i];
		if (!result->error || result->error == -ENOPKG)
			continue;
		warnx("%s: %s", result->scenario->name,
		      ipcbuf_strerror(result->error));
		status = 1;
	}
	return status;
}

static int report(const struct results *results)
{
	if (results->options->json)
		report_json(results);
	else if (results->options->markdown)
		report_markdown(results);
	else
		report_table(results);
	if (!fflush(stdout) && !ferror(stdout))
		return tell_failures(results);
	warn("standard output");
	return 1;
}

/* Returns the exit status. */
static int measure(struct results *results)
{
	run_all(results);
	clear_progress(results);
	if (!pair_interrupted())
		return report(results);
	warnx("interrupted; nothing is left behind");
	return 128 + pair_interrupted();
}

int main(int argc, char **argv)
{
	struct bench_options options;
	struct results results = { .options = &options };
	int status;

	options_parse(argc, argv, &options);
	if (options.list) {
		list();
		return 0;
	}
	if (machine_choose_cpus(&options))
		errx(2, "--cpus: these processors can't be used");
	select_scenarios(&results);
	pair_init();
	name_backends(&results);
	machine_describe(&options, &results.machine);
	warn_about(&results);
	status = measure(&results);
	free(results.results);
	return status;
}
