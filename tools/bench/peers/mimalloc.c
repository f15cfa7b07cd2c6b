// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* mimalloc, by its own names: the process's malloc() stays libc's. */
#include "../peer.h"
#include "mimalloc_what.h"

#include <errno.h>

/* There is one heap in a process, so an end holds nothing. */
struct peer_end {
	char none;
};

static int peer_open(const struct peer_setup *setup, struct peer_end **ret_end)
{
	static struct peer_end end;

	(void)setup;
	*ret_end = &end;
	return 0;
}

static void peer_close(struct peer_end *end)
{
	(void)end;
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

const struct peer *bench_peer(void)
{
	static char what[MIMALLOC_WHAT_MAX];
	static struct peer peer = {
		.abi = PEER_ABI,
		.name = "mimalloc",
		.open = peer_open,
		.close = peer_close,
		.alloc = peer_alloc,
		.free = peer_free,
	};

	peer.what = mimalloc_what(what, "; memory of one process");
	return &peer;
}
