// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The command line. See options.h. */
#include "options.h"

#include "../common/backends.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define USAGE_EXIT 2

static const char usage[] =
"Usage: ipcbuf-soak [options]\n"
"Processes exchange records in a small region, and are killed, stopped and\n"
"replaced while they do. In the end no record may be lost, doubled, out of\n"
"order or spoilt, but what a dead process had begun to send or receive, no\n"
"memory leaked, and nobody may have hung.\n"
"\n"
"  -t, --seconds N    how long (60)\n"
"  -s, --seed N       other choices; the time of day where it isn't given\n"
"  -r, --region NAME  posix, sysv, memfd or kmod\n"
"  -w, --wait NAME    futex, posix-sem, sysv-sem or kmod\n"
"  -p, --processes N  how many at once, 2 to 64 (8)\n"
"  -m, --size MIB     size of the region, 8 to 65536 (32)\n"
"  -k, --kills N      how many a second, 0 to 1000 (20)\n"
"  -n, --name NAME    the region's, for a look at it meanwhile (soak.PID)\n"
"      --patience N   who hasn't got on for so many seconds hangs (30)\n"
"  -q, --quiet        show no progress\n"
"  -h, --help         print this and exit\n"
"  -V, --version      print the library's version and exit\n"
"\n"
"An interrupt ends the time; what has happened until then is checked. Exit\n"
"status: 0 all is well, 1 it isn't, 2 wrong usage or no such region here.\n";

enum long_only {
	OPTION_PATIENCE = 256,
};

static const struct option options_long[] = {
	{ "seconds", required_argument, NULL, 't' },
	{ "seed", required_argument, NULL, 's' },
	{ "region", required_argument, NULL, 'r' },
	{ "wait", required_argument, NULL, 'w' },
	{ "processes", required_argument, NULL, 'p' },
	{ "size", required_argument, NULL, 'm' },
	{ "kills", required_argument, NULL, 'k' },
	{ "name", required_argument, NULL, 'n' },
	{ "patience", required_argument, NULL, OPTION_PATIENCE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static uint64_t number(const char *option, uint64_t min, uint64_t max)
{
	char *end;
	unsigned long long value = strtoull(optarg, &end, 0);

	if (end == optarg || *end || *optarg == '-' || value < min ||
	    value > max)
		errx(USAGE_EXIT, "--%s: \"%s\" is not between %llu and %llu",
		     option, optarg, (unsigned long long)min,
		     (unsigned long long)max);
	return value;
}

static void set_option(struct soak_options *options, int option)
{
	switch (option) {
	case 't':
		options->seconds = (unsigned int)number("seconds", 1, 1000000);
		break;
	case 's':
		options->seed = number("seed", 0, UINT64_MAX);
		break;
	case 'r':
		options->backend = tool_option_backend("--region", optarg,
						       USAGE_EXIT);
		break;
	case 'w':
		options->wait = tool_option_wait("--wait", optarg, USAGE_EXIT);
		break;
	case 'p':
		options->processes = (unsigned int)number("processes", 2,
							  WORKERS_MAX);
		break;
	case 'm':
		options->size_bytes = number("size", 8, 65536) << 20;
		break;
	case 'k':
		options->kills = (unsigned int)number("kills", 0, 1000);
		break;
	case 'n':
		options->name = optarg;
		break;
	case OPTION_PATIENCE:
		options->patience = (unsigned int)number("patience", 5, 100000);
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	case 'V':
		printf("ipcbuf-soak %s\n", ipcbuf_version());
		exit(0);
	default:
		fputs("Try 'ipcbuf-soak --help'.\n", stderr);
		exit(USAGE_EXIT);
	}
}

void options_parse(int argc, char **argv, struct soak_options *ret_options)
{
	struct soak_options options = {
		.size_bytes = UINT64_C(32) << 20,
		.seed = (uint64_t)time(NULL),
		.seconds = 60,
		.processes = 8,
		.patience = 30,
		.kills = 20,
		.quiet = !isatty(STDERR_FILENO),
	};
	int option;

	for (;;) {
		option = getopt_long(argc, argv, "t:s:r:w:p:m:k:n:qhV",
				     options_long, NULL);
		if (option < 0)
			break;
		set_option(&options, option);
	}
	if (optind < argc)
		errx(USAGE_EXIT, "there is nothing to do with \"%s\"; try --help",
		     argv[optind]);
	tool_check_environment(options.backend, options.wait, USAGE_EXIT);
	*ret_options = options;
}
