// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Boost.Interprocess' message_queue: copies in and out of shared memory, behind
 * a mutex and two condition variables.
 */
#include "../peer.h"
#include "buffers.h"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/version.hpp>
#include <memory>
#include <string>

namespace bi = boost::interprocess;

using queue_t = bi::message_queue;

struct peer_end {
	std::string names[2];	/* out of A, out of B */
	std::unique_ptr<queue_t> out;
	std::unique_ptr<queue_t> in;
	struct buffers buffers;
	uint64_t record_bytes;
};

static void remove_names(const struct peer_end *end)
{
	for (const std::string &name : end->names)
		queue_t::remove(name.c_str());
}

static std::unique_ptr<queue_t> make_queue(const struct peer_setup *setup,
					   const std::string &name)
{
	if (setup->role)
		return std::make_unique<queue_t>(bi::open_only, name.c_str());
	queue_t::remove(name.c_str());
	return std::make_unique<queue_t>(bi::create_only, name.c_str(),
					 setup->depth, setup->record_bytes);
}

static void make_queues(struct peer_end *end, const struct peer_setup *setup)
{
	end->names[0] = std::string(setup->name) + "-a";
	end->names[1] = std::string(setup->name) + "-b";
	end->out = make_queue(setup, end->names[setup->role]);
	end->in = make_queue(setup, end->names[1 - setup->role]);
}

static int peer_open(const struct peer_setup *setup, struct peer_end **ret_end)
{
	auto end = std::make_unique<peer_end>();
	int ret;

	end->record_bytes = setup->record_bytes;
	ret = buffers_open(&end->buffers, setup->live_records,
			   setup->record_bytes);
	if (ret)
		return ret;
	try {
		make_queues(end.get(), setup);
	} catch (const std::exception &) {
		remove_names(end.get());
		buffers_close(&end->buffers);
		return -ENOMEM;
	}
	*ret_end = end.release();
	return 0;
}

static int peer_settle(struct peer_end *end)
{
	remove_names(end);
	return 0;
}

static void peer_close(struct peer_end *end)
{
	remove_names(end);
	buffers_close(&end->buffers);
	delete end;
}

static int peer_alloc(struct peer_end *end, size_t, void **ret_record)
{
	return buffers_get(&end->buffers, ret_record);
}

static void peer_free(struct peer_end *end, void *record)
{
	buffers_put(&end->buffers, record);
}

static int peer_try_send(struct peer_end *end, void *record, size_t bytes)
{
	if (!end->out->try_send(record, bytes, 0))
		return -EAGAIN;
	buffers_put(&end->buffers, record);
	return 0;
}

static int peer_send(struct peer_end *end, void *record, size_t bytes)
{
	end->out->send(record, bytes, 0);
	buffers_put(&end->buffers, record);
	return 0;
}

/* @receive: true: a message was received to where it is told. */
template <typename receive_t>
static int receive_to(struct peer_end *end, void **ret_record, receive_t receive)
{
	void *record;
	int ret = buffers_get(&end->buffers, &record);

	if (ret)
		return ret;
	if (!receive(record)) {
		buffers_put(&end->buffers, record);
		return -EAGAIN;
	}
	*ret_record = record;
	return 0;
}

static int peer_try_recv(struct peer_end *end, void **ret_record)
{
	return receive_to(end, ret_record, [&](void *record) {
		queue_t::size_type bytes;
		unsigned int priority;

		return end->in->try_receive(record, end->record_bytes, bytes,
					    priority);
	});
}

static int peer_recv(struct peer_end *end, void **ret_record)
{
	return receive_to(end, ret_record, [&](void *record) {
		queue_t::size_type bytes;
		unsigned int priority;

		end->in->receive(record, end->record_bytes, bytes, priority);
		return true;
	});
}

static const struct peer peer = {
	PEER_ABI,
	PEER_COPIES | PEER_RESENDS | PEER_NO_HEAP,
	"boost-mq",
	"Boost.Interprocess " BOOST_LIB_VERSION
	", message_queue, behind a mutex",
	0,
	0,
	nullptr,
	peer_open,
	peer_settle,
	peer_close,
	peer_alloc,
	peer_try_send,
	peer_try_recv,
	peer_free,
	peer_send,
	peer_recv,
};

const struct peer *bench_peer(void)
{
	return &peer;
}
