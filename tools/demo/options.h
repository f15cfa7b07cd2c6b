/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The command line. */
#ifndef DEMO_OPTIONS_H
#define DEMO_OPTIONS_H

#include "demo.h"

/* Exits for --help and --version (0) and what can't be understood (2). */
void options_parse(int argc, char **argv, struct demo_options *ret_options);

#endif
