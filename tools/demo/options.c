// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The command line. See options.h. */
#include "options.h"

#include "units.h"

#include "../common/backends.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <ipcbuf/ipcbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE_EXIT 2

/* Of a region that can hold a record of 1 MiB and all that is around it. */
#define SIZE_MIN_BYTES (UINT64_C(4) << 20)

static const char usage[] =
"Usage: ipcbuf-demo [options] [DIRECTORY]\n"
"Send every file of a directory tree (/usr/share) to another process through\n"
"shared memory, and compare with a pipe and a Unix socket.\n"
"\n"
"  -s, --size BYTES     size of the region (256M)\n"
"  -d, --depth RECORDS  how many records a channel holds (32)\n"
"  -r, --region NAME    posix, sysv, memfd or kmod\n"
"  -w, --wait NAME      futex, posix-sem, sysv-sem or kmod\n"
"  -l, --limit BYTES    end after so much input\n"
"      --no-compare     leave out the pipe and the socket\n"
"  -j, --json           print the results as JSON\n"
"  -q, --quiet          show no progress\n"
"  -h, --help           print this and exit\n"
"  -V, --version        print the library's version and exit\n"
"\n"
"BYTES may end in K, M, G or T. Exit status: 0 all digests agree, 1 they\n"
"don't or something failed, 2 wrong usage, 128 + signal after an interrupt.\n";

enum long_only {
	OPTION_NO_COMPARE = 256,
};

static const struct option options_long[] = {
	{ "size", required_argument, NULL, 's' },
	{ "depth", required_argument, NULL, 'd' },
	{ "region", required_argument, NULL, 'r' },
	{ "wait", required_argument, NULL, 'w' },
	{ "limit", required_argument, NULL, 'l' },
	{ "no-compare", no_argument, NULL, OPTION_NO_COMPARE },
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static uint64_t parse_size(const char *what, const char *text, uint64_t min,
			   uint64_t max)
{
	uint64_t bytes;

	if (parse_bytes(text, &bytes))
		errx(USAGE_EXIT, "--%s: \"%s\" is not a size; try --help", what,
		     text);
	if (bytes < min || bytes > max)
		errx(USAGE_EXIT, "--%s: %s is not between %llu and %llu", what,
		     text, (unsigned long long)min, (unsigned long long)max);
	return bytes;
}

static void set_option(struct demo_options *options, int option)
{
	switch (option) {
	case 's':
		options->size_bytes = parse_size("size", optarg,
						 SIZE_MIN_BYTES,
						 IPCBUF_REGION_MAX_BYTES);
		break;
	case 'd':
		options->depth_slots = (uint32_t)
			parse_size("depth", optarg, 1, IPCBUF_CHANNEL_MAX_SLOTS);
		break;
	case 'r':
		options->backend = tool_option_backend("--region", optarg,
						       USAGE_EXIT);
		break;
	case 'w':
		options->wait = tool_option_wait("--wait", optarg, USAGE_EXIT);
		break;
	case 'l':
		options->limit_bytes = parse_size("limit", optarg, 1,
						  UINT64_MAX);
		break;
	case OPTION_NO_COMPARE:
		options->compare = false;
		break;
	case 'j':
		options->json = true;
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	case 'V':
		printf("ipcbuf-demo %s\n", ipcbuf_version());
		exit(0);
	default:
		fputs("Try 'ipcbuf-demo --help'.\n", stderr);
		exit(USAGE_EXIT);
	}
}

void options_parse(int argc, char **argv, struct demo_options *ret_options)
{
	struct demo_options options = {
		.directory = "/usr/share",
		.size_bytes = UINT64_C(256) << 20,
		.limit_bytes = UINT64_MAX,
		.depth_slots = 32,
		.compare = true,
	};
	int option;

	for (;;) {
		option = getopt_long(argc, argv, "s:d:r:w:l:jqhV", options_long,
				     NULL);
		if (option < 0)
			break;
		set_option(&options, option);
	}
	if (argc - optind > 1)
		errx(USAGE_EXIT, "more than one directory; try --help");
	if (argc > optind)
		options.directory = argv[optind];
	tool_check_environment(options.backend, options.wait, USAGE_EXIT);
	*ret_options = options;
}
