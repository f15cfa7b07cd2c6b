// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What many build by hand: Boost.Interprocess' heap in a shared segment, behind
 * its mutex, and Boost.Lockfree's queues in the same segment for what is handed
 * over, which goes by its offset there.
 */
#include "../peer.h"
#include "boost_spsc.hpp"

#include <boost/interprocess/managed_shared_memory.hpp>
#include <boost/version.hpp>
#include <cerrno>
#include <memory>

namespace bi = boost::interprocess;

using segment_t = bi::managed_shared_memory;
using handle_t = segment_t::handle_t;

struct peer_end {
	segment_t segment;
	std::string name;
	int role;
	struct ring *out;
	struct ring *in;
};

/* Found in the segment by name; by A's or B's role, what is out of it. */
struct rings {
	handle_t out[2];
};

/* What the heap itself needs for a block, and its loss to fragments, is guessed. */
static std::size_t segment_bytes(const struct peer_setup *setup)
{
	uint64_t blocks = setup->live_records * (setup->record_bytes + 64);

	return blocks + blocks / 4 + 2 * ring_bytes(setup->depth) + (1u << 20);
}

static void make_rings(segment_t *segment, uint64_t depth)
{
	struct rings *rings = segment->construct<struct rings>("rings")();

	for (handle_t &out : rings->out) {
		void *memory = segment->allocate_aligned(ring_bytes(depth), 64);

		out = segment->get_handle_from_address(
			ring_make(memory, depth));
	}
}

static void find_rings(struct peer_end *end)
{
	segment_t *segment = &end->segment;
	struct rings *rings = segment->find<struct rings>("rings").first;
	auto find = [&](int role) {
		return ring_find(
			segment->get_address_from_handle(rings->out[role]));
	};

	end->out = find(end->role);
	end->in = find(1 - end->role);
}

static std::unique_ptr<peer_end> open_end(const struct peer_setup *setup)
{
	auto end = std::make_unique<peer_end>();

	end->name = setup->name;
	end->role = setup->role;
	if (setup->role) {
		end->segment = segment_t(bi::open_only, setup->name);
	} else {
		bi::shared_memory_object::remove(setup->name);
		end->segment = segment_t(bi::create_only, setup->name,
					 segment_bytes(setup));
		make_rings(&end->segment, setup->depth);
	}
	find_rings(end.get());
	return end;
}

static int peer_open(const struct peer_setup *setup, struct peer_end **ret_end)
{
	try {
		*ret_end = open_end(setup).release();
		return 0;
	} catch (const std::exception &) {
		bi::shared_memory_object::remove(setup->name);
		return -ENOMEM;
	}
}

static int peer_settle(struct peer_end *end)
{
	bi::shared_memory_object::remove(end->name.c_str());
	return 0;
}

static void peer_close(struct peer_end *end)
{
	bi::shared_memory_object::remove(end->name.c_str());
	delete end;
}

static int peer_alloc(struct peer_end *end, size_t bytes, void **ret_record)
{
	void *record = end->segment.allocate(bytes, std::nothrow);

	if (!record)
		return -ENOMEM;
	*ret_record = record;
	return 0;
}

static void peer_free(struct peer_end *end, void *record)
{
	end->segment.deallocate(record);
}

static int peer_try_send(struct peer_end *end, void *record, size_t)
{
	handle_t handle = end->segment.get_handle_from_address(record);

	return ring_put(end->out, (uint64_t)handle) ? 0 : -EAGAIN;
}

static int peer_try_recv(struct peer_end *end, void **ret_record)
{
	uint64_t handle;

	if (!ring_get(end->in, &handle))
		return -EAGAIN;
	*ret_record = end->segment.get_address_from_handle((handle_t)handle);
	return 0;
}

static const struct peer peer = {
	PEER_ABI,
	PEER_RESENDS,
	"boost-msm",
	"Boost.Interprocess " BOOST_LIB_VERSION
	", managed_shared_memory (best fit, a mutex), and a Boost.Lockfree "
	"spsc_queue in it",
	BOOST_SPSC_MAX,
	0,
	nullptr,
	peer_open,
	peer_settle,
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
