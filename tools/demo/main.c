// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * ipcbuf-demo: every file of a directory tree goes from one process to another,
 * through ipcbuf, a pipe and a Unix socket, and digests on both sides tell
 * whether it got there.
 */
#include "interrupt.h"
#include "options.h"
#include "pass.h"
#include "report.h"
#include "warm.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct transport_ops *const transports[PASSES_MAX] = {
	&transport_shm,
	&transport_pipe,
	&transport_socket,
};

static int run_passes(struct results *results, struct progress *progress)
{
	unsigned int count = results->options->compare ? PASSES_MAX : 1;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++) {
		ret = pass_run(results->options, transports[i], progress,
			       results->warmup.bytes, &results->passes[i]);
		if (!ret)
			results->count++;
	}
	return ret;
}

static int run(struct results *results)
{
	const struct demo_options *options = results->options;
	struct progress progress;
	int ret;

	progress_init(&progress, options->quiet);
	ret = warm_up(options, &progress, &results->warmup);
	if (ret && ret != -EINTR)
		warnx("%s: %s", options->directory, strerror(-ret));
	if (!ret)
		ret = run_passes(results, &progress);
	return ret;
}

static int report(const struct results *results)
{
	unsigned int i;
	int status = 0;

	if (results->options->json)
		report_json(results);
	else
		report_table(results);
	if (fflush(stdout) || ferror(stdout)) {
		warn("standard output");
		return 1;
	}
	for (i = 0; i < results->count; i++)
		if (!pass_matches(&results->passes[i]))
			status = 1;
	return status;
}

int main(int argc, char **argv)
{
	struct demo_options options;
	struct results results = { .options = &options };
	int ret;

	options_parse(argc, argv, &options);
	interrupt_install();
	ret = run(&results);
	if (interrupt_signal()) {
		warnx("interrupted; nothing is left behind");
		return 128 + interrupt_signal();
	}
	return ret ? 1 : report(&results);
}
