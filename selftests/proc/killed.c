// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Processes killed at any moment. Whoever talks to them is told -EOWNERDEAD
 * once and -EPIPE from then on, nobody hangs, and after recovery the region is
 * clean and holds nothing of theirs.
 *
 * The moment is random: the killer lets a random number of records pass, and
 * some turns more. It isn't the same in two runs, the numbers are.
 */
#include "../common/variants.h"
#include "../common/fill.h"
#include "../common/random.h"

#include <pthread.h>
#include <signal.h>

#define KILLS        20
#define RECORD_LIMIT 30000

REGION_FIXTURE(killed, 32 * MIB);

struct worker {
	const struct test_region *region;
	int started;
	uint64_t seed;
};

/* A record with a number and a pattern. */
static void *message(struct ipcbuf_region *region, struct random *random)
{
	size_t bytes = MESSAGE_MIN_BYTES + random_size(random, RECORD_LIMIT);
	void *record = record_new(region, bytes);

	message_write(record, bytes, random->state);
	return record;
}

static void check_and_free(void *record)
{
	uint64_t serial;
	size_t usable;

	MUST_EQ(0, ipcbuf_usable_size(record, &usable));
	MUST(message_read(record, usable, &serial));
	MUST_EQ(0, ipcbuf_free(record));
}

/* Those below never end by themselves. */
static void wait_to_be_killed(void)
{
	for (;;)
		pause();
}

/* Whose consumer is killed first waits for its turn. */
static int produce(void *arg)
{
	const struct worker *worker = arg;
	struct ipcbuf_region *region = test_region_join(worker->region);
	struct random random = { worker->seed };
	struct ipcbuf_channel *out;
	int ret;

	out = channel_join(region, 1, IPCBUF_PRODUCER, 16);
	gate_post(worker->started, 1);
	do {
		if (random_below(&random, 4) == 0)
			MUST_EQ(0, ipcbuf_free(message(region, &random)));
		ret = ipcbuf_channel_send(out, message(region, &random));
	} while (!ret);
	MUST_EQ(-EOWNERDEAD, ret);
	wait_to_be_killed();
	return 0;
}

static int consume(void *arg)
{
	const struct worker *worker = arg;
	struct ipcbuf_region *region = test_region_join(worker->region);
	struct ipcbuf_channel *in;
	void *record;
	int ret;

	in = channel_join(region, 1, IPCBUF_CONSUMER, 16);
	gate_post(worker->started, 1);
	while (!(ret = ipcbuf_channel_recv(in, &record)))
		check_and_free(record);
	MUST_EQ(0, ret);
	return 0;
}

static int forward(void *arg)
{
	const struct worker *worker = arg;
	struct ipcbuf_region *region = test_region_join(worker->region);
	struct ipcbuf_channel *in, *out;
	void *record;
	int ret;

	in = channel_join(region, 1, IPCBUF_CONSUMER, 16);
	out = channel_join(region, 2, IPCBUF_PRODUCER, 16);
	gate_post(worker->started, 1);
	while (!(ret = ipcbuf_channel_recv(in, &record)))
		MUST_EQ(0, ipcbuf_channel_send(out, record));
	MUST_EQ(0, ret);
	return 0;
}

static int hoard(void *arg)
{
	const struct worker *worker = arg;
	struct ipcbuf_region *region = test_region_join(worker->region);
	struct random random = { worker->seed };
	uint64_t limit = region_part(region, 32);
	void *records[16] = { NULL };
	unsigned int i = 0;

	gate_post(worker->started, 1);
	do {
		records[i] = record_new(region, random_size(&random, limit));
		i = (i + 1) % ARRAY_SIZE(records);
	} while (!ipcbuf_free(records[i]));
	MUST(!"a record of its own couldn't be freed");
	return 0;
}

/* Channels and segments, left and removed in turn, with a record in each. */
static int come_and_go(void *arg)
{
	const struct worker *worker = arg;
	struct ipcbuf_region *region;
	struct ipcbuf_channel *channel;
	struct ipcbuf_segment *segment;
	int64_t id;

	gate_post(worker->started, 1);
again:
	region = test_region_join(worker->region);
	for (id = 0; id < 20; id++) {
		channel = channel_join(region, id, IPCBUF_PRODUCER, 4);
		MUST_EQ(0, ipcbuf_channel_send(channel,
					       record_new(region, 100)));
		MUST_EQ(0, ipcbuf_segment_open(region, ipcbuf_key_id(100 + id),
					       1000, NULL, &segment));
		MUST_EQ(0, id % 3 ? ipcbuf_channel_close(channel) :
			   ipcbuf_channel_remove(region, ipcbuf_key_id(id)));
		if (id % 2)
			MUST_EQ(0, ipcbuf_segment_close(segment));
	}
	if (!ipcbuf_region_close(region))
		goto again;
	return CHECK_FAILED;
}

static pid_t start(struct worker *worker, int (*run)(void *))
{
	pid_t peer;

	worker->seed++;
	peer = peer_start(run, worker);
	gate_wait(worker->started);
	return peer;
}

/* The region after the dead are gone and the living have left. */
static void expect_clean(struct __test_metadata *_metadata,
			 struct ipcbuf_region *region)
{
	EXPECT_EQ(0, ipcbuf_region_recover(region, NULL));
	EXPECT_EQ(0, ipcbuf_region_trim(region));
	EXPECT_EQ(0, region_held(region));
	EXPECT_EQ(1, region_info(region).members);
	EXPECT_EQ(0, region_info(region).channels);
	EXPECT_EQ(0, region_info(region).segments);
	EXPECT_EQ(0, region_verify(region));
}

/* What is left comes whole; then it is said that the producer died; once. */
static void drain_the_dead(struct __test_metadata *_metadata,
			   struct ipcbuf_channel *consumer)
{
	void *record = POISON;
	int ret;

	while (!(ret = ipcbuf_channel_recv(consumer, &record)))
		check_and_free(record);
	EXPECT_EQ(-EOWNERDEAD, ret);
	record = POISON;
	EXPECT_EQ(-EPIPE, ipcbuf_channel_recv(consumer, &record));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_try_recv(consumer, &record));
	EXPECT_EQ(POISON, record);
	EXPECT_EQ(0, ipcbuf_channel_has_producer(consumer));
}

/* Fails if what a dead producer sent is lost or spoiled, or its end isn't told. */
TEST_F_TIMEOUT(killed, producer, 60)
{
	struct worker worker = { &self->region, gate_new(), 0 };
	struct random random = { 100 };
	struct ipcbuf_channel *consumer;
	void *record;
	int kills;

	for (kills = 0; kills < KILLS && _metadata->passed; kills++) {
		uint64_t records = random_below(&random, 300);
		pid_t peer = start(&worker, produce);

		consumer = channel_join(self->region.handle, 1,
					IPCBUF_CONSUMER, 0);
		while (records--) {
			ASSERT_EQ(0, ipcbuf_channel_recv(consumer, &record));
			check_and_free(record);
		}
		random_delay(&random, 3000);
		EXPECT_EQ(-SIGKILL, peer_kill(peer));
		drain_the_dead(_metadata, consumer);
		EXPECT_EQ(0, ipcbuf_channel_close(consumer));
		expect_clean(_metadata, self->region.handle);
	}
}

/* Fails if a producer goes on, or hangs, when its consumer has died. */
TEST_F_TIMEOUT(killed, consumer, 60)
{
	struct ipcbuf_region *region = self->region.handle;
	struct worker worker = { &self->region, gate_new(), 0 };
	struct random random = { 200 };
	struct ipcbuf_channel *producer;
	void *record;
	int kills, ret;

	for (kills = 0; kills < KILLS && _metadata->passed; kills++) {
		uint64_t records = random_below(&random, 300);
		pid_t peer = start(&worker, consume);

		producer = channel_join(region, 1, IPCBUF_PRODUCER, 0);
		while (records--)
			ASSERT_EQ(0, ipcbuf_channel_send(
					     producer,
					     message(region, &random)));
		random_delay(&random, 3000);
		EXPECT_EQ(-SIGKILL, peer_kill(peer));
		do {
			record = message(region, &random);
			ret = ipcbuf_channel_send(producer, record);
		} while (!ret);
		EXPECT_EQ(-EOWNERDEAD, ret);
		EXPECT_EQ(-EPIPE, ipcbuf_channel_send(producer, record));
		EXPECT_EQ(-EPIPE, ipcbuf_channel_try_send(producer, record));
		EXPECT_EQ(0, ipcbuf_channel_has_consumer(producer));
		EXPECT_EQ(0, ipcbuf_free(record));
		EXPECT_EQ(0, ipcbuf_channel_close(producer));
		expect_clean(_metadata, region);
	}
}

/* Fails if one in the middle of a chain takes records with it. */
TEST_F_TIMEOUT(killed, forwarder, 60)
{
	struct ipcbuf_region *region = self->region.handle;
	struct worker worker = { &self->region, gate_new(), 0 };
	struct random random = { 300 };
	struct ipcbuf_channel *consumer;
	void *record;
	int kills;

	for (kills = 0; kills < KILLS && _metadata->passed; kills++) {
		uint64_t records = random_below(&random, 300);
		pid_t first = start(&worker, produce);
		pid_t middle = start(&worker, forward);

		consumer = channel_join(region, 2, IPCBUF_CONSUMER, 0);
		while (records--) {
			ASSERT_EQ(0, ipcbuf_channel_recv(consumer, &record));
			check_and_free(record);
		}
		random_delay(&random, 3000);
		EXPECT_EQ(-SIGKILL, peer_kill(middle));
		drain_the_dead(_metadata, consumer);
		EXPECT_EQ(0, ipcbuf_channel_close(consumer));
		EXPECT_EQ(-SIGKILL, peer_kill(first));
		expect_clean(_metadata, region);
	}
}

/* Kills a worker after a random time that it spends working. */
static void kill_at_work(struct __test_metadata *_metadata,
			 const struct test_region *region,
			 int (*run)(void *), uint64_t turns)
{
	struct worker worker = { region, gate_new(), 0 };
	struct random random = { turns };
	unsigned int recovered = 77;
	int kills;

	for (kills = 0; kills < KILLS && _metadata->passed; kills++) {
		pid_t peer = start(&worker, run);

		random_delay(&random, turns);
		EXPECT_EQ(-SIGKILL, peer_kill(peer));
		EXPECT_EQ(0, ipcbuf_region_recover(region->handle,
						   &recovered));
		EXPECT_GE(1, recovered);
		expect_clean(_metadata, region->handle);
	}
}

/* Fails if records of the dead, of any size and half allocated, stay held. */
TEST_F_TIMEOUT(killed, holder, 60)
{
	kill_at_work(_metadata, &self->region, hoard, 2000000);
}

/* Fails if one who dies while it opens or removes leaves the directory broken. */
TEST_F_TIMEOUT(killed, opener, 60)
{
	kill_at_work(_metadata, &self->region, come_and_go, 2000000);
}

struct sleeper {
	struct ipcbuf_channel *channel;
	pid_t tid;
	int started;
};

static void *sleep_until_death(void *arg)
{
	struct sleeper *sleeper = arg;
	void *record;

	sleeper->tid = thread_id();
	gate_post(sleeper->started, 1);
	MUST_EQ(-EOWNERDEAD, ipcbuf_channel_recv(sleeper->channel, &record));
	return NULL;
}

static int send_nothing(void *arg)
{
	const struct worker *worker = arg;
	struct ipcbuf_region *region = test_region_join(worker->region);

	channel_join(region, 1, IPCBUF_PRODUCER, 16);
	gate_post(worker->started, 1);
	wait_to_be_killed();
	return 0;
}

static int receive_nothing(void *arg)
{
	const struct worker *worker = arg;
	struct ipcbuf_region *region = test_region_join(worker->region);

	channel_join(region, 1, IPCBUF_CONSUMER, 16);
	gate_post(worker->started, 1);
	wait_to_be_killed();
	return 0;
}

/* Fails if one that sleeps doesn't notice that its peer has died. */
TEST_F(killed, while_the_peer_sleeps)
{
	struct worker worker = { &self->region, gate_new(), 0 };
	struct sleeper sleeper = { NULL, 0, gate_new() };
	pid_t peer = start(&worker, send_nothing);
	pthread_t thread;

	sleeper.channel = channel_join(self->region.handle, 1,
				       IPCBUF_CONSUMER, 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, sleep_until_death,
				    &sleeper));
	gate_wait(sleeper.started);
	thread_await_sleep(sleeper.tid);
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ipcbuf_channel_close(sleeper.channel));
	expect_clean(_metadata, self->region.handle);
}

/* Fails if one that never waits doesn't notice that its consumer has died. */
TEST_F(killed, while_the_producer_polls)
{
	struct worker worker = { &self->region, gate_new(), 0 };
	struct random random = { 400 };
	struct ipcbuf_region *region = self->region.handle;
	pid_t peer = start(&worker, receive_nothing);
	struct ipcbuf_channel *producer;
	void *record;
	int ret;

	producer = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	do {
		record = message(region, &random);
		ret = ipcbuf_channel_try_send(producer, record);
	} while (!ret);
	EXPECT_EQ(-EAGAIN, ret);
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	do {
		ret = ipcbuf_channel_try_send(producer, record);
	} while (ret == -EAGAIN);
	EXPECT_EQ(-EOWNERDEAD, ret);
	EXPECT_EQ(-EPIPE, ipcbuf_channel_try_send(producer, record));
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	expect_clean(_metadata, region);
}

/* Fails if one that never waits doesn't notice that its producer has died. */
TEST_F(killed, while_the_consumer_polls)
{
	struct worker worker = { &self->region, gate_new(), 0 };
	pid_t peer = start(&worker, send_nothing);
	struct ipcbuf_channel *consumer;
	void *records[4];
	size_t received;
	int ret;

	consumer = channel_join(self->region.handle, 1, IPCBUF_CONSUMER, 0);
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_try_recv(consumer, records));
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	do {
		ret = ipcbuf_channel_try_recv(consumer, records);
	} while (ret == -EAGAIN);
	EXPECT_EQ(-EOWNERDEAD, ret);
	EXPECT_EQ(-EPIPE, ipcbuf_channel_try_recv(consumer, records));

	/* The same with deadlines before the first tick. */
	peer = start(&worker, send_nothing);
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	do {
		ret = ipcbuf_channel_recv_until(consumer, records,
						ipcbuf_deadline_ns(1000000));
	} while (ret == -ETIMEDOUT);
	EXPECT_EQ(-EOWNERDEAD, ret);

	/* With batches. */
	peer = start(&worker, send_nothing);
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	do {
		ret = ipcbuf_channel_recv_batch(consumer, records, 4,
						IPCBUF_NOWAIT, &received);
	} while (ret == -EAGAIN);
	EXPECT_EQ(-EOWNERDEAD, ret);
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	expect_clean(_metadata, self->region.handle);
}

#define OWN_SENT     12
#define OWN_RECEIVED 5

/* Is both sides of one channel, and has taken some of what it sent. */
static int send_to_itself(void *arg)
{
	const struct worker *worker = arg;
	struct ipcbuf_region *region = test_region_join(worker->region);
	struct ipcbuf_channel *in, *out;
	void *record;
	uint64_t i;

	out = channel_join(region, 1, IPCBUF_PRODUCER, 16);
	in = channel_join(region, 1, IPCBUF_CONSUMER, 16);
	for (i = 0; i < OWN_SENT; i++) {
		record = record_new(region, MESSAGE_MIN_BYTES);
		message_write(record, MESSAGE_MIN_BYTES, i);
		MUST_EQ(0, ipcbuf_channel_send(out, record));
	}
	for (i = 0; i < OWN_RECEIVED; i++)
		MUST_EQ(0, ipcbuf_channel_recv(in, &record));
	gate_post(worker->started, 1);
	wait_to_be_killed();
	return 0;
}

/*
 * Fails if what one sends that has both ends is lost with it, as something that
 * it had begun to receive.
 */
TEST_F(killed, with_both_ends)
{
	struct ipcbuf_channel_options keep = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct worker worker = { &self->region, gate_new(), 0 };
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *consumer;
	uint64_t i, serial;
	void *record;

	keep.flags = IPCBUF_CHANNEL_KEEP;
	ASSERT_EQ(0, ipcbuf_channel_open(region, ipcbuf_key_id(1),
					 IPCBUF_CONSUMER, &keep, &consumer));
	ASSERT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(-SIGKILL, peer_kill(start(&worker, send_to_itself)));
	consumer = channel_join(region, 1, IPCBUF_CONSUMER, 16);
	for (i = OWN_RECEIVED; i < OWN_SENT; i++) {
		ASSERT_EQ(0, ipcbuf_channel_try_recv(consumer, &record));
		EXPECT_TRUE(message_read(record, MESSAGE_MIN_BYTES, &serial));
		EXPECT_EQ(i, serial);
		EXPECT_EQ(0, ipcbuf_free(record));
	}
	EXPECT_EQ(-EOWNERDEAD, ipcbuf_channel_try_recv(consumer, &record));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_try_recv(consumer, &record));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(0, ipcbuf_channel_remove(region, ipcbuf_key_id(1)));
	expect_clean(_metadata, region);
}

/* Fails if the end of one that died can't be taken by another at once. */
TEST_F(killed, successor)
{
	struct worker worker = { &self->region, gate_new(), 0 };
	struct ipcbuf_channel *consumer;
	void *record;
	int i;

	consumer = channel_join(self->region.handle, 1, IPCBUF_CONSUMER, 0);
	for (i = 0; i < 10; i++) {
		pid_t peer = start(&worker, produce);

		ASSERT_EQ(0, ipcbuf_channel_recv(consumer, &record));
		check_and_free(record);
		EXPECT_EQ(-SIGKILL, peer_kill(peer));
	}
	drain_the_dead(_metadata, consumer);
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	expect_clean(_metadata, self->region.handle);
}

TEST_HARNESS_MAIN
