// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The other process of a walk, see peers.h. */
#include "peers.h"

#include "../../common/check.h"
#include "../../common/fill.h"
#include "../../common/peer.h"
#include "../../common/random.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

/* What it keeps for its next allocations mustn't fill a small region. */
#define MOST_BYTES  70000u
#define LEAST_BYTES 2000u

/* Where this process was started and how it may go on. */
static cpu_set_t others;

void peer_keep_cpu(void)
{
	size_t cpu = (size_t)sched_getcpu();
	cpu_set_t here;

	MUST(cpu < CPU_SETSIZE);
	MUST_EQ(0, sched_getaffinity(0, sizeof(others), &others));
	CPU_CLR(cpu, &others);
	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	MUST_EQ(0, sched_setaffinity(0, sizeof(here), &here));
}

void peer_leave_cpu(void)
{
	if (CPU_COUNT(&others))
		MUST_EQ(0, sched_setaffinity(0, sizeof(others), &others));
}

static bool stopped(const struct crash *crash)
{
	return __atomic_load_n(&crash->page->stop, __ATOMIC_SEQ_CST);
}

static void use_heap(struct ipcbuf_region *region, struct random *random)
{
	bool small = region_info(region).size_bytes < 2 * MIB;
	size_t bytes = random_size(random, small ? LEAST_BYTES : MOST_BYTES);
	uint64_t seed = random->state;
	void *record = record_new(region, bytes);

	fill_write(record, bytes, seed);
	MUST(fill_matches(record, bytes, seed));
	MUST_EQ(0, ipcbuf_free(record));
}

static void use_channel(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *out, *in;
	void *record;

	out = channel_join(region, 901, IPCBUF_PRODUCER, 4);
	in = channel_join(region, 901, IPCBUF_CONSUMER, 4);
	MUST_EQ(0, ipcbuf_channel_send(out, crash_message(region, 5)));
	MUST_EQ(0, ipcbuf_channel_send(out, crash_message(region, 6)));
	MUST_EQ(0, ipcbuf_channel_recv(in, &record));
	MUST_EQ(5, crash_read(record));
	MUST_EQ(0, ipcbuf_channel_close(in));
	MUST_EQ(0, ipcbuf_channel_close(out));
}

void peer_does_everything(struct crash *crash)
{
	struct random random = { 1 + crash->turn };
	struct ipcbuf_segment *segment;

	gate_post(crash->ready, 1);
	do {
		use_heap(crash->mine, &random);
		if (random_below(&random, 4))
			continue;
		use_channel(crash->mine);
		MUST_EQ(0, ipcbuf_segment_open(crash->mine, ipcbuf_key_id(902),
					       500, NULL, &segment));
		MUST_EQ(0, ipcbuf_segment_close(segment));
	} while (!stopped(crash));
}

int drain(struct crash *crash, struct ipcbuf_channel *in, bool wait)
{
	struct crash_page *page = crash->page;
	uint64_t deadline_ns = wait ? IPCBUF_FOREVER : IPCBUF_NOWAIT;
	void *record;
	int ret;

	while (!(ret = ipcbuf_channel_recv_until(in, &record, deadline_ns))) {
		uint32_t serial = (uint32_t)crash_read(record);

		if (page->first)
			MUST_EQ(page->last + 1, serial);
		else
			page->first = serial;
		page->last = serial;
	}
	return ret;
}

/* Until it is asleep in the operation, has ended it, or is dead. */
static void await_victim(const struct crash *crash)
{
	const struct crash_page *page = crash->page;

	while (!stopped(crash) &&
	       !__atomic_load_n(&page->marks.ended, __ATOMIC_SEQ_CST)) {
		if (__atomic_load_n(&page->marks.begun, __ATOMIC_SEQ_CST) &&
		    thread_look(page->victim).state == 'S')
			return;
		sched_yield();
	}
}

static void consume(struct crash *crash)
{
	void *record;

	MUST_EQ(-EOWNERDEAD, drain(crash, crash->in, true));
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(crash->in, &record));
	MUST_EQ(0, ipcbuf_channel_close(crash->in));
}

void peer_consumes(struct crash *crash)
{
	crash->in = channel_join(crash->mine, 1, IPCBUF_CONSUMER, PEER_DEPTH);
	gate_post(crash->ready, 1);
	consume(crash);
}

void peer_consumes_late(struct crash *crash)
{
	crash->in = channel_join(crash->mine, 1, IPCBUF_CONSUMER, PEER_DEPTH);
	gate_post(crash->ready, 1);
	await_victim(crash);
	consume(crash);
}

static void produce(struct crash *crash)
{
	uint32_t serial = 0;
	void *record;
	int ret;

	do {
		crash->page->sent = serial++;
		record = crash_message(crash->mine, serial);
		ret = ipcbuf_channel_send(crash->out, record);
	} while (!ret);
	MUST_EQ(-EOWNERDEAD, ret);
	MUST_EQ(-EPIPE, ipcbuf_channel_send(crash->out, record));
	MUST_EQ(0, ipcbuf_free(record));
	crash->in = channel_join(crash->mine, 1, IPCBUF_CONSUMER, PEER_DEPTH);
	MUST_EQ(-EAGAIN, drain(crash, crash->in, false));
	MUST_EQ(0, ipcbuf_channel_close(crash->out));
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(crash->in, &record));
	MUST_EQ(0, ipcbuf_channel_close(crash->in));
}

void peer_produces(struct crash *crash)
{
	crash->out = channel_join(crash->mine, 1, IPCBUF_PRODUCER, PEER_DEPTH);
	gate_post(crash->ready, 1);
	produce(crash);
}

void peer_produces_late(struct crash *crash)
{
	crash->out = channel_join(crash->mine, 1, IPCBUF_PRODUCER, PEER_DEPTH);
	gate_post(crash->ready, 1);
	await_victim(crash);
	produce(crash);
}
