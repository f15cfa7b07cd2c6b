// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The two ends of a channel: who may take them, and what the one is told when
 * the other has left.
 */
#include "../common/variants.h"
#include "../common/fill.h"

#include <pthread.h>

REGION_FIXTURE(ends, 16 * MIB);

static int join(struct ipcbuf_region *region, enum ipcbuf_direction direction,
		struct ipcbuf_channel **ret_channel)
{
	return ipcbuf_channel_open(region, ipcbuf_key_id(1), direction, NULL,
				   ret_channel);
}

/* Fails if an end is given to two at a time, or not given again. */
TEST_F(ends, one_of_each)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_region *second = test_region_join(&self->region);
	struct ipcbuf_channel *producer, *consumer, *extra = POISON;

	ASSERT_EQ(0, join(region, IPCBUF_PRODUCER, &producer));
	EXPECT_EQ(-EBUSY, join(region, IPCBUF_PRODUCER, &extra));
	EXPECT_EQ(-EBUSY, join(second, IPCBUF_PRODUCER, &extra));
	ASSERT_EQ(0, join(second, IPCBUF_CONSUMER, &consumer));
	EXPECT_EQ(-EBUSY, join(region, IPCBUF_CONSUMER, &extra));
	EXPECT_EQ(-EBUSY, join(second, IPCBUF_CONSUMER, &extra));
	EXPECT_EQ(POISON, extra);
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, join(second, IPCBUF_PRODUCER, &producer));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(0, join(region, IPCBUF_CONSUMER, &consumer));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(0, ipcbuf_region_close(second));
}

/* Fails if a direction that is none is taken for one. */
TEST_F(ends, bad_direction)
{
	const unsigned int bad[] = { 0, 3, 4, 77 };
	struct ipcbuf_channel *channel = POISON;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, join(self->region.handle,
					(enum ipcbuf_direction)bad[i],
					&channel));
	EXPECT_EQ(POISON, channel);
	EXPECT_EQ(0, ipcbuf_channel_exists(self->region.handle,
					   ipcbuf_key_id(1)));
}

/* Fails if what is told of the ends isn't so. */
TEST_F(ends, who_is_there)
{
	struct ipcbuf_channel_info info;
	struct ipcbuf_channel *producer, *consumer;

	ASSERT_EQ(0, join(self->region.handle, IPCBUF_PRODUCER, &producer));
	EXPECT_EQ(1, ipcbuf_channel_has_producer(producer));
	EXPECT_EQ(0, ipcbuf_channel_has_consumer(producer));
	ASSERT_EQ(0, ipcbuf_channel_get_info(producer, &info));
	EXPECT_EQ(IPCBUF_END_ATTACHED, info.producer_state);
	EXPECT_EQ(IPCBUF_END_NEVER, info.consumer_state);
	EXPECT_EQ(getpid(), info.producer_pid);
	ASSERT_EQ(0, join(self->region.handle, IPCBUF_CONSUMER, &consumer));
	EXPECT_EQ(1, ipcbuf_channel_has_consumer(producer));
	EXPECT_EQ(1, ipcbuf_channel_has_producer(consumer));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, ipcbuf_channel_has_producer(consumer));
	EXPECT_EQ(1, ipcbuf_channel_has_consumer(consumer));
	ASSERT_EQ(0, ipcbuf_channel_get_info(consumer, &info));
	EXPECT_EQ(IPCBUF_END_LEFT, info.producer_state);
	EXPECT_EQ(IPCBUF_END_ATTACHED, info.consumer_state);
	EXPECT_EQ(getpid(), info.consumer_pid);
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
}

static void send_number(struct ipcbuf_channel *producer,
			struct ipcbuf_region *region, uint64_t number)
{
	void *record = record_new(region, 64);

	message_write(record, 64, number);
	MUST_EQ(0, ipcbuf_channel_send(producer, record));
}

static void recv_number(struct ipcbuf_channel *consumer, uint64_t expected)
{
	uint64_t number;
	void *record;

	MUST_EQ(0, ipcbuf_channel_recv(consumer, &record));
	MUST(message_read(record, 64, &number));
	MUST_EQ(expected, number);
	MUST_EQ(0, ipcbuf_free(record));
}

/* Fails if -EPIPE comes before all that was sent, or doesn't come at all. */
TEST_F(ends, drains_then_epipe)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *producer, *consumer;
	void *record = POISON;
	size_t count = 77;
	uint64_t i;

	ASSERT_EQ(0, join(region, IPCBUF_PRODUCER, &producer));
	ASSERT_EQ(0, join(region, IPCBUF_CONSUMER, &consumer));
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_try_recv(consumer, &record));
	for (i = 0; i < 10; i++)
		send_number(producer, region, i);
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	for (i = 0; i < 10; i++)
		recv_number(consumer, i);
	EXPECT_EQ(-EPIPE, ipcbuf_channel_recv(consumer, &record));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_try_recv(consumer, &record));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_recv_until(consumer, &record, 1));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_recv_batch(consumer, &record, 1,
						    IPCBUF_FOREVER, &count));
	EXPECT_EQ(POISON, record);
	EXPECT_EQ(77, count);
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
}

/* Fails if a consumer goes on being told -EPIPE when a new producer is there. */
TEST_F(ends, next_producer)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *producer, *consumer;
	void *record = POISON;
	uint64_t i;

	ASSERT_EQ(0, join(region, IPCBUF_CONSUMER, &consumer));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, join(region, IPCBUF_PRODUCER, &producer));
		EXPECT_EQ(-EAGAIN, ipcbuf_channel_try_recv(consumer, &record));
		send_number(producer, region, i);
		EXPECT_EQ(0, ipcbuf_channel_close(producer));
		recv_number(consumer, i);
		EXPECT_EQ(-EPIPE, ipcbuf_channel_try_recv(consumer, &record));
	}
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
}

/* Fails if a producer whose consumer left goes on, or loses its record. */
TEST_F(ends, producer_gets_epipe)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *producer, *consumer;
	void *record = record_new(region, 64);
	size_t count = 77;

	ASSERT_EQ(0, join(region, IPCBUF_CONSUMER, &consumer));
	ASSERT_EQ(0, join(region, IPCBUF_PRODUCER, &producer));
	send_number(producer, region, 1);
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_send(producer, record));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_try_send(producer, record));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_send_until(producer, record, 1));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_send_batch(producer, &record, 1,
						    IPCBUF_FOREVER, &count));
	EXPECT_EQ(77, count);
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, region_held(region));
}

/* Fails if a consumer that never came counts as one that left. */
TEST_F(ends, nobody_came_yet)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *producer, *consumer;
	void *record = POISON;

	ASSERT_EQ(0, join(region, IPCBUF_PRODUCER, &producer));
	send_number(producer, region, 1);
	send_number(producer, region, 2);
	ASSERT_EQ(0, join(region, IPCBUF_CONSUMER, &consumer));
	recv_number(consumer, 1);
	recv_number(consumer, 2);
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));

	ASSERT_EQ(0, join(region, IPCBUF_CONSUMER, &consumer));
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_try_recv(consumer, &record));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_recv_until(
				      consumer, &record,
				      ipcbuf_deadline_ns(30000000)));
	EXPECT_EQ(POISON, record);
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
}

struct sleeper {
	struct ipcbuf_channel *channel;
	void *record;
	int tid;
	int started;
};

static void *recv_until_epipe(void *arg)
{
	struct sleeper *sleeper = arg;
	void *record = POISON;

	sleeper->tid = thread_id();
	gate_post(sleeper->started, 1);
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(sleeper->channel, &record));
	MUST(record == POISON);
	return NULL;
}

/* Fails if a consumer sleeps on when its producer leaves. */
TEST_F(ends, wakes_the_consumer)
{
	struct ipcbuf_channel *producer;
	struct sleeper sleeper = { .started = gate_new() };
	pthread_t thread;

	ASSERT_EQ(0, join(self->region.handle, IPCBUF_PRODUCER, &producer));
	ASSERT_EQ(0, join(self->region.handle, IPCBUF_CONSUMER,
			  &sleeper.channel));
	ASSERT_EQ(0, pthread_create(&thread, NULL, recv_until_epipe,
				    &sleeper));
	gate_wait(sleeper.started);
	thread_await_sleep(sleeper.tid);
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ipcbuf_channel_close(sleeper.channel));
}

static void *send_until_epipe(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->tid = thread_id();
	gate_post(sleeper->started, 1);
	MUST_EQ(-EPIPE, ipcbuf_channel_send(sleeper->channel,
					    sleeper->record));
	return NULL;
}

/* Fails if a producer sleeps on when its consumer leaves. */
TEST_F(ends, wakes_the_producer)
{
	struct ipcbuf_region *region = self->region.handle;
	struct sleeper sleeper = { .started = gate_new() };
	struct ipcbuf_channel *consumer;
	pthread_t thread;

	sleeper.channel = channel_join(region, 1, IPCBUF_PRODUCER, 1);
	ASSERT_EQ(0, join(region, IPCBUF_CONSUMER, &consumer));
	send_number(sleeper.channel, region, 1);
	sleeper.record = record_new(region, 64);
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_until_epipe,
				    &sleeper));
	gate_wait(sleeper.started);
	thread_await_sleep(sleeper.tid);
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ipcbuf_free(sleeper.record));
	EXPECT_EQ(0, ipcbuf_channel_close(sleeper.channel));
}

TEST_HARNESS_MAIN
