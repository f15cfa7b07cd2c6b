/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "bench.h"

/* Exits for --help and --version (0) and what can't be understood (2). */
void options_parse(int argc, char **argv, struct bench_options *ret_options);

/* Is this cell asked for? */
bool options_match(const struct bench_options *options, const char *name);

/* Is the standard output for the table? */
bool options_table(const struct bench_options *options);

#endif
