/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The race between going to sleep and publishing, with sleeps that have no
 * tick: a wakeup that is lost is a thread that sleeps for ever, and the test
 * ends by its time limit.
 */
#include "../common/variants.h"

#include <pthread.h>

#include "../../lib/wait.h"
#include "../common/random.h"

#define ROUNDS 60000

REGION_FIXTURE(endless, 16 * MIB);

struct side {
	struct test_region *region;
	int64_t in, out;	/* channels */
	uint64_t seed;
};

/* Now and then a few cycles, so that each side meets every moment. */
static void dawdle(struct random *random)
{
	uint64_t n = random_below(random, 8) ? 0 : random_below(random, 2000);
	volatile uint64_t i;

	for (i = 0; i < n; i++)
		;
}

static void forward(struct ipcbuf_channel *in, struct ipcbuf_channel *out,
		    struct random *random)
{
	void *record;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		MUST_EQ(0, ipcbuf_channel_recv(in, &record));
		dawdle(random);
		MUST_EQ(0, ipcbuf_channel_send(out, record));
	}
}

static int echo(void *arg)
{
	struct side *side = arg;
	struct random random = { side->seed };
	struct ipcbuf_region *region = test_region_join(side->region);
	struct ipcbuf_channel *in, *out;

	ipcb_wait_tick_ns = UINT64_MAX;
	in = channel_join(region, side->in, IPCBUF_CONSUMER, 1);
	out = channel_join(region, side->out, IPCBUF_PRODUCER, 1);
	forward(in, out, &random);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

static void start(struct ipcbuf_region *region, struct ipcbuf_channel *out,
		  unsigned int records)
{
	while (records--)
		MUST_EQ(0, ipcbuf_channel_send(out, record_new(region, 64)));
}

/*
 * One record between two processes: both sides go to sleep nearly every time.
 * Fails (by its limit) if a fence or the second look before sleeping is left
 * out.
 */
TEST_F_TIMEOUT(endless, ping_pong, 120)
{
	struct side side = { &self->region, 1, 2, 7 };
	struct ipcbuf_channel *out, *in;
	struct random random = { 8 };
	void *record;
	unsigned int i;
	pid_t peer;

	ipcb_wait_tick_ns = UINT64_MAX;
	out = channel_join(self->region.handle, 1, IPCBUF_PRODUCER, 1);
	in = channel_join(self->region.handle, 2, IPCBUF_CONSUMER, 1);
	peer = peer_start(echo, &side);
	start(self->region.handle, out, 1);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, ipcbuf_channel_recv(in, &record));
		dawdle(&random);
		if (i + 1 < ROUNDS)
			ASSERT_EQ(0, ipcbuf_channel_send(out, record));
	}
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, peer_wait(peer));
}

struct stream {
	struct ipcbuf_channel *channel;
	struct ipcbuf_region *region;
};

static void *produce(void *arg)
{
	struct stream *stream = arg;
	struct random random = { 3 };
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		void *record = record_new(stream->region, 64);

		*(unsigned int *)record = i;
		dawdle(&random);
		MUST_EQ(0, ipcbuf_channel_send(stream->channel, record));
	}
	return NULL;
}

/* Two threads, a ring of two: sleeps when full and when empty alternate. */
TEST_F_TIMEOUT(endless, full_and_empty, 120)
{
	struct ipcbuf_region *region = self->region.handle;
	struct stream stream = {
		channel_join(region, 5, IPCBUF_PRODUCER, 2), region,
	};
	struct ipcbuf_channel *in = channel_join(region, 5, IPCBUF_CONSUMER, 2);
	struct random random = { 4 };
	pthread_t thread;
	unsigned int i;

	ipcb_wait_tick_ns = UINT64_MAX;
	ASSERT_EQ(0, pthread_create(&thread, NULL, produce, &stream));
	for (i = 0; i < ROUNDS; i++) {
		void *record;

		ASSERT_EQ(0, ipcbuf_channel_recv(in, &record));
		ASSERT_EQ(i, *(unsigned int *)record);
		dawdle(&random);
		ASSERT_EQ(0, ipcbuf_free(record));
	}
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

TEST_HARNESS_MAIN
