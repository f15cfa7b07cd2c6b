/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* mimalloc's version, which it tells as a number when it runs. */
#ifndef BENCH_MIMALLOC_WHAT_H
#define BENCH_MIMALLOC_WHAT_H

#include <mimalloc.h>
#include <stdio.h>

#define MIMALLOC_WHAT_MAX 120

static inline const char *mimalloc_what(char what[MIMALLOC_WHAT_MAX],
					const char *more)
{
	int version = mi_version();

	snprintf(what, MIMALLOC_WHAT_MAX, "mimalloc %d.%d.%d%s", version / 100,
		 version / 10 % 10, version % 10, more);
	return what;
}

#endif
