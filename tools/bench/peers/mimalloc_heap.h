/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* mimalloc's version, which it tells as a number when it runs, and its heap. */
#ifndef BENCH_MIMALLOC_HEAP_H
#define BENCH_MIMALLOC_HEAP_H

#include <errno.h>
#include <mimalloc.h>
#include <stdio.h>

#include "../peer.h"

#define MIMALLOC_WHAT_MAX 120

static inline const char *mimalloc_what(char what[MIMALLOC_WHAT_MAX],
					const char *more)
{
	int version = mi_version();

	snprintf(what, MIMALLOC_WHAT_MAX, "mimalloc %d.%d.%d%s", version / 100,
		 version / 10 % 10, version % 10, more);
	return what;
}

static int peer_alloc(struct peer_end *end, size_t bytes, void **ret_record)
{
	void *record = mi_malloc(bytes);

	(void)end;
	if (!record)
		return -ENOMEM;
	*ret_record = record;
	return 0;
}

static void peer_free(struct peer_end *end, void *record)
{
	(void)end;
	mi_free(record);
}

#endif
