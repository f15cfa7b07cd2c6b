// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What there is for threads: records of mimalloc's that go over Concurrency Kit's
 * ring and are freed by who received them, which mimalloc calls a remote free.
 */
#include "../peer.h"
#include "ck_spsc.h"
#include "mimalloc_heap.h"

#include <errno.h>
#include <stdlib.h>

#define LINE 64u

struct peer_end {
	struct ring *out;
	struct ring *in;
};

static uint64_t ring_stride(const struct peer_setup *setup)
{
	return (ring_bytes(setup->depth) + LINE - 1) / LINE * LINE;
}

static uint64_t peer_shared_bytes(const struct peer_setup *setup)
{
	return 2 * ring_stride(setup);
}

/* A makes both; the first is what A sends over. */
static struct ring *take_ring(const struct peer_setup *setup, int sender)
{
	char *memory = (char *)setup->shared +
		       (sender ? ring_stride(setup) : 0);

	return setup->role ? ring_find(memory)
			   : ring_make(memory, setup->depth);
}

static int peer_open(const struct peer_setup *setup, struct peer_end **ret_end)
{
	struct peer_end *end = calloc(1, sizeof(*end));

	if (!end)
		return -ENOMEM;
	end->out = take_ring(setup, setup->role);
	end->in = take_ring(setup, 1 - setup->role);
	*ret_end = end;
	return 0;
}

static void peer_close(struct peer_end *end)
{
	free(end);
}

static int peer_try_send(struct peer_end *end, void *record, size_t bytes)
{
	(void)bytes;
	return ring_put(end->out, (uintptr_t)record) ? 0 : -EAGAIN;
}

static int peer_try_recv(struct peer_end *end, void **ret_record)
{
	uint64_t record;

	if (!ring_get(end->in, &record))
		return -EAGAIN;
	*ret_record = (void *)(uintptr_t)record;
	return 0;
}

const struct peer *bench_peer(void)
{
	static char what[MIMALLOC_WHAT_MAX];
	static struct peer peer = {
		.abi = PEER_ABI,
		.flags = PEER_THREADS | PEER_RESENDS,
		.name = "mimalloc-ck",
		.depth_max = 1u << 20,
		.shared_bytes = peer_shared_bytes,
		.open = peer_open,
		.close = peer_close,
		.alloc = peer_alloc,
		.try_send = peer_try_send,
		.try_recv = peer_try_recv,
		.free = peer_free,
	};

	peer.what = mimalloc_what(what, " over Concurrency Kit " CK_VERSION
					"'s ck_ring; holds depth - 1");
	return &peer;
}
