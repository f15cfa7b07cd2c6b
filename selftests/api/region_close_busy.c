// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Closing a region, or an end of a channel, under threads that are inside of
 * calls. With more threads than processors some of them have been stopped by the
 * scheduler in the middle of a call whenever it happens.
 */
#include "../common/variants.h"

#include <pthread.h>

#define ROUNDS  25u
#define WORKERS 4u

struct busy {
	struct ipcbuf_region *handle;
	struct ipcbuf_channel *out;
	struct ipcbuf_channel *in;
	int gate;
};

/* After closing only errors that say so. */
static bool goes_on(int ret)
{
	MUST(!ret || ret == -EAGAIN || ret == -EBADF || ret == -EINVAL ||
	     ret == -EPIPE);
	return ret != -EBADF;
}

static void *alloc_and_free(void *arg)
{
	struct busy *busy = arg;
	void *record;
	int ret;

	gate_post(busy->gate, 1);
	do {
		ret = ipcbuf_alloc(busy->handle, 500, &record);
		if (!ret)
			goes_on(ipcbuf_free(record));
	} while (goes_on(ret));
	return NULL;
}

static void *produce(void *arg)
{
	struct busy *busy = arg;
	void *record;
	int ret;

	gate_post(busy->gate, 1);
	do {
		if (ipcbuf_alloc(busy->handle, 64, &record))
			break;
		ret = ipcbuf_channel_try_send(busy->out, record);
		if (ret)
			goes_on(ipcbuf_free(record));
	} while (goes_on(ret));
	return NULL;
}

static void *consume(void *arg)
{
	struct busy *busy = arg;
	void *record;
	int ret;

	gate_post(busy->gate, 1);
	do {
		ret = ipcbuf_channel_try_recv(busy->in, &record);
		if (!ret)
			goes_on(ipcbuf_free(record));
	} while (goes_on(ret));
	return NULL;
}

static void *(*const work[WORKERS])(void *arg) = {
	alloc_and_free, alloc_and_free, produce, consume,
};

static void begin(struct busy *busy, const struct test_region *region,
		  pthread_t *threads)
{
	unsigned int i;

	busy->handle = test_region_join(region);
	busy->out = channel_join(busy->handle, 1, IPCBUF_PRODUCER, 0);
	busy->in = channel_join(busy->handle, 1, IPCBUF_CONSUMER, 0);
	for (i = 0; i < WORKERS; i++)
		MUST_EQ(0, pthread_create(&threads[i], NULL, work[i], busy));
	for (i = 0; i < WORKERS; i++)
		gate_wait(busy->gate);
}

static void end(pthread_t *threads)
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		MUST_EQ(0, pthread_join(threads[i], NULL));
}

REGION_FIXTURE(close_busy, 2 * MIB);

#define OPENED 512u

struct opener {
	struct ipcbuf_region *handle;
	struct ipcbuf_channel *opened[OPENED];
	unsigned int count;
	int gate;
};

static void *open_channels(void *arg)
{
	struct opener *opener = arg;
	int ret = 0;

	gate_post(opener->gate, 1);
	for (opener->count = 0; !ret && opener->count < OPENED;) {
		ret = ipcbuf_channel_open(opener->handle,
					  ipcbuf_key_id(opener->count),
					  IPCBUF_PRODUCER, NULL,
					  &opener->opened[opener->count]);
		opener->count += !ret;
	}
	MUST(!ret || ret == -EBADF || ret == -ENOMEM);
	return NULL;
}

/* Fails if a channel that is opened meanwhile stays open without its region. */
TEST_F(close_busy, openers)
{
	struct opener opener = { .gate = gate_new() };
	pthread_t thread;
	unsigned int i, n;

	for (i = 0; i < ROUNDS; i++) {
		opener.handle = test_region_join(&self->region);
		ASSERT_EQ(0, pthread_create(&thread, NULL, open_channels,
					    &opener));
		gate_wait(opener.gate);
		EXPECT_EQ(0, ipcbuf_region_close(opener.handle));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		for (n = 0; n < opener.count; n++)
			ASSERT_EQ(-EBADF, ipcbuf_channel_close(opener.opened[n]));
	}
}

/* Fails if closing pulls the memory away under threads inside of calls. */
TEST_F(close_busy, region)
{
	struct busy busy = { .gate = gate_new() };
	pthread_t threads[WORKERS];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		begin(&busy, &self->region, threads);
		EXPECT_EQ(0, ipcbuf_region_close(busy.handle));
		end(threads);
		EXPECT_EQ(0, region_held(self->region.handle));
	}
}

/* Fails if an end that is closed is still used, or its records stay. */
TEST_F(close_busy, ends)
{
	struct busy busy = { .gate = gate_new() };
	pthread_t threads[WORKERS];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		begin(&busy, &self->region, threads);
		EXPECT_EQ(0, ipcbuf_channel_close(i % 2 ? busy.in : busy.out));
		EXPECT_EQ(0, ipcbuf_channel_close(i % 2 ? busy.out : busy.in));
		EXPECT_EQ(0, ipcbuf_region_close(busy.handle));
		end(threads);
		EXPECT_EQ(0, region_held(self->region.handle));
	}
}

TEST_HARNESS_MAIN
