// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Concurrency Kit's ck_ring, in shared memory, over records of one size. */
#include "ck_spsc.h"
#include "records_peer.h"

static const struct peer peer = {
	.abi = PEER_ABI,
	.flags = PEER_RESENDS | PEER_NO_HEAP,
	.name = "ck",
	.what = "Concurrency Kit " CK_VERSION
		", ck_ring SPSC of offsets of fixed records, recycled over a "
		"second ring; holds depth - 1",
	.depth_max = 1u << 20,
	.shared_bytes = peer_shared_bytes,
	.open = peer_open,
	.close = peer_close,
	.alloc = peer_alloc,
	.try_send = peer_try_send,
	.try_recv = peer_try_recv,
	.free = peer_free,
};

const struct peer *bench_peer(void)
{
	return &peer;
}
