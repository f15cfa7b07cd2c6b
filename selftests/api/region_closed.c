// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Handles that are closed, inherited by fork() or NULL: every function answers
 * with an error and touches none of its outputs.
 */
#include "../common/variants.h"

#include <pthread.h>
#include <string.h>

#define KEY    ipcbuf_key_id(1)
#define OTHER  ipcbuf_key_id(2)

/* Everything that a region gives out, to be tried after it has gone. */
struct things {
	struct test_region region;
	struct ipcbuf_region *handle;
	struct ipcbuf_channel *producer;
	struct ipcbuf_channel *consumer;
	struct ipcbuf_segment *segment;
	void *record;
};

static void open_things(struct things *things)
{
	things->handle = test_region_join(&things->region);
	things->producer = channel_join(things->handle, 1, IPCBUF_PRODUCER, 0);
	things->consumer = channel_join(things->handle, 1, IPCBUF_CONSUMER, 0);
	MUST_EQ(0, ipcbuf_segment_open(things->handle, OTHER, 100, NULL,
				       &things->segment));
	things->record = record_new(things->handle, 100);
}

static int visit_member(const struct ipcbuf_member_info *info, void *arg)
{
	(void)info;
	(void)arg;
	MUST(!"visited");
	return 0;
}

static int visit_class(const struct ipcbuf_class_info *info, void *arg)
{
	(void)info;
	(void)arg;
	MUST(!"visited");
	return 0;
}

static int visit_channel(const struct ipcbuf_channel_info *info, void *arg)
{
	(void)info;
	(void)arg;
	MUST(!"visited");
	return 0;
}

/* Every function that takes a region. */
static void try_region(struct ipcbuf_region *region, int error)
{
	struct ipcbuf_region_info info, before;
	unsigned int recovered = 77;
	void *out = POISON;
	int fd = -7;

	memset(&before, 0x5a, sizeof(before));
	before.struct_bytes = sizeof(before);
	info = before;
	MUST_EQ(error, ipcbuf_alloc(region, 100, &out));
	MUST_EQ(error, ipcbuf_alloc_aligned(region, 100, 128, &out));
	MUST_EQ(error, ipcbuf_address_of(region, MIB, &out));
	MUST_EQ(error, ipcbuf_channel_open(region, KEY, IPCBUF_PRODUCER, NULL,
					   (struct ipcbuf_channel **)&out));
	MUST_EQ(error, ipcbuf_channel_remove(region, KEY));
	MUST_EQ(error, ipcbuf_channel_wait(region, KEY, IPCBUF_NOWAIT));
	MUST_EQ(error, ipcbuf_channel_wait(region, KEY, IPCBUF_FOREVER));
	MUST_EQ(error, ipcbuf_channel_exists(region, KEY));
	MUST_EQ(error, ipcbuf_segment_open(region, OTHER, 100, NULL,
					   (struct ipcbuf_segment **)&out));
	MUST_EQ(error, ipcbuf_segment_remove(region, OTHER));
	MUST_EQ(error, ipcbuf_region_get_fd(region, &fd));
	MUST_EQ(error, ipcbuf_region_trim(region));
	MUST_EQ(error, ipcbuf_region_get_info(region, &info));
	MUST_EQ(error, ipcbuf_region_list_members(region, visit_member, NULL));
	MUST_EQ(error, ipcbuf_region_list_classes(region, visit_class, NULL));
	MUST_EQ(error, ipcbuf_region_list_channels(region, visit_channel,
						   NULL));
	MUST_EQ(error, ipcbuf_region_verify(region, NULL, NULL));
	MUST_EQ(error, ipcbuf_region_recover(region, &recovered));
	MUST(out == POISON);
	MUST_EQ(-7, fd);
	MUST_EQ(77, recovered);
	MUST_EQ(0, memcmp(&info, &before, sizeof(info)));
}

/* Every function that takes a channel. */
static void try_channel(struct ipcbuf_channel *channel, void *record,
			int error)
{
	struct ipcbuf_channel_info info, before;
	size_t count = 77;
	void *out = POISON;

	memset(&before, 0x5a, sizeof(before));
	info = before;
	MUST_EQ(error, ipcbuf_channel_send(channel, record));
	MUST_EQ(error, ipcbuf_channel_try_send(channel, record));
	MUST_EQ(error, ipcbuf_channel_send_until(channel, record,
						 IPCBUF_FOREVER));
	MUST_EQ(error, ipcbuf_channel_send_batch(channel, &record, 1,
						 IPCBUF_FOREVER, &count));
	MUST_EQ(error, ipcbuf_channel_recv(channel, &out));
	MUST_EQ(error, ipcbuf_channel_try_recv(channel, &out));
	MUST_EQ(error, ipcbuf_channel_recv_until(channel, &out,
						 IPCBUF_FOREVER));
	MUST_EQ(error, ipcbuf_channel_recv_batch(channel, &out, 1,
						 IPCBUF_FOREVER, &count));
	MUST_EQ(error, ipcbuf_channel_pending(channel, &count));
	MUST_EQ(error, ipcbuf_channel_has_producer(channel));
	MUST_EQ(error, ipcbuf_channel_has_consumer(channel));
	MUST_EQ(error, ipcbuf_channel_region(channel,
					     (struct ipcbuf_region **)&out));
	MUST_EQ(error, ipcbuf_channel_get_info(channel, &info));
	MUST(out == POISON);
	MUST_EQ(77, count);
	MUST_EQ(0, memcmp(&info, &before, sizeof(info)));
}

static void try_segment(struct ipcbuf_segment *segment, int error)
{
	void *out = POISON;
	size_t bytes = 77;

	MUST_EQ(error, ipcbuf_segment_address(segment, &out, &bytes));
	MUST(out == POISON);
	MUST_EQ(77, bytes);
}

static void try_all(struct things *things, int error)
{
	try_region(things->handle, error);
	try_channel(things->producer, things->record, error);
	try_channel(things->consumer, things->record, error);
	try_segment(things->segment, error);
	MUST_EQ(error, ipcbuf_channel_close(things->producer));
	MUST_EQ(error, ipcbuf_channel_close(things->consumer));
	MUST_EQ(error, ipcbuf_segment_close(things->segment));
	MUST_EQ(error, ipcbuf_region_close(things->handle));
}

FIXTURE(closed) {
	struct things things;
};

ALL_VARIANTS(closed);

FIXTURE_SETUP(closed)
{
	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->things.region, variant->backend,
					variant->wait, 2 * MIB));
	open_things(&self->things);
}

FIXTURE_TEARDOWN(closed)
{
	EXPECT_EQ(0, region_verify(self->things.region.handle));
	EXPECT_EQ(0, test_region_end(&self->things.region));
}

/* Fails if anything of a closed region still works, or crashes. */
TEST_F(closed, region)
{
	struct ipcbuf_region_info info;
	size_t bytes = 77;

	ASSERT_EQ(0, ipcbuf_region_close(self->things.handle));
	try_all(&self->things, -EBADF);
	EXPECT_EQ(-EINVAL, ipcbuf_free(self->things.record));
	EXPECT_EQ(-EINVAL, ipcbuf_usable_size(self->things.record, &bytes));
	EXPECT_EQ(77, bytes);
	info = region_info(self->things.region.handle);
	EXPECT_EQ(0, info.held_bytes);
	EXPECT_EQ(0, info.channels);
	EXPECT_EQ(0, info.segments);
	EXPECT_EQ(1, info.members);
}

/* Fails if a closed channel end or segment still works, or the rest stops. */
TEST_F(closed, ends)
{
	struct things *things = &self->things;

	ASSERT_EQ(0, ipcbuf_channel_close(things->producer));
	ASSERT_EQ(0, ipcbuf_segment_close(things->segment));
	try_channel(things->producer, things->record, -EBADF);
	try_segment(things->segment, -EBADF);
	EXPECT_EQ(-EBADF, ipcbuf_channel_close(things->producer));
	EXPECT_EQ(-EBADF, ipcbuf_segment_close(things->segment));
	EXPECT_EQ(0, ipcbuf_channel_has_producer(things->consumer));
	EXPECT_EQ(0, ipcbuf_free(things->record));
	EXPECT_EQ(0, ipcbuf_region_close(things->handle));
}

/* Fails if a handle is forgotten sooner than is promised. */
TEST_F(closed, long_ago)
{
	int i;

	ASSERT_EQ(0, ipcbuf_region_close(self->things.handle));
	for (i = 0; i < 990; i++)
		ASSERT_EQ(0, ipcbuf_region_close(
				     test_region_join(&self->things.region)));
	try_all(&self->things, -EBADF);
}

static int use_inherited(void *arg)
{
	struct things *things = arg, own;

	try_all(things, -EBADF);
	MUST_EQ(-EINVAL, ipcbuf_free(things->record));
	own.region = things->region;
	own.handle = test_region_join(&own.region);
	MUST_EQ(0, ipcbuf_free(record_new(own.handle, 100)));
	return 0;
}

/*
 * Fails if a child can use its parent's handles, can't open its own, or takes
 * anything of the parent's with it when it ends.
 */
TEST_F(closed, inherited)
{
	struct things *things = &self->things;
	void *record;

	ASSERT_EQ(0, peer_wait(peer_start(use_inherited, things)));
	EXPECT_EQ(0, ipcbuf_channel_send(things->producer, things->record));
	EXPECT_EQ(0, ipcbuf_channel_recv(things->consumer, &record));
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(2, region_info(things->handle).members);
	EXPECT_EQ(0, ipcbuf_region_close(things->handle));
}

/* Fails if NULL isn't a handle like another: -EINVAL, and nothing done. */
TEST_F(closed, null_handles)
{
	try_region(NULL, -EINVAL);
	try_channel(NULL, self->things.record, -EINVAL);
	try_segment(NULL, -EINVAL);
	EXPECT_EQ(0, ipcbuf_region_close(NULL));
	EXPECT_EQ(0, ipcbuf_free(NULL));
	EXPECT_EQ(0, ipcbuf_region_close(self->things.handle));
}

static void null_outputs_of_channels(struct things *things)
{
	size_t count;

	MUST_EQ(-EINVAL, ipcbuf_channel_open(things->handle, ipcbuf_key_id(9),
					     IPCBUF_PRODUCER, NULL, NULL));
	MUST_EQ(0, ipcbuf_channel_exists(things->handle, ipcbuf_key_id(9)));
	MUST_EQ(-EINVAL, ipcbuf_channel_send(things->producer, NULL));
	MUST_EQ(-EINVAL, ipcbuf_channel_send_batch(things->producer, NULL, 1,
						   0, &count));
	MUST_EQ(-EINVAL, ipcbuf_channel_recv(things->consumer, NULL));
	MUST_EQ(-EINVAL, ipcbuf_channel_recv_batch(things->consumer, NULL, 1,
						   0, &count));
	MUST_EQ(-EINVAL, ipcbuf_channel_pending(things->consumer, NULL));
	MUST_EQ(-EINVAL, ipcbuf_channel_region(things->consumer, NULL));
	MUST_EQ(-EINVAL, ipcbuf_channel_get_info(things->consumer, NULL));
}

/* Fails if a NULL to write a result to crashes, or half of it gets done. */
TEST_F(closed, null_outputs)
{
	struct things *things = &self->things;
	struct ipcbuf_region *region = things->handle;
	uint64_t held = region_held(region);

	EXPECT_EQ(-EINVAL, ipcbuf_region_create("null-output", NULL, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_region_open("null-output", NULL, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_region_open_fd(0, NULL, NULL));
	EXPECT_EQ(-ENOENT, ipcbuf_region_unlink("null-output"));
	EXPECT_EQ(-EINVAL, ipcbuf_region_get_fd(region, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_region_get_info(region, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_alloc(region, 100, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_alloc_aligned(region, 100, 64, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_usable_size(things->record, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_offset_of(things->record, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_address_of(region, MIB, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_segment_open(region, ipcbuf_key_id(9), 100,
					       NULL, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_segment_address(things->segment, NULL, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_region_list(NULL, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_region_list_members(region, NULL, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_region_list_classes(region, NULL, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_region_list_channels(region, NULL, NULL));
	null_outputs_of_channels(things);
	EXPECT_EQ(held, region_held(region));
	EXPECT_EQ(0, ipcbuf_region_close(region));
}

struct sleeper {
	struct things *things;
	int tid;
	int gate;
};

static void *sleep_in_recv(void *arg)
{
	struct sleeper *sleeper = arg;
	void *record = POISON;

	sleeper->tid = thread_id();
	gate_post(sleeper->gate, 1);
	MUST_EQ(-EBADF, ipcbuf_channel_recv(sleeper->things->consumer,
					    &record));
	MUST(record == POISON);
	return NULL;
}

/* Fails if a thread that sleeps in a call stays asleep, or crashes. */
TEST_F(closed, while_a_thread_sleeps)
{
	struct sleeper sleeper = { &self->things, 0, gate_new() };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, sleep_in_recv, &sleeper));
	gate_wait(sleeper.gate);
	thread_await_sleep(sleeper.tid);
	EXPECT_EQ(0, ipcbuf_region_close(self->things.handle));
	EXPECT_EQ(0, pthread_join(thread, NULL));
}

TEST_HARNESS_MAIN
