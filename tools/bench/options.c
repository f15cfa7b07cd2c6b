// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The command line. See options.h. */
#include "options.h"

#include "../common/backends.h"

#include <err.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE_EXIT 2
#define NS_PER_MS UINT64_C(1000000)
#define MS_MAX 10000u

static const char usage[] =
"Usage: ipcbuf-bench [options]\n"
"Measure ipcbuf and its peers between two processes, each pinned to a core.\n"
"\n"
"  -n, --reps N           repetitions, of which the median counts (5)\n"
"  -o, --only PATTERN     only cells of such names, as 'life/*'; repeatable\n"
"  -L, --list             list the cells and exit\n"
"  -t, --time MS          how long a timed burst takes (60)\n"
"      --quick            a tenth of the work: to see that it runs\n"
"  -p, --peers FOLDER     where the peers are\n"
"  -c, --cpus A,B         pin to these processors\n"
"  -r, --region NAME      posix, sysv, memfd or kmod\n"
"  -w, --wait NAME        futex, posix-sem, sysv-sem or kmod\n"
"  -j, --json[=FILE]      write the results as JSON\n"
"  -m, --markdown[=FILE]  write the results as Markdown\n"
"      --plot FOLDER      draw them there, with gnuplot\n"
"  -q, --quiet            show no progress\n"
"  -h, --help             print this and exit\n"
"  -V, --version          print the library's version and exit\n"
"\n"
"Exit status: 0 everything was measured, 1 something failed, 2 wrong usage,\n"
"128 + signal after an interrupt.\n";

enum long_only {
	OPTION_QUICK = 256,
	OPTION_PLOT,
};

static const struct option options_long[] = {
	{ "reps", required_argument, NULL, 'n' },
	{ "only", required_argument, NULL, 'o' },
	{ "list", no_argument, NULL, 'L' },
	{ "cpus", required_argument, NULL, 'c' },
	{ "region", required_argument, NULL, 'r' },
	{ "wait", required_argument, NULL, 'w' },
	{ "time", required_argument, NULL, 't' },
	{ "peers", required_argument, NULL, 'p' },
	{ "json", optional_argument, NULL, 'j' },
	{ "markdown", optional_argument, NULL, 'm' },
	{ "plot", required_argument, NULL, OPTION_PLOT },
	{ "quick", no_argument, NULL, OPTION_QUICK },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static unsigned int parse_reps(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value < 1 || value > REPS_MAX)
		errx(USAGE_EXIT, "--reps: \"%s\" is not between 1 and %u", text,
		     REPS_MAX);
	return (unsigned int)value;
}

static uint64_t parse_time(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value < 1 || value > MS_MAX)
		errx(USAGE_EXIT, "--time: \"%s\" is not between 1 and %u", text,
		     MS_MAX);
	return value * NS_PER_MS;
}

static void parse_cpus(const char *text, int cpus[ROLES])
{
	char rest;

	if (sscanf(text, "%d,%d%c", &cpus[ROLE_A], &cpus[ROLE_B], &rest) != 2 ||
	    cpus[ROLE_A] < 0 || cpus[ROLE_B] < 0)
		errx(USAGE_EXIT, "--cpus: \"%s\" is not two numbers, as 0,1",
		     text);
}

static void add_pattern(struct bench_options *options, const char *text)
{
	if (options->pattern_count == PATTERNS_MAX)
		errx(USAGE_EXIT, "--only: more than %u patterns", PATTERNS_MAX);
	options->patterns[options->pattern_count++] = text;
}

static void set_option(struct bench_options *options, int option)
{
	switch (option) {
	case 'n':
		options->reps = parse_reps(optarg);
		break;
	case 'o':
		add_pattern(options, optarg);
		break;
	case 'L':
		options->list = true;
		break;
	case 'c':
		parse_cpus(optarg, options->cpus);
		break;
	case 'r':
		options->backend = tool_option_backend("--region", optarg,
						       USAGE_EXIT);
		break;
	case 'w':
		options->wait = tool_option_wait("--wait", optarg, USAGE_EXIT);
		break;
	case 't':
		options->burst_ns = parse_time(optarg);
		break;
	case 'p':
		options->peers = optarg;
		break;
	case 'j':
		options->json = optarg ? optarg : "-";
		break;
	case 'm':
		options->markdown = optarg ? optarg : "-";
		break;
	case OPTION_PLOT:
		options->plot = optarg;
		break;
	case OPTION_QUICK:
		options->quick = true;
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	case 'V':
		printf("ipcbuf-bench %s\n", ipcbuf_version());
		exit(0);
	default:
		fputs("Try 'ipcbuf-bench --help'.\n", stderr);
		exit(USAGE_EXIT);
	}
}

static bool to_stdout(const char *file)
{
	return file && !strcmp(file, "-");
}

bool options_table(const struct bench_options *options)
{
	return !to_stdout(options->json) && !to_stdout(options->markdown);
}

void options_parse(int argc, char **argv, struct bench_options *ret_options)
{
	struct bench_options options = {
		.reps = 5,
		.cpus = { -1, -1 },
		.burst_ns = 60 * NS_PER_MS,
	};
	int option;

	for (;;) {
		option = getopt_long(argc, argv, "n:o:Lt:p:c:r:w:j::m::qhV",
				     options_long, NULL);
		if (option < 0)
			break;
		set_option(&options, option);
	}
	if (optind < argc)
		errx(USAGE_EXIT, "there is nothing to do with \"%s\"; try --help",
		     argv[optind]);
	if (to_stdout(options.json) && to_stdout(options.markdown))
		errx(USAGE_EXIT, "--json and --markdown: only one without a file");
	if (options.quick)
		options.burst_ns = (options.burst_ns + 9) / 10;
	tool_check_environment(options.backend, options.wait, USAGE_EXIT);
	*ret_options = options;
}

bool options_match(const struct bench_options *options, const char *name)
{
	unsigned int i;

	for (i = 0; i < options->pattern_count; i++)
		if (!fnmatch(options->patterns[i], name, 0))
			return true;
	return !options->pattern_count;
}
