// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Eclipse iceoryx: a publisher and a subscriber at each end, of chunks that are
 * loaned, taken and released in place. As publish() either drops a record or
 * waits where the queue is full, credit.h says beforehand that it is.
 */
#include "credit.h"
#include "iceoryx_roudi.hpp"

#include <iceoryx_hoofs/log/logmanager.hpp>
#include <iceoryx_posh/internal/runtime/posh_runtime_impl.hpp>
#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <iceoryx_posh/popo/wait_set.hpp>
#include <iceoryx_versions.hpp>

#include <chrono>
#include <memory>
#include <thread>

#define RECORD_MAX (UINT64_C(64) << 20)
#define DISCOVERY_MS 10000
#define CLOSING_MS 500

using iox::RuntimeName_t;
using iox::cxx::TruncateToCapacity;

namespace {

/* The usual one lasts until exit(), which not every process reaches. */
class runtime : public iox::runtime::PoshRuntimeImpl {
public:
	explicit runtime(const RuntimeName_t &name)
		: PoshRuntimeImpl(iox::cxx::make_optional<const RuntimeName_t *>(
			  &name))
	{
		current = this;
		setRuntimeFactory(&find);
	}

private:
	static PoshRuntime &find(iox::cxx::optional<const RuntimeName_t *>)
	{
		return *current;
	}

	static runtime *current;
};

runtime *runtime::current;

}

struct peer_end {
	struct credit credit;
	pid_t roudi;		/* A's, or 0 */
	std::unique_ptr<runtime> runtime_;
	std::unique_ptr<iox::popo::UntypedPublisher> out;
	std::unique_ptr<iox::popo::UntypedSubscriber> in;
	std::unique_ptr<iox::popo::WaitSet<1>> wait_set;
};

static iox::capro::ServiceDescription service(const struct peer_setup *setup,
					      int sender)
{
	return { "ipcbuf-bench",
		 iox::capro::IdString_t(TruncateToCapacity, setup->name),
		 sender ? "b" : "a" };
}

static void open_runtime(struct peer_end *end, const struct peer_setup *setup)
{
	auto &logs = iox::log::LogManager::GetLogManager();
	RuntimeName_t name(TruncateToCapacity, setup->name);

	logs.SetDefaultLogLevel(iox::log::LogLevel::kError,
				iox::log::LogLevelOutput::kHideLogLevel);
	name.append(TruncateToCapacity, setup->role ? "-b" : "-a");
	end->runtime_ = std::make_unique<runtime>(name);
}

/* Neither ever loses a record. */
static void open_ports(struct peer_end *end, const struct peer_setup *setup)
{
	iox::popo::PublisherOptions out;
	iox::popo::SubscriberOptions in;

	out.subscriberTooSlowPolicy =
		iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
	in.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
	in.queueCapacity = setup->depth;
	end->out = std::make_unique<iox::popo::UntypedPublisher>(
		service(setup, setup->role), out);
	end->in = std::make_unique<iox::popo::UntypedSubscriber>(
		service(setup, 1 - setup->role), in);
}

static int peer_open(const struct peer_setup *setup, struct peer_end **ret_end)
{
	auto end = std::make_unique<peer_end>();
	int ret = 0;

	end->roudi = 0;
	credit_open(&end->credit, setup);
	if (!setup->role)
		ret = roudi_start(setup, &end->roudi);
	if (ret)
		return ret;
	open_runtime(end.get(), setup);
	open_ports(end.get(), setup);
	*ret_end = end.release();
	return 0;
}

/* Looks each millisecond. */
template <typename done_t>
static int await(int limit_ms, done_t done)
{
	for (int i = 0; i < limit_ms; i++) {
		if (done())
			return 0;
		std::this_thread::sleep_for(std::chrono::milliseconds(1));
	}
	return -ETIMEDOUT;
}

static int peer_settle(struct peer_end *end)
{
	return await(DISCOVERY_MS, [=]() {
		return end->out->hasSubscribers() &&
		       end->in->getSubscriptionState() ==
			       iox::SubscribeState::SUBSCRIBED;
	});
}

/* The daemon stays until B has taken leave of it. */
static void peer_close(struct peer_end *end)
{
	end->wait_set.reset();
	end->in.reset();
	end->out.reset();
	end->runtime_.reset();
	credit_close(&end->credit);
	if (end->roudi) {
		await(CLOSING_MS, [=]() {
			return credit_other_closed(&end->credit);
		});
		roudi_stop(end->roudi);
	}
	delete end;
}

static int peer_alloc(struct peer_end *end, size_t bytes, void **ret_record)
{
	auto loan = end->out->loan((uint32_t)bytes);

	if (!loan.has_error()) {
		*ret_record = loan.value();
		return 0;
	}
	if (loan.get_error() ==
	    iox::popo::AllocationError::TOO_MANY_CHUNKS_ALLOCATED_IN_PARALLEL)
		return -EOPNOTSUPP;
	return -ENOMEM;
}

/* It is either a loan of this publisher's or what the subscriber has taken. */
static void peer_free(struct peer_end *end, void *record)
{
	auto *header = iox::mepoo::ChunkHeader::fromUserPayload(record);

	if (header->originId() == end->out->getUid())
		end->out->release(record);
	else
		end->in->release(record);
}

static int peer_send(struct peer_end *end, void *record, size_t)
{
	end->out->publish(record);
	credit_sent(&end->credit);
	return 0;
}

static int peer_try_send(struct peer_end *end, void *record, size_t bytes)
{
	if (!credit_left(&end->credit))
		return -EAGAIN;
	return peer_send(end, record, bytes);
}

static int peer_try_recv(struct peer_end *end, void **ret_record)
{
	auto taken = end->in->take();

	if (taken.has_error())
		return taken.get_error() == iox::popo::ChunkReceiveResult::
						    NO_CHUNK_AVAILABLE
			       ? -EAGAIN
			       : -EOPNOTSUPP;
	credit_taken(&end->credit);
	*ret_record = const_cast<void *>(taken.value());
	return 0;
}

/* Publishers tell a wait set of each record, so there is none until it is wanted. */
static int attach(struct peer_end *end)
{
	end->wait_set = std::make_unique<iox::popo::WaitSet<1>>();
	return end->wait_set
			       ->attachState(*end->in,
					     iox::popo::SubscriberState::HAS_DATA)
			       .has_error()
		       ? -EIO
		       : 0;
}

static int peer_recv(struct peer_end *end, void **ret_record)
{
	int ret;

	for (;;) {
		ret = peer_try_recv(end, ret_record);
		if (ret != -EAGAIN)
			return ret;
		if (end->wait_set)
			end->wait_set->wait();
		else if ((ret = attach(end)))
			return ret;
	}
}

static const struct peer peer = {
	PEER_ABI,
	0,
	"iceoryx",
	"Eclipse iceoryx " ICEORYX_LATEST_RELEASE_VERSION
	", untyped ports, one pool of chunks, a RouDi of its own; 8 loans at a time",
	iox::MAX_SUBSCRIBER_QUEUE_CAPACITY,
	RECORD_MAX,
	credit_shared_bytes,
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
