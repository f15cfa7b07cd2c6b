// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* mimalloc, by its own names: the process's malloc() stays libc's. */
#include "../peer.h"
#include "mimalloc_heap.h"

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
