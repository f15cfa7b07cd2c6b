/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The race between going to sleep and publishing, with sleeps that have no
 * tick: a wakeup that is lost is a thread that sleeps for ever, and the test
 * ends by its time limit.
 */
#include "../common/variants.h"

#include <pthread.h>
#include <sched.h>

#include "../../lib/region.h"
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

/*
 * The same race without a channel around it: both threads start each round
 * together, and the waker publishes at a random moment of the waiter's way to
 * sleep.
 */
struct race {
	struct ipcb_wait_region *wait;
	struct ipcb_wait_object *object;
	uint32_t start;			/* the round that both may begin */
	uint32_t arrived;		/* the round that the waker is ready for */
	uint32_t published;
};

#define RACES 50000u

/* Spins, but not for a whole time slice where the other can't run. */
static void await(const uint32_t *word, uint32_t value)
{
	unsigned int spins = 0;

	while (ipcb_load_acquire(word) != value)
		if (++spins % 4096 == 0)
			sched_yield();
}

static void *waker(void *arg)
{
	struct race *race = arg;
	struct random random = { 5 };
	uint32_t round;

	for (round = 1; round <= RACES; round++) {
		volatile uint64_t i, n = random_below(&random, 120);

		ipcb_store_release(&race->arrived, round);
		await(&race->start, round);
		for (i = 0; i < n; i++)
			;
		ipcb_store_release(&race->published, round);
		ipcb_wait_wake(race->wait, race->object);
	}
	return NULL;
}

/* Fails (by its limit) if either fence is left out. */
TEST_F_TIMEOUT(endless, begin_against_publish, 120)
{
	struct ipcbuf_region *region = self->region.handle;
	struct race race = { &region->wait, &region->waiters[0].object,
			     0, 0, 0 };
	pthread_t thread;
	uint32_t round;

	ipcb_wait_tick_ns = UINT64_MAX;
	region->waiters[0].own = region->member;
	ASSERT_EQ(0, pthread_create(&thread, NULL, waker, &race));
	for (round = 1; round <= RACES; round++) {
		await(&race.arrived, round);
		ipcb_store_release(&race.start, round);
		do {
			ipcb_wait_begin(race.wait, race.object);
			if (ipcb_load_acquire(&race.published) != round)
				ipcb_wait_sleep(race.wait, race.object,
						IPCBUF_FOREVER, 0);
			ipcb_wait_end(race.wait, race.object);
		} while (ipcb_load_acquire(&race.published) != round);
	}
	ASSERT_EQ(0, pthread_join(thread, NULL));
	region->waiters[0].own = 0;
}

TEST_HARNESS_MAIN
