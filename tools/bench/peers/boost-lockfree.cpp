// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Boost.Lockfree's spsc_queue, in shared memory, over records of one size. */
#include "boost_spsc.hpp"
#include "records_peer.h"

#include <boost/version.hpp>

static const struct peer peer = {
	PEER_ABI,
	PEER_RESENDS | PEER_NO_HEAP,
	"boost-lockfree",
	"Boost.Lockfree " BOOST_LIB_VERSION
	", spsc_queue<capacity> of offsets of fixed records, recycled over a "
	"second queue",
	BOOST_SPSC_MAX,
	0,
	peer_shared_bytes,
	peer_open,
	nullptr,
	peer_close,
	peer_alloc,
	peer_try_send,
	peer_try_recv,
	peer_free,
	nullptr,
	nullptr,
};

const struct peer *bench_peer(void)
{
	return &peer;
}
