// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Sending and receiving in one process: order, depth, deadlines, batches. */
#include "../common/variants.h"
#include "../common/fill.h"
#include "../common/random.h"

#include <pthread.h>

#define REGION_BYTES (32 * MIB)

FIXTURE(channel) {
	struct test_region region;
	struct ipcbuf_channel *producer;
	struct ipcbuf_channel *consumer;
};

ALL_VARIANTS(channel);

FIXTURE_SETUP(channel)
{
	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, REGION_BYTES));
	self->producer = channel_join(self->region.handle, 1, IPCBUF_PRODUCER,
				      8);
	self->consumer = channel_join(self->region.handle, 1, IPCBUF_CONSUMER,
				      0);
}

FIXTURE_TEARDOWN(channel)
{
	EXPECT_EQ(0, ipcbuf_channel_close(self->producer));
	EXPECT_EQ(0, ipcbuf_channel_close(self->consumer));
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, test_region_end(&self->region));
}

static uint64_t in_ms(uint64_t ms)
{
	return ipcbuf_deadline_ns(ms * 1000000);
}

/* A record that carries a number. */
static void *numbered(struct ipcbuf_region *region, uint64_t number)
{
	void *record = record_new(region, 64);

	message_write(record, 64, number);
	return record;
}

static uint64_t number_of(void *record)
{
	uint64_t number;

	MUST(message_read(record, 64, &number));
	MUST_EQ(0, ipcbuf_free(record));
	return number;
}

static size_t pending(struct ipcbuf_channel *channel)
{
	size_t records;

	MUST_EQ(0, ipcbuf_channel_pending(channel, &records));
	return records;
}

/* Fails if records come in another order, or not the very same ones. */
TEST_F(channel, order)
{
	void *records[8], *got;
	uint64_t round, i;

	for (round = 0; round < 100; round++) {
		for (i = 0; i <= round % 8; i++) {
			records[i] = numbered(self->region.handle, i);
			ASSERT_EQ(0, ipcbuf_channel_send(self->producer,
							 records[i]));
			EXPECT_EQ(i + 1, pending(self->consumer));
			EXPECT_EQ(i + 1, pending(self->producer));
		}
		for (i = 0; i <= round % 8; i++) {
			ASSERT_EQ(0, ipcbuf_channel_recv(self->consumer, &got));
			EXPECT_EQ(records[i], got);
			EXPECT_EQ(i, number_of(got));
			EXPECT_EQ(round % 8 - i, pending(self->consumer));
		}
	}
}

/* Fails if an empty channel gives anything, waits, or touches the output. */
TEST_F(channel, empty)
{
	struct ipcbuf_channel *consumer = self->consumer;
	void *record = POISON;
	size_t count = 77;

	EXPECT_EQ(-EAGAIN, ipcbuf_channel_try_recv(consumer, &record));
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_recv_until(consumer, &record,
						     IPCBUF_NOWAIT));
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_recv_batch(consumer, &record, 1,
						     IPCBUF_NOWAIT, &count));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_recv_until(consumer, &record, 1));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_recv_until(consumer, &record,
							ipcbuf_now_ns()));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_recv_until(consumer, &record,
							in_ms(30)));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_recv_batch(consumer, &record, 1,
							in_ms(5), &count));
	EXPECT_EQ(POISON, record);
	EXPECT_EQ(77, count);
}

/* Fails if a full channel takes another, or takes the record all the same. */
TEST_F(channel, full)
{
	struct ipcbuf_channel *producer = self->producer;
	void *extra = numbered(self->region.handle, 99), *got;
	size_t sent = 77;
	uint64_t i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, ipcbuf_channel_try_send(
				     producer,
				     numbered(self->region.handle, i)));
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_try_send(producer, extra));
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_send_until(producer, extra,
						     IPCBUF_NOWAIT));
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_send_batch(producer, &extra, 1,
						     IPCBUF_NOWAIT, &sent));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_send_until(producer, extra, 1));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_send_until(producer, extra,
							in_ms(30)));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_send_batch(producer, &extra, 1,
							in_ms(5), &sent));
	EXPECT_EQ(77, sent);
	EXPECT_EQ(8, pending(self->consumer));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, ipcbuf_channel_recv(self->consumer, &got));
		EXPECT_EQ(i, number_of(got));
	}
	EXPECT_EQ(99, number_of(extra));
}

/* Fails if a deadline that has passed stops what needn't wait. */
TEST_F(channel, past_deadline_where_there_is_no_need_to_wait)
{
	void *got;

	ASSERT_EQ(0, ipcbuf_channel_send_until(
			     self->producer,
			     numbered(self->region.handle, 5), 1));
	ASSERT_EQ(0, ipcbuf_channel_recv_until(self->consumer, &got, 1));
	EXPECT_EQ(5, number_of(got));
}

/* Fails if a depth isn't rounded up to a power of two, or isn't kept to. */
TEST_F(channel, depths)
{
	const uint32_t asked[] = { 0, 1, 2, 3, 5, 8, 9, 100, 1000, 4097 };
	const uint32_t made[] = { 64, 1, 2, 4, 8, 8, 16, 128, 1024, 8192 };
	struct ipcbuf_channel *producer;
	struct ipcbuf_channel_info info;
	uint32_t i, sent;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		void *record = numbered(self->region.handle, 0);

		producer = channel_join(self->region.handle, 2,
					IPCBUF_PRODUCER, asked[i]);
		ASSERT_EQ(0, ipcbuf_channel_get_info(producer, &info));
		EXPECT_EQ(made[i], info.depth_slots);
		for (sent = 0; !ipcbuf_channel_try_send(producer, record);
		     sent++)
			record = numbered(self->region.handle, sent);
		EXPECT_EQ(made[i], sent);
		EXPECT_EQ(0, ipcbuf_free(record));
		EXPECT_EQ(0, ipcbuf_channel_close(producer));
	}
}

/* Fails if the greatest depth isn't to be had, or a greater one is. */
TEST_F(channel, greatest_depth)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_key key = ipcbuf_key_id(2);
	struct ipcbuf_channel *channel = POISON;

	NEED_BYTES(variant, REGION_BYTES);
	options.depth_slots = IPCBUF_CHANNEL_MAX_SLOTS + 1;
	EXPECT_EQ(-EINVAL, ipcbuf_channel_open(self->region.handle, key,
					       IPCBUF_PRODUCER, &options,
					       &channel));
	options.depth_slots = UINT32_MAX;
	EXPECT_EQ(-EINVAL, ipcbuf_channel_open(self->region.handle, key,
					       IPCBUF_PRODUCER, &options,
					       &channel));
	EXPECT_EQ(POISON, channel);
	EXPECT_EQ(0, ipcbuf_channel_exists(self->region.handle, key));
	options.depth_slots = IPCBUF_CHANNEL_MAX_SLOTS;
	ASSERT_EQ(0, ipcbuf_channel_open(self->region.handle, key,
					 IPCBUF_PRODUCER, &options, &channel));
	EXPECT_EQ(0, ipcbuf_channel_close(channel));
}

/* Fails if a batch loses, reorders or sends more than there is room for. */
TEST_F(channel, batches)
{
	void *records[20], *got[20];
	size_t sent, received;
	uint64_t i;

	for (i = 0; i < 20; i++)
		records[i] = numbered(self->region.handle, i);
	ASSERT_EQ(0, ipcbuf_channel_send_batch(self->producer, records, 5,
					       IPCBUF_NOWAIT, &sent));
	EXPECT_EQ(5, sent);
	ASSERT_EQ(0, ipcbuf_channel_send_batch(self->producer, records + 5, 15,
					       IPCBUF_FOREVER, &sent));
	EXPECT_EQ(3, sent);
	ASSERT_EQ(0, ipcbuf_channel_recv_batch(self->consumer, got, 2,
					       IPCBUF_FOREVER, &received));
	EXPECT_EQ(2, received);
	ASSERT_EQ(0, ipcbuf_channel_recv_batch(self->consumer, got + 2, 18,
					       IPCBUF_FOREVER, &received));
	EXPECT_EQ(6, received);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(i, number_of(got[i]));
	for (i = 8; i < 20; i++)
		EXPECT_EQ(0, ipcbuf_free(records[i]));
}

/* Fails if a bad record in a batch takes the good ones before it along. */
TEST_F(channel, batch_with_a_bad_record)
{
	struct ipcbuf_region *region = self->region.handle;
	void *records[3] = { numbered(region, 0), POISON, numbered(region, 2) };
	void *got;
	size_t sent = 77;

	EXPECT_EQ(-EINVAL, ipcbuf_channel_send_batch(self->producer,
						     records + 1, 2,
						     IPCBUF_NOWAIT, &sent));
	EXPECT_EQ(77, sent);
	ASSERT_EQ(0, ipcbuf_channel_send_batch(self->producer, records, 3,
					       IPCBUF_NOWAIT, &sent));
	EXPECT_EQ(1, sent);
	EXPECT_EQ(1, pending(self->consumer));
	ASSERT_EQ(0, ipcbuf_channel_recv(self->consumer, &got));
	EXPECT_EQ(0, number_of(got));
	EXPECT_EQ(2, number_of(records[2]));
}

/* Fails if a record that stands twice in a batch is sent twice. */
TEST_F(channel, batch_with_a_record_twice)
{
	void *records[2], *got = POISON;
	size_t sent;

	records[0] = records[1] = numbered(self->region.handle, 0);
	ASSERT_EQ(0, ipcbuf_channel_send_batch(self->producer, records, 2,
					       IPCBUF_NOWAIT, &sent));
	EXPECT_EQ(1, sent);
	ASSERT_EQ(0, ipcbuf_channel_recv(self->consumer, &got));
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_try_recv(self->consumer, &records[0]));
	EXPECT_EQ(0, number_of(got));
}

/* Fails if a batch of nothing is anything but a mistake. */
TEST_F(channel, batch_of_nothing)
{
	void *record = POISON;
	size_t count = 77;

	EXPECT_EQ(-EINVAL, ipcbuf_channel_send_batch(self->producer, &record,
						     0, 0, &count));
	EXPECT_EQ(-EINVAL, ipcbuf_channel_recv_batch(self->consumer, &record,
						     0, 0, &count));
	EXPECT_EQ(77, count);
}

/* Fails if an end does what only the other one may. */
TEST_F(channel, wrong_direction)
{
	void *record = numbered(self->region.handle, 1), *got = POISON;
	size_t count = 77;

	EXPECT_EQ(-EINVAL, ipcbuf_channel_send(self->consumer, record));
	EXPECT_EQ(-EINVAL, ipcbuf_channel_try_send(self->consumer, record));
	EXPECT_EQ(-EINVAL, ipcbuf_channel_send_batch(self->consumer, &record,
						     1, 0, &count));
	EXPECT_EQ(-EINVAL, ipcbuf_channel_recv(self->producer, &got));
	EXPECT_EQ(-EINVAL, ipcbuf_channel_try_recv(self->producer, &got));
	EXPECT_EQ(-EINVAL, ipcbuf_channel_recv_batch(self->producer, &got, 1,
						     0, &count));
	EXPECT_EQ(POISON, got);
	EXPECT_EQ(77, count);
	EXPECT_EQ(0, pending(self->consumer));
	EXPECT_EQ(1, number_of(record));
}

struct side {
	struct ipcbuf_channel *channel;
	int tid;
	int started;
};

static void *receive_one(void *arg)
{
	struct side *side = arg;
	void *got;

	side->tid = thread_id();
	gate_post(side->started, 1);
	MUST_EQ(0, ipcbuf_channel_recv(side->channel, &got));
	MUST_EQ(42, number_of(got));
	return NULL;
}

/* Fails if a consumer that sleeps isn't woken by a record. */
TEST_F(channel, wakes_a_consumer)
{
	struct side side = { self->consumer, 0, gate_new() };
	pthread_t thread;
	int round;

	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, receive_one,
					    &side));
		gate_wait(side.started);
		thread_await_sleep(side.tid);
		EXPECT_EQ(0, ipcbuf_channel_send(
				     self->producer,
				     numbered(self->region.handle, 42)));
		EXPECT_EQ(0, pthread_join(thread, NULL));
	}
}

static void *send_one(void *arg)
{
	struct side *side = arg;
	struct ipcbuf_region *region;

	side->tid = thread_id();
	MUST_EQ(0, ipcbuf_channel_region(side->channel, &region));
	gate_post(side->started, 1);
	MUST_EQ(0, ipcbuf_channel_send(side->channel, numbered(region, 42)));
	return NULL;
}

/* Fails if a producer that sleeps isn't woken by room. */
TEST_F(channel, wakes_a_producer)
{
	struct side side = { self->producer, 0, gate_new() };
	pthread_t thread;
	void *got;
	int round;

	for (round = 0; round < 8; round++)
		ASSERT_EQ(0, ipcbuf_channel_try_send(
				     self->producer,
				     numbered(self->region.handle, 42)));
	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, send_one, &side));
		gate_wait(side.started);
		thread_await_sleep(side.tid);
		ASSERT_EQ(0, ipcbuf_channel_recv(self->consumer, &got));
		EXPECT_EQ(42, number_of(got));
		EXPECT_EQ(0, pthread_join(thread, NULL));
	}
	while (!ipcbuf_channel_try_recv(self->consumer, &got))
		EXPECT_EQ(42, number_of(got));
}

TEST_HARNESS_MAIN
