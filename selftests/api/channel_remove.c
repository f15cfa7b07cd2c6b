// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Channels that go: removed in use, with records in flight, or by leaving. */
#include "../common/variants.h"
#include "../common/random.h"

#include <pthread.h>

#define IN_FLIGHT 50

FIXTURE(going) {
	struct test_region region;
	struct ipcbuf_channel *producer;
	struct ipcbuf_channel *consumer;
	struct ipcbuf_key key;
};

ALL_VARIANTS(going);

FIXTURE_SETUP(going)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;

	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 16 * MIB));
	options.flags = IPCBUF_CHANNEL_KEEP;
	self->key = ipcbuf_key_id(1);
	ASSERT_EQ(0, ipcbuf_channel_open(self->region.handle, self->key,
					 IPCBUF_PRODUCER, &options,
					 &self->producer));
	self->consumer = channel_join(self->region.handle, 1, IPCBUF_CONSUMER,
				      0);
}

/* Whatever a test did, nothing may be left of the channel. */
FIXTURE_TEARDOWN(going)
{
	EXPECT_EQ(0, ipcbuf_channel_exists(self->region.handle, self->key));
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_info(self->region.handle).channels);
	EXPECT_EQ(0, region_held(self->region.handle));
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, test_region_end(&self->region));
}

static void send_some(struct ipcbuf_region *region,
		      struct ipcbuf_channel *producer)
{
	struct random random = { 1 };
	int i;

	for (i = 0; i < IN_FLIGHT; i++)
		MUST_EQ(0, ipcbuf_channel_try_send(
				   producer,
				   record_new(region,
					      random_size(&random, 50000))));
}

/* Fails if records in flight stay behind when the last end leaves. */
TEST_F(going, last_to_leave)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *producer, *consumer;

	producer = channel_join(region, 2, IPCBUF_PRODUCER, 0);
	consumer = channel_join(region, 2, IPCBUF_CONSUMER, 0);
	send_some(region, producer);
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(1, ipcbuf_channel_exists(region, ipcbuf_key_id(2)));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(0, ipcbuf_channel_exists(region, ipcbuf_key_id(2)));

	producer = channel_join(region, 2, IPCBUF_PRODUCER, 0);
	send_some(region, producer);
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, ipcbuf_channel_exists(region, ipcbuf_key_id(2)));

	EXPECT_EQ(0, ipcbuf_channel_close(self->producer));
	EXPECT_EQ(0, ipcbuf_channel_close(self->consumer));
	EXPECT_EQ(0, ipcbuf_channel_remove(region, self->key));
	EXPECT_EQ(-ENOENT, ipcbuf_channel_remove(region, self->key));
}

/* Fails if a kept channel that nobody has open keeps its records for ever. */
TEST_F(going, kept_with_records)
{
	send_some(self->region.handle, self->producer);
	EXPECT_EQ(0, ipcbuf_channel_close(self->producer));
	EXPECT_EQ(0, ipcbuf_channel_close(self->consumer));
	EXPECT_LT(0, region_held(self->region.handle));
	EXPECT_EQ(0, ipcbuf_channel_remove(self->region.handle, self->key));
}

/* Fails if those who have it open aren't told, or the key isn't free at once. */
TEST_F(going, removed_in_use)
{
	struct ipcbuf_region *region = self->region.handle;
	void *record = record_new(region, 100), *got = POISON;
	struct ipcbuf_channel *producer;

	send_some(region, self->producer);
	ASSERT_EQ(0, ipcbuf_channel_remove(region, self->key));
	EXPECT_EQ(0, ipcbuf_channel_exists(region, self->key));
	producer = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	EXPECT_EQ(-EPIPE, ipcbuf_channel_send(self->producer, record));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_recv(self->consumer, &got));
	EXPECT_EQ(POISON, got);
	EXPECT_EQ(0, ipcbuf_channel_try_send(producer, record));
	EXPECT_EQ(0, ipcbuf_channel_close(self->producer));
	EXPECT_EQ(0, ipcbuf_channel_close(self->consumer));
	EXPECT_EQ(1, ipcbuf_channel_exists(region, self->key));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
}

struct sleeper {
	struct ipcbuf_channel *channel;
	int tid;
	int started;
};

static void *recv_until_epipe(void *arg)
{
	struct sleeper *sleeper = arg;
	void *record;

	sleeper->tid = thread_id();
	gate_post(sleeper->started, 1);
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(sleeper->channel, &record));
	return NULL;
}

/* Fails if a thread sleeps on in a channel that is removed. */
TEST_F(going, wakes_the_consumer)
{
	struct sleeper sleeper = { self->consumer, 0, gate_new() };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, recv_until_epipe,
				    &sleeper));
	gate_wait(sleeper.started);
	thread_await_sleep(sleeper.tid);
	EXPECT_EQ(0, ipcbuf_channel_remove(self->region.handle, self->key));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ipcbuf_channel_close(self->producer));
	EXPECT_EQ(0, ipcbuf_channel_close(self->consumer));
}

static int send_and_remove(void *arg)
{
	FIXTURE_DATA(going) *self = arg;
	struct ipcbuf_region *region = test_region_join(&self->region);
	struct ipcbuf_channel *producer;

	producer = channel_join(region, 3, IPCBUF_PRODUCER, 0);
	send_some(region, producer);
	MUST_EQ(0, ipcbuf_channel_remove(region, self->key));
	MUST_EQ(0, ipcbuf_channel_remove(region, ipcbuf_key_id(3)));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if another process can't remove it, or its records outlive that. */
TEST_F(going, removed_by_another_process)
{
	void *got = POISON;

	send_some(self->region.handle, self->producer);
	ASSERT_EQ(0, peer_wait(peer_start(send_and_remove, self)));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_try_recv(self->consumer, &got));
	EXPECT_EQ(POISON, got);
	EXPECT_EQ(0, ipcbuf_channel_close(self->producer));
	EXPECT_EQ(0, ipcbuf_channel_close(self->consumer));
}

static void *send_until_gone(void *arg)
{
	struct ipcbuf_region *region;
	void *record;
	int ret;

	MUST_EQ(0, ipcbuf_channel_region(arg, &region));
	do {
		record = record_new(region, 100);
		ret = ipcbuf_channel_send(arg, record);
	} while (!ret);
	MUST_EQ(-EPIPE, ret);
	MUST_EQ(0, ipcbuf_free(record));
	return NULL;
}

static void *recv_until_gone(void *arg)
{
	void *record;
	int ret;

	while (!(ret = ipcbuf_channel_recv(arg, &record)))
		MUST_EQ(0, ipcbuf_free(record));
	MUST_EQ(-EPIPE, ret);
	return NULL;
}

/* Fails if removal in the middle of traffic loses a record or a thread. */
TEST_F(going, removed_under_way)
{
	struct ipcbuf_channel *producer = self->producer;
	struct ipcbuf_channel *consumer = self->consumer;
	struct random random = { 2 };
	pthread_t threads[2];
	size_t pending;
	int round;

	for (round = 0; round < 50; round++) {
		ASSERT_EQ(0, pthread_create(&threads[0], NULL,
					    send_until_gone, producer));
		ASSERT_EQ(0, pthread_create(&threads[1], NULL,
					    recv_until_gone, consumer));
		random_delay(&random, 300000);
		EXPECT_EQ(0, ipcbuf_channel_pending(consumer, &pending));
		ASSERT_EQ(0, ipcbuf_channel_remove(self->region.handle,
						   self->key));
		EXPECT_EQ(0, pthread_join(threads[0], NULL));
		EXPECT_EQ(0, pthread_join(threads[1], NULL));
		EXPECT_EQ(0, ipcbuf_channel_close(producer));
		EXPECT_EQ(0, ipcbuf_channel_close(consumer));
		producer = channel_join(self->region.handle, 1,
					IPCBUF_PRODUCER, 0);
		consumer = channel_join(self->region.handle, 1,
					IPCBUF_CONSUMER, 0);
	}
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
}

TEST_HARNESS_MAIN
