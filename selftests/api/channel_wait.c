// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Waiting, asleep, until a channel or segment exists. */
#include "../common/variants.h"

#include <pthread.h>

#define WAITERS 3

REGION_FIXTURE(waits, 4 * MIB);

struct waiter {
	const struct test_region *region;
	struct ipcbuf_region *handle;
	struct ipcbuf_key key;
	int expected;
	int started;
	pid_t tid;
};

static void *wait_for_key(void *arg)
{
	struct waiter *waiter = arg;

	waiter->tid = thread_id();
	gate_post(waiter->started, 1);
	MUST_EQ(waiter->expected, ipcbuf_channel_wait(waiter->handle,
						      waiter->key,
						      IPCBUF_FOREVER));
	return NULL;
}

/* Fails if deadlines aren't kept to, or mean something else than elsewhere. */
TEST_F(waits, deadlines)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *channel;
	struct ipcbuf_key key = ipcbuf_key_id(1);

	EXPECT_EQ(-ENOENT, ipcbuf_channel_wait(region, key, IPCBUF_NOWAIT));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_wait(region, key, 1));
	EXPECT_EQ(-ETIMEDOUT, ipcbuf_channel_wait(
				      region, key,
				      ipcbuf_deadline_ns(30000000)));
	channel = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	EXPECT_EQ(0, ipcbuf_channel_wait(region, key, IPCBUF_NOWAIT));
	EXPECT_EQ(0, ipcbuf_channel_wait(region, key, 1));
	EXPECT_EQ(0, ipcbuf_channel_wait(region, key, IPCBUF_FOREVER));
	EXPECT_EQ(0, ipcbuf_channel_close(channel));
	EXPECT_EQ(-ENOENT, ipcbuf_channel_wait(region, key, IPCBUF_NOWAIT));
}

/* Fails if one of several that sleep isn't woken, or by another key. */
TEST_F(waits, several_threads)
{
	struct ipcbuf_region *region = self->region.handle;
	struct waiter waiters[WAITERS];
	struct ipcbuf_channel *other, *channel;
	pthread_t threads[WAITERS];
	int i;

	for (i = 0; i < WAITERS; i++) {
		struct waiter waiter = { NULL, region, ipcbuf_key_name("x"), 0,
					 gate_new(), 0 };

		waiters[i] = waiter;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, wait_for_key,
					    &waiters[i]));
		gate_wait(waiters[i].started);
		thread_await_sleep(waiters[i].tid);
	}
	other = channel_join(region, 7, IPCBUF_PRODUCER, 0);
	for (i = 0; i < WAITERS; i++)
		thread_await_sleep(waiters[i].tid);
	ASSERT_EQ(0, ipcbuf_channel_open(region, ipcbuf_key_name("x"),
					 IPCBUF_PRODUCER, NULL, &channel));
	for (i = 0; i < WAITERS; i++)
		EXPECT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, ipcbuf_channel_close(other));
	EXPECT_EQ(0, ipcbuf_channel_close(channel));
}

static int wait_in_process(void *arg)
{
	struct waiter *waiter = arg;

	waiter->handle = test_region_join(waiter->region);
	wait_for_key(waiter);
	return 0;
}

/* Fails if a process sleeps on when another creates what it waits for. */
TEST_F(waits, another_process)
{
	struct waiter waiter = { &self->region, NULL, ipcbuf_key_id(3), 0,
				 gate_new(), 0 };
	pid_t peer = peer_start(wait_in_process, &waiter);
	struct ipcbuf_channel *channel;

	gate_wait(waiter.started);
	thread_await_sleep(peer);
	channel = channel_join(self->region.handle, 3, IPCBUF_CONSUMER, 0);
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, ipcbuf_channel_close(channel));
}

/* Fails if a segment doesn't end the wait for its key. */
TEST_F(waits, for_a_segment)
{
	struct waiter waiter = { NULL, self->region.handle, ipcbuf_key_id(4),
				 0, gate_new(), 0 };
	struct ipcbuf_segment *segment;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_for_key, &waiter));
	gate_wait(waiter.started);
	thread_await_sleep(waiter.tid);
	ASSERT_EQ(0, ipcbuf_segment_open(self->region.handle, waiter.key, 64,
					 NULL, &segment));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ipcbuf_segment_close(segment));
}

/* Fails if a thread that waits for a key stays when its handle is closed. */
TEST_F(waits, until_the_handle_closes)
{
	struct waiter waiter = { NULL, test_region_join(&self->region),
				 ipcbuf_key_id(5), -EBADF, gate_new(), 0 };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_for_key, &waiter));
	gate_wait(waiter.started);
	thread_await_sleep(waiter.tid);
	EXPECT_EQ(0, ipcbuf_region_close(waiter.handle));
	EXPECT_EQ(0, pthread_join(thread, NULL));
}

TEST_HARNESS_MAIN
