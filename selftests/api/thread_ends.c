// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Threads that end while their process lives, in each of the ways there are,
 * in whatever they are doing. Their magazines and slabs go to others; what they
 * held as records is the process's still; nothing that they were inside of
 * waits for them.
 */
#include "../common/variants.h"

#include "../common/fill.h"

#include <pthread.h>

#define THREADS 400
#define BLOCKS  40
#define BYTES   1000

REGION_FIXTURE(thread_ends, 8 * MIB);

static struct ipcbuf_region *region;

/* Fill magazines of several classes: what was freed is kept for later. */
static void use_heap(void)
{
	void *blocks[BLOCKS];
	unsigned int i;

	for (i = 0; i < BLOCKS; i++)
		blocks[i] = record_new(region, BYTES * (1 + i % 4));
	for (i = 0; i < BLOCKS; i++)
		MUST_EQ(0, ipcbuf_free(blocks[i]));
}

static void *by_returning(void *arg)
{
	(void)arg;
	use_heap();
	return NULL;
}

static void *by_pthread_exit(void *arg)
{
	(void)arg;
	use_heap();
	pthread_exit(NULL);
}

static void *by_cancellation(void *arg)
{
	(void)arg;
	use_heap();
	pthread_cancel(pthread_self());
	pthread_testcancel();
	MUST(!"was not cancelled");
	return NULL;
}

/* Is cancelled on its way through the heap, wherever that is. */
static void *in_the_middle(void *arg)
{
	gate_post(*(int *)arg, 1);
	for (;;) {
		use_heap();
		pthread_testcancel();
	}
	return NULL;
}

static void run(void *(*body)(void *arg), void *arg)
{
	pthread_t thread;

	MUST_EQ(0, pthread_create(&thread, NULL, body, arg));
	MUST_EQ(0, pthread_join(thread, NULL));
}

/*
 * Fails if a thread takes blocks or slabs with it: those of so many don't fit
 * into the region.
 */
static void many(struct __test_metadata *_metadata,
		 struct ipcbuf_region *handle, void *(*body)(void *arg))
{
	uint64_t after_first;
	unsigned int i;

	region = handle;
	run(body, NULL);
	after_first = region_info(handle).committed_bytes;
	for (i = 0; i < THREADS; i++)
		run(body, NULL);
	EXPECT_EQ(0, region_held(handle));
	if (system_gives_back(region_info(handle).backend))
		EXPECT_GE(after_first, region_info(handle).committed_bytes);
}

TEST_F(thread_ends, by_returning)
{
	many(_metadata, self->region.handle, by_returning);
}

TEST_F(thread_ends, by_pthread_exit)
{
	many(_metadata, self->region.handle, by_pthread_exit);
}

TEST_F(thread_ends, by_cancellation)
{
	many(_metadata, self->region.handle, by_cancellation);
}

/* Fails if one that is cancelled while it allocates leaves something half-done. */
TEST_F(thread_ends, in_the_middle)
{
	int begun = gate_new();
	pthread_t thread;
	unsigned int i;

	region = self->region.handle;
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, in_the_middle,
					    &begun));
		gate_wait(begun);
		ASSERT_EQ(0, pthread_cancel(thread));
		ASSERT_EQ(0, pthread_join(thread, NULL));
	}
	EXPECT_EQ(0, region_held(region));
}

static void *keep_one(void *arg)
{
	*(void **)arg = record_new(region, BYTES);
	return NULL;
}

/* Fails if a record goes with the thread that allocated it. */
TEST_F(thread_ends, records_stay)
{
	uint64_t serial;
	void *record;

	region = self->region.handle;
	run(keep_one, &record);
	EXPECT_NE(0, region_held(region));
	message_write(record, BYTES, 7);
	run(by_returning, NULL);
	EXPECT_TRUE(message_read(record, BYTES, &serial));
	EXPECT_EQ(7, serial);
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, region_held(region));
}

struct waiter {
	struct ipcbuf_channel *in;
	int begun;
	pid_t tid;
	int result;
};

static void *wait_for_record(void *arg)
{
	struct waiter *waiter = arg;
	void *record;

	waiter->tid = thread_id();
	gate_post(waiter->begun, 1);
	waiter->result = ipcbuf_channel_recv(waiter->in, &record);
	pthread_testcancel();
	return NULL;
}

/*
 * A thread that is asleep in a call isn't cancelled there, but behind it.
 * Fails if it ends in its sleep: closing the channel would then wait for it for
 * ever.
 */
TEST_F(thread_ends, not_while_it_waits)
{
	struct waiter waiter = { .begun = gate_new(), .result = 1 };
	struct ipcbuf_channel *out;
	pthread_t thread;
	void *result;

	region = self->region.handle;
	out = channel_join(region, 1, IPCBUF_PRODUCER, 4);
	waiter.in = channel_join(region, 1, IPCBUF_CONSUMER, 4);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_for_record, &waiter));
	gate_wait(waiter.begun);
	thread_await_sleep(waiter.tid);
	ASSERT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, ipcbuf_channel_send(out, record_new(region, BYTES)));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(PTHREAD_CANCELED, result);
	EXPECT_EQ(0, waiter.result);
	EXPECT_EQ(0, ipcbuf_channel_close(waiter.in));
	EXPECT_EQ(0, ipcbuf_channel_close(out));
}

struct closing {
	struct ipcbuf_channel *channel;
	int begun;
	pid_t tid;
	int result;
};

static void *close_channel(void *arg)
{
	struct closing *closing = arg;

	closing->tid = thread_id();
	gate_post(closing->begun, 1);
	closing->result = ipcbuf_channel_close(closing->channel);
	pthread_testcancel();
	return NULL;
}

struct inside {
	int begun;
	int go;
};

static int stay_inside(const struct ipcbuf_member_info *info, void *arg)
{
	const struct inside *inside = arg;

	(void)info;
	gate_post(inside->begun, 1);
	gate_wait(inside->go);
	return 0;
}

static void *look(void *arg)
{
	MUST_EQ(0, ipcbuf_region_list_members(region, stay_inside, arg));
	return NULL;
}

/*
 * Closing waits until no thread is inside a call any more. Fails if a thread
 * that is cancelled meanwhile ends there: nobody could close anything then.
 */
TEST_F(thread_ends, not_while_it_closes)
{
	struct closing closing = { .begun = gate_new(), .result = 1 };
	struct inside inside = { gate_new(), gate_new() };
	pthread_t looker, closer;
	void *result;

	region = self->region.handle;
	closing.channel = channel_join(region, 1, IPCBUF_PRODUCER, 4);
	ASSERT_EQ(0, pthread_create(&looker, NULL, look, &inside));
	gate_wait(inside.begun);
	ASSERT_EQ(0, pthread_create(&closer, NULL, close_channel, &closing));
	gate_wait(closing.begun);
	thread_await_sleep(closing.tid);
	ASSERT_EQ(0, pthread_cancel(closer));
	gate_post(inside.go, 1);
	ASSERT_EQ(0, pthread_join(closer, &result));
	ASSERT_EQ(0, pthread_join(looker, NULL));
	EXPECT_EQ(PTHREAD_CANCELED, result);
	ASSERT_EQ(0, closing.result);
	closing.channel = channel_join(region, 1, IPCBUF_PRODUCER, 4);
	EXPECT_EQ(0, ipcbuf_channel_close(closing.channel));
}

#define FORKS 200u

static void *end_threads(void *arg)
{
	while (!__atomic_load_n((int *)arg, __ATOMIC_RELAXED))
		run(by_returning, NULL);
	return NULL;
}

/*
 * The child is no member of its parent's region; it becomes one by itself. It doesn't
 * look for leaks in the end: what another thread of its parent had allocated and not
 * yet put anywhere is lost to it.
 */
static int join_and_use(void *arg)
{
	struct ipcbuf_region *handle = test_region_join(arg);

	MUST_EQ(0, ipcbuf_free(record_new(handle, BYTES)));
	MUST_EQ(0, ipcbuf_region_close(handle));
	_exit(0);
}

/* Fails (hangs) if a child is left a lock of a thread that was ending. */
TEST_F_TIMEOUT(thread_ends, around_a_fork, 60)
{
	pthread_t ender;
	int stop = 0;
	unsigned int i;

	region = self->region.handle;
	ASSERT_EQ(0, pthread_create(&ender, NULL, end_threads, &stop));
	for (i = 0; i < FORKS; i++)
		EXPECT_EQ(0, peer_wait(peer_start(join_and_use,
						  &self->region)));
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(ender, NULL));
}

TEST_HARNESS_MAIN
