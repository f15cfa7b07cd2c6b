// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory goes back: to the machine when it is free, to the others when a
 * thread, a handle or a process ends as it should.
 */
#include "../common/variants.h"

#include "../common/random.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define RECORDS 3000

REGION_FIXTURE(give_back, 128 * MIB);

static uint64_t committed(struct ipcbuf_region *region)
{
	return region_info(region).committed_bytes;
}

/* Uses some memory of many classes and gives all of it back. */
static void use_and_free(struct ipcbuf_region *region)
{
	static void *records[RECORDS];
	uint64_t limit = region_part(region, 1300);
	struct random random = { 1 };
	unsigned int i;

	for (i = 0; i < RECORDS; i++) {
		size_t bytes = random_size(&random, limit);

		records[i] = record_new(region, bytes);
		memset(records[i], 1, bytes);
	}
	for (i = 0; i < RECORDS; i++)
		MUST_EQ(0, ipcbuf_free(records[i]));
}

/*
 * Fails if what is committed doesn't grow with use and fall again, or if the
 * next use finds less.
 */
TEST_F(give_back, to_the_machine)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_region_info info = region_info(region);
	uint64_t empty = info.committed_bytes, tables;
	unsigned char *record;
	int round;

	if (!system_gives_back(variant->backend))
		SKIP(return, "this system takes no memory back");
	/* The tables of memory that was used once stay. */
	tables = info.size_bytes - info.heap_bytes;
	for (round = 0; round < 3; round++) {
		record = record_new(region, 40 * MIB);
		memset(record, 1, 40 * MIB);
		use_and_free(region);
		EXPECT_LE(empty + 40 * MIB, committed(region));
		EXPECT_EQ(0, ipcbuf_free(record));
		EXPECT_EQ(0, ipcbuf_region_trim(region));
		EXPECT_EQ(0, region_held(region));
		EXPECT_GE(empty + tables + 2 * info.frame_bytes,
			  committed(region));
	}
	EXPECT_LE(empty + 40 * MIB, region_info(region).peak_committed_bytes);
}

/* Fails if memory that was given back isn't there, and its own, when used again. */
TEST_F(give_back, and_used_again)
{
	size_t bytes = region_part(self->region.handle, 43);
	unsigned char *records[20];
	unsigned int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < ARRAY_SIZE(records); i++) {
			records[i] = record_new(self->region.handle, bytes);
			memset(records[i], (int)i, bytes);
		}
		for (i = 0; i < ARRAY_SIZE(records); i++) {
			EXPECT_EQ(i, records[i][0]);
			EXPECT_EQ(i, records[i][bytes - 1]);
			EXPECT_EQ(0, ipcbuf_free(records[i]));
		}
		EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	}
}

static void *use_in_thread(void *region)
{
	use_and_free(region);
	return NULL;
}

/* Fails if a thread takes what it had cached with it. */
TEST_F(give_back, when_a_thread_ends)
{
	struct ipcbuf_region *region = self->region.handle;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, use_in_thread, region));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, region_info(region).held_records);
	EXPECT_EQ(0, region_held(region));
}

static void leave_records(struct ipcbuf_region *region)
{
	uint64_t step = region_part(region, 130000);
	unsigned int i;

	for (i = 0; i < 100; i++)
		record_new(region, 1 + i * step);
}

/* Fails if closing a handle leaves records or caches of it behind. */
TEST_F(give_back, when_a_handle_closes)
{
	struct ipcbuf_region *second = test_region_join(&self->region);
	uint64_t most = region_part(second, 6);

	leave_records(second);
	record_new(second, most);
	use_and_free(second);
	EXPECT_LE(most, region_held(self->region.handle));
	ASSERT_EQ(0, ipcbuf_region_close(second));
	EXPECT_EQ(0, region_held(self->region.handle));
	EXPECT_EQ(0, region_info(self->region.handle).held_records);
}

static int leave_without_a_word(void *arg)
{
	struct ipcbuf_region *region = test_region_join(arg);

	use_and_free(region);
	leave_records(region);
	return 0;
}

/* Fails if a process that returns from main() leaves anything behind. */
TEST_F(give_back, when_a_process_ends)
{
	pid_t peer = peer_start(leave_without_a_word, &self->region);

	ASSERT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, region_held(self->region.handle));
	EXPECT_EQ(1, region_info(self->region.handle).members);
}

/* Until the end of the process closes its handles. */
static void *use_until_closed(void *region)
{
	void *record;
	int ret;

	do {
		ret = ipcbuf_alloc(region, 1000, &record);
	} while (!ret && !ipcbuf_free(record));
	MUST(!ret || ret == -EBADF);
	pause();
	return NULL;
}

static int leave_at_work(void *arg)
{
	struct ipcbuf_region *region = test_region_join(arg);
	pthread_t thread;

	MUST_EQ(0, pthread_create(&thread, NULL, use_in_thread, region));
	record_new(region, 100);
	MUST_EQ(0, pthread_join(thread, NULL));
	record_new(region, 100);
	MUST_EQ(0, pthread_create(&thread, NULL, use_until_closed, region));
	return 0;
}

/* The same where a thread is at work when the process ends. */
TEST_F(give_back, when_a_process_ends_at_work)
{
	pid_t peer = peer_start(leave_at_work, &self->region);

	ASSERT_EQ(0, peer_wait(peer));
	ASSERT_EQ(0, ipcbuf_region_recover(self->region.handle, NULL));
	EXPECT_EQ(0, region_held(self->region.handle));
}

static int leave_by_exit_status(void *arg)
{
	struct ipcbuf_region *region = test_region_join(arg);

	record_new(region, region_part(region, 12));
	_exit(0);
}

/* Fails if one that skips its exit handlers isn't recovered like the dead. */
TEST_F(give_back, when_a_process_skips_its_end)
{
	pid_t peer = peer_start(leave_by_exit_status, &self->region);
	unsigned int recovered = 77;

	ASSERT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, ipcbuf_region_recover(self->region.handle, &recovered));
	EXPECT_EQ(1, recovered);
	EXPECT_EQ(0, region_held(self->region.handle));
}

/* Fails if -ENOMEM is said while the dead still hold what is needed. */
TEST_F(give_back, before_saying_enomem)
{
	pid_t peer = peer_start(leave_by_exit_status, &self->region);
	uint64_t most;
	void *record;

	most = region_info(self->region.handle).max_record_bytes;
	ASSERT_EQ(0, peer_wait(peer));
	record = record_new(self->region.handle, most);
	EXPECT_EQ(0, ipcbuf_free(record));
}

#define BURST 1000u

struct steady {
	struct ipcbuf_channel *channel;
	void *records[BURST];
};

static void *free_received(void *arg)
{
	void *record;

	while (!ipcbuf_channel_recv(arg, &record))
		MUST_EQ(0, ipcbuf_free(record));
	return NULL;
}

static void send_some(struct steady *steady, struct ipcbuf_region *region,
		      unsigned int count, size_t bytes)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		steady->records[i] = record_new(region, bytes);
		memset(steady->records[i], 1, 64);
	}
	for (i = 0; i < count; i++)
		MUST_EQ(0, ipcbuf_channel_send(steady->channel,
					       steady->records[i]));
}

static unsigned int burst_of(size_t bytes)
{
	uint64_t fit = 20 * MIB / bytes;

	return fit < BURST ? (unsigned int)fit : BURST;
}

/*
 * A burst of records, and then a few at a time for as long as it takes. Fails (never
 * ends) if what the burst needed is kept for ever, by any of the ways of looking for
 * blocks: spans of few, of as many as are looked for at once, of many.
 */
TEST_F_TIMEOUT(give_back, what_a_burst_needed, 60)
{
	struct ipcbuf_region *region = self->region.handle;
	uint64_t frame = region_info(region).frame_bytes, burst;
	const size_t sizes[] = { frame / 2, frame / 8, 8192 };
	struct ipcbuf_channel *in = channel_join(region, 1, IPCBUF_CONSUMER, 4);
	struct steady steady = {
		.channel = channel_join(region, 1, IPCBUF_PRODUCER, 4),
	};
	pthread_t thread;
	unsigned int i;

	if (!system_gives_back(variant->backend))
		SKIP(return, "this system takes no memory back");
	ASSERT_EQ(0, pthread_create(&thread, NULL, free_received, in));
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		send_some(&steady, region, burst_of(sizes[i]), sizes[i]);
	burst = committed(region);
	while (committed(region) > burst / 3)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			send_some(&steady, region, 4, sizes[i]);
	EXPECT_EQ(0, ipcbuf_channel_close(steady.channel));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ipcbuf_channel_close(in));
}

TEST_HARNESS_MAIN
