// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Records that end elsewhere than where they began come back to those who
 * allocate: much more passes through than the region could hold.
 */
#include "../common/variants.h"
#include "../common/fill.h"
#include "../common/random.h"

#include <pthread.h>

REGION_FIXTURE(remote, 16 * MIB);

/* Who frees: the thread or process at the other end of channel 1. */
static void free_all(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *consumer;
	uint64_t serial, expected = 0;
	void *record;
	size_t usable;
	int ret;

	consumer = channel_join(region, 1, IPCBUF_CONSUMER, 0);
	while (!(ret = ipcbuf_channel_recv(consumer, &record))) {
		MUST_EQ(0, ipcbuf_usable_size(record, &usable));
		MUST(message_read(record, usable, &serial));
		MUST_EQ(expected++, serial);
		MUST_EQ(0, ipcbuf_free(record));
	}
	MUST_EQ(-EPIPE, ret);
	MUST_EQ(0, ipcbuf_channel_close(consumer));
}

/* At most 64 records are on their way, so -ENOMEM can only be a leak. */
static void send_all(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *producer;
	uint64_t whole = region_part(region, 1), passed = 0, serial = 0;
	struct random random = { 1 };

	producer = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	while (passed < 10 * whole) {
		size_t bytes = MESSAGE_MIN_BYTES +
			       random_below(&random, whole / 256);
		void *record = record_new(region, bytes);

		message_write(record, bytes, serial++);
		MUST_EQ(0, ipcbuf_channel_send(producer, record));
		passed += bytes;
	}
	MUST_EQ(0, ipcbuf_channel_close(producer));
}

static int consumer_process(void *arg)
{
	struct ipcbuf_region *region = test_region_join(arg);

	free_all(region);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if what another process frees is lost to this one. */
TEST_F_TIMEOUT(remote, freed_by_another_process, 60)
{
	pid_t peer = peer_start(consumer_process, &self->region);

	send_all(self->region.handle);
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
}

static int producer_process(void *arg)
{
	struct ipcbuf_region *region = test_region_join(arg);

	send_all(region);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if what was received from a process that has left is lost. */
TEST_F_TIMEOUT(remote, freed_after_the_producer_left, 60)
{
	pid_t peer = peer_start(producer_process, &self->region);

	free_all(self->region.handle);
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
}

static void *consumer_thread(void *arg)
{
	free_all(arg);
	return NULL;
}

/* Fails if what another thread frees is lost to this one. */
TEST_F_TIMEOUT(remote, freed_by_another_thread, 60)
{
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, consumer_thread,
				    self->region.handle));
	send_all(self->region.handle);
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
}

/* One record of each size at a time, from a new thread each. */
static void *alloc_and_leave(void *arg)
{
	void **records = arg;
	unsigned int i;

	for (i = 0; i < 100; i++)
		records[i + 1] = record_new(records[0], 64 + 100 * i);
	return NULL;
}

/* Fails if slabs of threads that have ended are used no more. */
TEST_F_TIMEOUT(remote, allocated_by_threads_that_ended, 60)
{
	void *records[101] = { self->region.handle };
	pthread_t thread;
	int round;
	unsigned int i;

	for (round = 0; round < 100; round++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, alloc_and_leave,
					    records));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		for (i = 0; i < 100; i++)
			ASSERT_EQ(0, ipcbuf_free(records[i + 1]));
	}
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
}

#define PAIRS 2000u
#define LARGE 100u

struct freer {
	void *record;
	int begin;
	int done;
};

static void *alloc_pair(void *arg)
{
	void **records = arg;

	records[1] = record_new(records[0], 1024);
	records[2] = record_new(records[0], 1024);
	return NULL;
}

static void *free_each(void *arg)
{
	struct freer *freer = arg;
	unsigned int i;

	for (i = 0; i < PAIRS; i++) {
		gate_wait(freer->begin);
		MUST_EQ(0, ipcbuf_free(freer->record));
		gate_post(freer->done, 1);
	}
	return NULL;
}

/*
 * Fails if the slab of a thread that ended stays with one that only frees: the other
 * record's free, by another thread, gives it back to nobody. So many don't fit.
 */
TEST_F_TIMEOUT(remote, freed_by_two_that_allocate_nothing, 60)
{
	struct freer freer = { .begin = gate_new(), .done = gate_new() };
	void *records[3] = { self->region.handle };
	pthread_t owner, other;
	unsigned int i;

	ASSERT_EQ(0, pthread_create(&other, NULL, free_each, &freer));
	for (i = 0; i < PAIRS; i++) {
		ASSERT_EQ(0, pthread_create(&owner, NULL, alloc_pair, records));
		ASSERT_EQ(0, pthread_join(owner, NULL));
		ASSERT_EQ(0, ipcbuf_free(records[1]));
		freer.record = records[2];
		gate_post(freer.begin, 1);
		gate_wait(freer.done);
	}
	ASSERT_EQ(0, pthread_join(other, NULL));
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
}

/* A record of the main thread's at a time; the last one has been freed. */
static void *free_large(void *arg)
{
	struct freer *freer = arg;
	unsigned int i;

	MUST_EQ(-EINVAL, ipcbuf_free(freer->record));
	for (i = 0; i < LARGE; i++) {
		gate_post(freer->done, 1);
		gate_wait(freer->begin);
		MUST_EQ(0, ipcbuf_free(freer->record));
		MUST_EQ(-EINVAL, ipcbuf_free(freer->record));
	}
	gate_post(freer->done, 1);
	return NULL;
}

/*
 * Fails if a large record can be freed twice by a thread that doesn't have its span:
 * before it has freed any, or after, of the same class or of another.
 */
TEST_F_TIMEOUT(remote, large_freed_twice, 60)
{
	struct freer freer = { .begin = gate_new(), .done = gate_new() };
	uint64_t part = region_part(self->region.handle, 32);
	pthread_t thread;
	unsigned int i;

	freer.record = record_new(self->region.handle, part);
	ASSERT_EQ(0, ipcbuf_free(freer.record));
	ASSERT_EQ(0, pthread_create(&thread, NULL, free_large, &freer));
	for (i = 0; i < LARGE; i++) {
		gate_wait(freer.done);
		freer.record = record_new(self->region.handle,
					  part >> i % 5);
		gate_post(freer.begin, 1);
	}
	gate_wait(freer.done);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
}

TEST_HARNESS_MAIN
