// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Shared segments: their memory, and that an initialiser runs exactly once,
 * however many race for it and whoever dies in it.
 */
#include "../common/variants.h"
#include "../common/fill.h"

#include <pthread.h>
#include <signal.h>

#define RACERS 16
#define BYTES  100000
#define MAGIC  UINT64_C(0x5e6713e57)

REGION_FIXTURE(segment, 8 * MIB);

static const struct ipcbuf_key key = { -1, "segment" };

/* What racers share outside of the region: the test's own pages. */
struct shared {
	const struct test_region *region;
	int start;
	int inside;
	int leave;
	unsigned int *calls;
	int result;
};

static struct shared share(const struct test_region *region)
{
	struct shared shared = { region, gate_new(), gate_new(), gate_new(),
				 NULL, 0 };

	shared.calls = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(shared.calls != MAP_FAILED);
	return shared;
}

static bool is_zero(const unsigned char *memory, size_t bytes)
{
	while (bytes--)
		if (*memory++)
			return false;
	return true;
}

/* Counts itself, and checks that it is given zeroes to start with. */
static int init(void *address, size_t bytes, void *arg)
{
	struct shared *shared = arg;

	__atomic_fetch_add(shared->calls, 1, __ATOMIC_RELAXED);
	MUST(bytes >= BYTES);
	MUST(is_zero(address, bytes));
	fill_write(address, BYTES, MAGIC);
	return shared->result;
}

static int open_segment(struct ipcbuf_region *region, size_t bytes,
			uint32_t flags, int (*run)(void *, size_t, void *),
			void *arg, struct ipcbuf_segment **ret_segment)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;

	options.flags = flags;
	options.init = run;
	options.arg = arg;
	return ipcbuf_segment_open(region, key, bytes, &options, ret_segment);
}

static void *memory_of(struct ipcbuf_segment *segment, size_t *ret_bytes)
{
	void *address;

	MUST_EQ(0, ipcbuf_segment_address(segment, &address, ret_bytes));
	return address;
}

static int join_race(void *arg)
{
	struct shared *shared = arg;
	struct ipcbuf_region *region = test_region_join(shared->region);
	struct ipcbuf_segment *segment;
	size_t bytes;

	gate_wait(shared->start);
	MUST_EQ(0, open_segment(region, BYTES, IPCBUF_SEGMENT_KEEP, init,
				shared, &segment));
	MUST(fill_matches(memory_of(segment, &bytes), BYTES, MAGIC));
	MUST(bytes >= BYTES);
	MUST_EQ(0, ipcbuf_segment_close(segment));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if the initialiser runs twice, or one sees what it hasn't finished. */
TEST_F(segment, race_of_processes)
{
	struct shared shared = share(&self->region);
	pid_t peers[RACERS];
	int round, i;

	for (round = 1; round <= 5; round++) {
		for (i = 0; i < RACERS; i++)
			peers[i] = peer_start(join_race, &shared);
		gate_post(shared.start, RACERS);
		for (i = 0; i < RACERS; i++)
			EXPECT_EQ(0, peer_wait(peers[i]));
		EXPECT_EQ(round, *shared.calls);
		EXPECT_EQ(0, ipcbuf_segment_remove(self->region.handle, key));
	}
	EXPECT_EQ(0, region_held(self->region.handle));
}

static void *join_race_thread(void *arg)
{
	join_race(arg);
	return NULL;
}

/* The same for threads of one process. */
TEST_F(segment, race_of_threads)
{
	struct shared shared = share(&self->region);
	unsigned int racers = system_handles(variant->backend, RACERS), i;
	pthread_t threads[RACERS];

	for (i = 0; i < racers; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    join_race_thread, &shared));
	gate_post(shared.start, racers);
	for (i = 0; i < racers; i++)
		EXPECT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(1, *shared.calls);
	EXPECT_EQ(0, ipcbuf_segment_remove(self->region.handle, key));
}

/* Fails if an initialiser that failed leaves a segment, or its own marks in it. */
TEST_F(segment, initialiser_that_fails)
{
	struct ipcbuf_region *region = self->region.handle;
	struct shared shared = share(&self->region);
	struct ipcbuf_segment *segment = POISON;

	shared.result = -EIDRM;
	EXPECT_EQ(-EIDRM, open_segment(region, BYTES, 0, init, &shared,
				       &segment));
	EXPECT_EQ(POISON, segment);
	EXPECT_EQ(0, ipcbuf_channel_exists(region, key));
	EXPECT_EQ(0, region_held(region));
	shared.result = 0;
	ASSERT_EQ(0, open_segment(region, BYTES, 0, init, &shared, &segment));
	EXPECT_EQ(2, *shared.calls);
	EXPECT_EQ(0, ipcbuf_segment_close(segment));
}

/* Half done when its process is killed. */
static int init_and_hang(void *address, size_t bytes, void *arg)
{
	struct shared *shared = arg;

	(void)init(address, bytes, arg);
	gate_post(shared->inside, 1);
	gate_wait(shared->leave);
	return 0;
}

static int die_in_init(void *arg)
{
	struct shared *shared = arg;
	struct ipcbuf_segment *segment;

	(void)open_segment(test_region_join(shared->region), BYTES, 0,
			   init_and_hang, shared, &segment);
	return 0;
}

/* Fails if the next one waits for ever, or gets what the dead one had begun. */
TEST_F(segment, initialiser_that_dies)
{
	struct shared shared = share(&self->region);
	struct ipcbuf_segment *segment;
	int round;

	for (round = 0; round < 3; round++) {
		pid_t peer = peer_start(die_in_init, &shared);

		gate_wait(shared.inside);
		EXPECT_EQ(-SIGKILL, peer_kill(peer));
		ASSERT_EQ(0, open_segment(self->region.handle, BYTES, 0, init,
					  &shared, &segment));
		EXPECT_EQ(2 * round + 2, *shared.calls);
		EXPECT_TRUE(fill_matches(memory_of(segment, NULL), BYTES,
					 MAGIC));
		EXPECT_EQ(0, ipcbuf_segment_close(segment));
		EXPECT_EQ(0, ipcbuf_region_recover(self->region.handle, NULL));
		EXPECT_EQ(0, region_held(self->region.handle));
	}
}

static int wait_for_init(void *arg)
{
	struct shared *shared = arg;
	struct ipcbuf_region *region = test_region_join(shared->region);
	struct ipcbuf_segment *segment;

	gate_post(shared->start, 1);
	MUST_EQ(0, open_segment(region, BYTES, 0, init, shared, &segment));
	MUST(fill_matches(memory_of(segment, NULL), BYTES, MAGIC));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if one that sleeps until it is made sleeps on when its maker dies. */
TEST_F(segment, initialiser_that_dies_while_others_wait)
{
	struct shared shared = share(&self->region);
	pid_t maker = peer_start(die_in_init, &shared), waiter;

	gate_wait(shared.inside);
	waiter = peer_start(wait_for_init, &shared);
	gate_wait(shared.start);
	thread_await_sleep(waiter);
	EXPECT_EQ(-SIGKILL, peer_kill(maker));
	EXPECT_EQ(0, peer_wait(waiter));
	EXPECT_EQ(2, *shared.calls);
	EXPECT_EQ(0, ipcbuf_region_recover(self->region.handle, NULL));
}

/* Fails if a deadline doesn't end the wait for another's initialiser. */
TEST_F(segment, deadline)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	struct shared shared = share(&self->region);
	struct ipcbuf_segment *segment = POISON;
	pid_t maker = peer_start(die_in_init, &shared);

	gate_wait(shared.inside);
	options.deadline_ns = 1;
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_segment_open(self->region.handle, key,
						  BYTES, &options, &segment));
	options.deadline_ns = ipcbuf_deadline_ns(30000000);
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_segment_open(self->region.handle, key,
						  BYTES, &options, &segment));
	EXPECT_EQ(POISON, segment);
	gate_post(shared.leave, 1);
	EXPECT_EQ(0, peer_wait(maker));
	EXPECT_EQ(1, *shared.calls);
}

/* Fails if a segment is given that is too small, or an impossible one is made. */
TEST_F(segment, sizes)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_segment *segment, *second = POISON;
	size_t bytes;

	EXPECT_EQ(-ENOENT, open_segment(region, 0, 0, NULL, NULL, &second));
	EXPECT_EQ(-EMSGSIZE, open_segment(region, 100 * MIB, 0, NULL, NULL,
					  &second));
	EXPECT_EQ(-EMSGSIZE, open_segment(region, SIZE_MAX, 0, NULL, NULL,
					  &second));
	ASSERT_EQ(0, open_segment(region, BYTES, 0, NULL, NULL, &segment));
	EXPECT_TRUE(is_zero(memory_of(segment, &bytes), BYTES));
	EXPECT_LE(BYTES, bytes);
	EXPECT_EQ(-EMSGSIZE, open_segment(region, 4 * BYTES, 0, NULL, NULL,
					  &second));
	EXPECT_EQ(POISON, second);
	ASSERT_EQ(0, open_segment(region, 0, 0, NULL, NULL, &second));
	EXPECT_EQ(memory_of(segment, NULL), memory_of(second, NULL));
	EXPECT_EQ(0, ipcbuf_segment_close(second));
	ASSERT_EQ(0, open_segment(region, 100, 0, NULL, NULL, &second));
	EXPECT_EQ(0, ipcbuf_segment_close(second));
	EXPECT_EQ(0, ipcbuf_segment_close(segment));
	EXPECT_EQ(0, region_held(region));
}

/* Fails if flags don't do what they say. */
TEST_F(segment, flags)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_segment *segment, *second = POISON;

	EXPECT_EQ(-ENOENT, open_segment(region, 100, IPCBUF_SEGMENT_OPEN_ONLY,
					NULL, NULL, &second));
	EXPECT_EQ(-EINVAL, open_segment(region, 100, 0x80000000, NULL, NULL,
					&second));
	ASSERT_EQ(0, open_segment(region, 100, IPCBUF_SEGMENT_EXCL, NULL,
				  NULL, &segment));
	EXPECT_EQ(-EEXIST, open_segment(region, 100, IPCBUF_SEGMENT_EXCL,
					NULL, NULL, &second));
	EXPECT_EQ(POISON, second);
	EXPECT_EQ(0, ipcbuf_segment_close(segment));
	EXPECT_EQ(0, ipcbuf_channel_exists(region, key));
}

/* Fails if a kept segment forgets, or a removed one is pulled away. */
TEST_F(segment, keep_and_remove)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_segment *segment, *next;
	unsigned char *memory;

	ASSERT_EQ(0, open_segment(region, BYTES, IPCBUF_SEGMENT_KEEP, NULL,
				  NULL, &segment));
	fill_write(memory_of(segment, NULL), BYTES, 1);
	EXPECT_EQ(0, ipcbuf_segment_close(segment));
	ASSERT_EQ(0, open_segment(region, 0, 0, NULL, NULL, &segment));
	memory = memory_of(segment, NULL);
	EXPECT_TRUE(fill_matches(memory, BYTES, 1));
	EXPECT_EQ(0, ipcbuf_segment_remove(region, key));
	EXPECT_EQ(-ENOENT, ipcbuf_segment_remove(region, key));
	EXPECT_TRUE(fill_matches(memory, BYTES, 1));
	ASSERT_EQ(0, open_segment(region, BYTES, 0, NULL, NULL, &next));
	EXPECT_NE(memory, memory_of(next, NULL));
	EXPECT_TRUE(is_zero(memory_of(next, NULL), BYTES));
	EXPECT_EQ(0, ipcbuf_segment_close(segment));
	EXPECT_EQ(0, ipcbuf_segment_close(next));
	EXPECT_EQ(0, region_held(region));
}

/* Fails if memory that was used before isn't zeroed for a new segment. */
TEST_F(segment, zeroed_after_use)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_segment *segment;
	void *record;
	int i;

	for (i = 0; i < 10; i++) {
		record = record_new(region, BYTES);
		fill_write(record, BYTES, 3);
		EXPECT_EQ(0, ipcbuf_free(record));
		ASSERT_EQ(0, open_segment(region, BYTES, 0, NULL, NULL,
					  &segment));
		EXPECT_TRUE(is_zero(memory_of(segment, NULL), BYTES));
		fill_write(memory_of(segment, NULL), BYTES, 4);
		EXPECT_EQ(0, ipcbuf_segment_close(segment));
	}
}

TEST_HARNESS_MAIN
