// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Where the backend tells of deaths, a sleep ends with its peer's, and not with
 * a tick: here ticks are endless. News that is lost, or that comes before the
 * dead one can be recovered, lets a test run into its limit.
 */
#include "../common/variants.h"
#include "../common/random.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "wait.h"

#define KILLS 150

FIXTURE(news) {
	struct test_region region;
	int ready;
};

VARIANT_FIELDS(news);
REGION_VARIANT(news, kmod_kmod, KMOD, KMOD);

FIXTURE_SETUP(news)
{
	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 2 * MIB));
	self->ready = gate_new();
	ipcb_wait_tick_ns = UINT64_MAX;
}

FIXTURE_TEARDOWN(news)
{
	EXPECT_EQ(0, ipcbuf_region_recover(self->region.handle, NULL));
	EXPECT_EQ(1, region_info(self->region.handle).members);
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, test_region_end(&self->region));
}

struct mortal {
	const struct test_region *region;
	enum ipcbuf_direction direction;
	unsigned int channels;
	int ready;
};

static int attach_until_killed(void *arg)
{
	struct mortal *mortal = arg;
	struct ipcbuf_region *region = test_region_join(mortal->region);
	unsigned int i;

	for (i = 0; i < mortal->channels; i++)
		channel_join(region, i, mortal->direction, 1);
	gate_post(mortal->ready, 1);
	while (pause())
		;
	return 0;
}

struct killer {
	pid_t victim;
	pid_t sleeper;		/* 0: don't wait until it sleeps */
	uint64_t delay;
};

static void *kill_later(void *arg)
{
	struct killer *killer = arg;
	struct random random = { killer->delay };

	if (killer->sleeper)
		thread_await_sleep(killer->sleeper);
	else
		random_delay(&random, 200000);
	MUST_EQ(-SIGKILL, peer_kill(killer->victim));
	return NULL;
}

/* Fails if a consumer that is asleep isn't told. */
TEST_F(news, consumer_asleep)
{
	struct mortal mortal = { &self->region, IPCBUF_PRODUCER, 1,
				 self->ready };
	struct killer killer = { peer_start(attach_until_killed, &mortal),
				 thread_id(), 0 };
	struct ipcbuf_channel *channel;
	pthread_t thread;
	void *record;

	gate_wait(self->ready);
	channel = channel_join(self->region.handle, 0, IPCBUF_CONSUMER, 1);
	ASSERT_EQ(0, pthread_create(&thread, NULL, kill_later, &killer));
	EXPECT_EQ(-EOWNERDEAD, ipcbuf_channel_recv(channel, &record));
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

/* The same for a producer whose channel is full. */
TEST_F(news, producer_asleep)
{
	struct mortal mortal = { &self->region, IPCBUF_CONSUMER, 1,
				 self->ready };
	struct killer killer = { peer_start(attach_until_killed, &mortal),
				 thread_id(), 0 };
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *channel;
	pthread_t thread;
	void *record;

	gate_wait(self->ready);
	channel = channel_join(region, 0, IPCBUF_PRODUCER, 1);
	while (!ipcbuf_channel_try_send(channel,
					record = record_new(region, 64)))
		;
	ASSERT_EQ(0, pthread_create(&thread, NULL, kill_later, &killer));
	EXPECT_EQ(-EOWNERDEAD, ipcbuf_channel_send(channel, record));
	EXPECT_EQ(0, ipcbuf_free(record));
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

/* Fails if news is lost between the look and the sleep. */
TEST_F_TIMEOUT(news, at_any_moment, 240)
{
	struct mortal mortal = { &self->region, IPCBUF_PRODUCER, 1,
				 self->ready };
	struct ipcbuf_channel *channel;
	pthread_t thread;
	void *record;
	unsigned int i;

	for (i = 0; i < KILLS; i++) {
		struct killer killer = {
			peer_start(attach_until_killed, &mortal), 0, i,
		};

		gate_wait(self->ready);
		channel = channel_join(self->region.handle, 0,
				       IPCBUF_CONSUMER, 1);
		ASSERT_EQ(0, pthread_create(&thread, NULL, kill_later,
					    &killer));
		ASSERT_EQ(-EOWNERDEAD, ipcbuf_channel_recv(channel, &record));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		ASSERT_EQ(0, ipcbuf_channel_close(channel));
	}
}

struct bereaved {
	struct ipcbuf_channel *channel;
	int ready;
	pid_t tid;
};

static void *receive_death(void *arg)
{
	struct bereaved *bereaved = arg;
	void *record;

	bereaved->tid = thread_id();
	gate_post(bereaved->ready, 1);
	MUST_EQ(-EOWNERDEAD, ipcbuf_channel_recv(bereaved->channel, &record));
	return NULL;
}

/*
 * All of them are told at once, and one recovers. Fails if one that comes
 * second goes to sleep again for good.
 */
TEST_F(news, many_at_once)
{
	struct bereaved bereaved[4] = { 0 };
	struct mortal mortal = { &self->region, IPCBUF_PRODUCER,
				 ARRAY_SIZE(bereaved), self->ready };
	pid_t peer = peer_start(attach_until_killed, &mortal);
	struct ipcbuf_region *regions[ARRAY_SIZE(bereaved)];
	pthread_t threads[ARRAY_SIZE(bereaved)];
	unsigned int i;

	gate_wait(self->ready);
	for (i = 0; i < ARRAY_SIZE(bereaved); i++) {
		regions[i] = i % 2 ? self->region.handle :
				     test_region_join(&self->region);
		bereaved[i].channel = channel_join(regions[i], i,
						   IPCBUF_CONSUMER, 1);
		bereaved[i].ready = self->ready;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, receive_death,
					    &bereaved[i]));
		gate_wait(self->ready);
	}
	for (i = 0; i < ARRAY_SIZE(bereaved); i++)
		thread_await_sleep(bereaved[i].tid);
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	for (i = 0; i < ARRAY_SIZE(bereaved); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	for (i = 0; i < ARRAY_SIZE(bereaved); i += 2)
		EXPECT_EQ(0, ipcbuf_region_close(regions[i]));
}

static int never_ends(void *memory, size_t bytes, void *arg)
{
	struct mortal *mortal = arg;

	gate_post(mortal->ready, 1);
	while (pause())
		;
	return 0;
}

static int initialise_until_killed(void *arg)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	struct mortal *mortal = arg;
	struct ipcbuf_segment *segment;

	options.init = never_ends;
	options.arg = mortal;
	return ipcbuf_segment_open(test_region_join(mortal->region),
				   ipcbuf_key_id(9), 100, &options, &segment);
}

/* Fails if one that waits for a segment's initialiser isn't told of its death. */
TEST_F(news, initialiser)
{
	struct mortal mortal = { &self->region, 0, 0, self->ready };
	struct killer killer = { peer_start(initialise_until_killed, &mortal),
				 thread_id(), 0 };
	struct ipcbuf_segment *segment;
	pthread_t thread;

	gate_wait(self->ready);
	ASSERT_EQ(0, pthread_create(&thread, NULL, kill_later, &killer));
	EXPECT_EQ(0, ipcbuf_segment_open(self->region.handle, ipcbuf_key_id(9),
					 100, NULL, &segment));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ipcbuf_segment_close(segment));
}

TEST_HARNESS_MAIN
