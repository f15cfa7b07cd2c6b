/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The command line. */
#ifndef SOAK_OPTIONS_H
#define SOAK_OPTIONS_H

#include "soak.h"

/* Ends the program where it isn't understood, or has been answered. */
void options_parse(int argc, char **argv, struct soak_options *ret_options);

#endif
