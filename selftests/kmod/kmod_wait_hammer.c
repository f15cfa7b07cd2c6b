// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Lost wakeups: words are passed back and forth as fast as can be, and every
 * wait is for ever. The words are the truth: a wait that returns is followed by
 * a look at them, and a single wake that is lost lets all processes sleep, which
 * the harness's limit turns into a failure.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES   (UINT64_C(64) * 4096)
#define SECONDS 240		/* for slow kernels; a hang is a hang */
#define ROUNDS  3000u
#define PAGE    4096u

FIXTURE(hammer) {
	struct kmod_region r;
};

FIXTURE_SETUP(hammer)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(hammer)
{
	EXPECT_EQ(0, kmod_stat(self->r.fd).waiters);
	kmod_region_end(&self->r);
}

/* One side of a game; words by their offsets. */
struct side {
	struct kmod_region *region;
	uint64_t mine, theirs;
	bool first;
	void (*until)(int fd, struct kmod_region *region, uint64_t offset,
		      uint32_t value);
	void (*before_store)(int fd, uint64_t offset);
};

static uint32_t load(const struct kmod_region *region, uint64_t offset)
{
	return __atomic_load_n(&region->words[offset / 4], __ATOMIC_ACQUIRE);
}

/* Relaxed: that a wake sees who sleeps is the module's affair. */
static void store_and_wake(int fd, struct kmod_region *region, uint64_t offset,
			   uint32_t value)
{
	int woken;

	__atomic_store_n(&region->words[offset / 4], value, __ATOMIC_RELEASE);
	woken = kmod_wake(fd, offset, ~0u);
	MUST(woken >= 0 && woken <= 2);
}

static void wait_until(int fd, struct kmod_region *region, uint64_t offset,
		       uint32_t value)
{
	uint32_t seen;
	int ret;

	while ((seen = load(region, offset)) != value) {
		ret = kmod_wait(fd, offset, seen, IPCBUF_IOC_FOREVER);
		MUST(ret == 0 || ret == -EAGAIN);
	}
}

/* The same among words that never change. */
static void wait_many_until(int fd, struct kmod_region *region, uint64_t offset,
			    uint32_t value)
{
	struct ipcbuf_ioc_word words[9] = { { 0 } };
	struct ipcbuf_ioc_wait_many args = {
		.words = (uintptr_t)words,
		.deadline_ns = IPCBUF_IOC_FOREVER,
		.count = ARRAY_SIZE(words),
	};
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i].offset = BYTES - 8 * (i + 1);
	words[4].offset = offset;
	while ((words[4].value = load(region, offset)) != value) {
		ret = kmod_call(fd, IPCBUF_IOC_WAIT_MANY, &args);
		MUST(ret == 0 || ret == -EAGAIN);
		MUST_EQ(4, args.index);
	}
}

static int play(void *arg)
{
	const struct side *side = arg;
	struct kmod_region *region = side->region;
	int fd = kmod_attach(region->fd, 0);
	uint32_t round;

	for (round = 1; round <= ROUNDS; round++) {
		if (!side->first)
			side->until(fd, region, side->theirs, round);
		if (side->before_store)
			side->before_store(fd, side->mine);
		store_and_wake(fd, region, side->mine, round);
		if (side->first)
			side->until(fd, region, side->theirs, round);
	}
	return 0;
}

static void play_both(struct __test_metadata *_metadata, struct side first,
		      struct side second)
{
	pid_t one = peer_start(play, &first), two = peer_start(play, &second);

	EXPECT_EQ(0, peer_wait(one));
	EXPECT_EQ(0, peer_wait(two));
	EXPECT_EQ(ROUNDS, load(first.region, first.mine));
	EXPECT_EQ(ROUNDS, load(first.region, first.theirs));
}

/* Fails if a wake at a word of one's own is lost. */
TEST_F_TIMEOUT(hammer, ping_pong, SECONDS)
{
	struct side first = { &self->r, 0, 3 * PAGE, true, wait_until, NULL };
	struct side second = { &self->r, 3 * PAGE, 0, false, wait_until, NULL };

	play_both(_metadata, first, second);
}

/* Fails if a wake is lost between one who waits at many words and one at one. */
TEST_F_TIMEOUT(hammer, ping_pong_many, SECONDS)
{
	struct side first = { &self->r, 0, 3 * PAGE, true, wait_until, NULL };
	struct side second = { &self->r, 3 * PAGE, 0, false, wait_many_until,
			       NULL };

	play_both(_metadata, first, second);
}

static void give_page_back(int fd, uint64_t offset)
{
	MUST_EQ(0, kmod_commit(fd, offset / PAGE * PAGE, PAGE,
			       IPCBUF_IOC_DECOMMIT));
}

/* Fails if a wake is lost where a word's page is another one with every value. */
TEST_F_TIMEOUT(hammer, ping_pong_decommit, SECONDS)
{
	struct side first = { &self->r, 0, 3 * PAGE, true, wait_until,
			      give_page_back };
	struct side second = { &self->r, 3 * PAGE, 0, false, wait_until,
			       give_page_back };

	play_both(_metadata, first, second);
}

#define RING 4

struct seat {
	struct kmod_region *region;
	uint32_t number;
};

/* One word for all: whose number it is, modulo RING, goes on. */
static int take_turns(void *arg)
{
	const struct seat *seat = arg;
	int fd = kmod_attach(seat->region->fd, 0);
	uint32_t seen;
	int ret;

	while ((seen = load(seat->region, 0)) < ROUNDS) {
		if (seen % RING == seat->number) {
			__atomic_store_n(seat->region->words, seen + 1,
					 __ATOMIC_RELEASE);
			MUST(kmod_wake(fd, 0, ~0u) < RING);
			continue;
		}
		ret = kmod_wait(fd, 0, seen, IPCBUF_IOC_FOREVER);
		MUST(ret == 0 || ret == -EAGAIN);
	}
	return 0;
}

/* Fails if a wake of all leaves one asleep. */
TEST_F_TIMEOUT(hammer, ring, SECONDS)
{
	struct seat seats[RING];
	pid_t peers[RING];
	uint32_t i;

	for (i = 0; i < RING; i++) {
		seats[i] = (struct seat) { &self->r, i };
		peers[i] = peer_start(take_turns, &seats[i]);
	}
	for (i = 0; i < RING; i++)
		EXPECT_EQ(0, peer_wait(peers[i]));
}

/* Tokens in a counter; each taken one must have been given. */
static int consume(void *arg)
{
	struct kmod_region *region = arg;
	int fd = kmod_attach(region->fd, 0), ret;
	uint32_t seen, taken = 0;

	while (taken < ROUNDS / 2) {
		seen = load(region, 0);
		if (seen) {
			taken += __atomic_compare_exchange_n(
				region->words, &seen, seen - 1, false,
				__ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
			continue;
		}
		ret = kmod_wait(fd, 0, 0, IPCBUF_IOC_FOREVER);
		MUST(ret == 0 || ret == -EAGAIN);
	}
	return 0;
}

/*
 * Fails if a wake of one is lost: as it is with a semaphore, each token given
 * wakes one, who may find that another has taken it.
 */
TEST_F_TIMEOUT(hammer, semaphore, SECONDS)
{
	pid_t one = peer_start(consume, &self->r);
	pid_t two = peer_start(consume, &self->r);
	uint32_t given;

	for (given = 0; given < ROUNDS / 2 * 2; given++) {
		__atomic_fetch_add(self->r.words, 1, __ATOMIC_ACQ_REL);
		ASSERT_LE(0, kmod_wake(self->r.fd, 0, 1));
	}
	EXPECT_EQ(0, peer_wait(one));
	EXPECT_EQ(0, peer_wait(two));
	EXPECT_EQ(0, load(&self->r, 0));
}

static void on_signal(int number)
{
	(void)number;
}

static int play_disturbed(void *arg)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_RESTART };

	MUST_EQ(0, sigaction(SIGUSR1, &action, NULL));
	return play(arg);
}

struct disturbed {
	pid_t peers[2];
	bool over;			/* atomic */
};

static void *disturb(void *arg)
{
	struct disturbed *at = arg;

	while (!__atomic_load_n(&at->over, __ATOMIC_RELAXED)) {
		kill(at->peers[0], SIGUSR1);
		kill(at->peers[1], SIGUSR1);
		usleep(100);
	}
	return NULL;
}

/*
 * Fails if a signal takes a wake with it: who is woken and interrupted at once
 * has been woken.
 */
TEST_F_TIMEOUT(hammer, signals, SECONDS)
{
	struct side first = { &self->r, 0, 3 * PAGE, true, wait_until, NULL };
	struct side second = { &self->r, 3 * PAGE, 0, false, wait_until, NULL };
	struct disturbed at = { .over = false };
	pthread_t thread;

	/* A child that has no handler yet would end. */
	MUST(signal(SIGUSR1, on_signal) != SIG_ERR);
	at.peers[0] = peer_start(play_disturbed, &first);
	at.peers[1] = peer_start(play_disturbed, &second);
	ASSERT_EQ(0, pthread_create(&thread, NULL, disturb, &at));
	/* Collected after the last signal. */
	wait_until(self->r.fd, &self->r, first.mine, ROUNDS);
	__atomic_store_n(&at.over, true, __ATOMIC_RELAXED);
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, peer_wait(at.peers[0]));
	EXPECT_EQ(0, peer_wait(at.peers[1]));
}

struct deadlines {
	struct kmod_region *region;
	uint32_t woken;
};

/* Waits that end by their deadlines while they are being woken. */
static int wait_short(void *arg)
{
	struct deadlines *at = arg;
	struct kmod_region *region = at->region;
	int fd = kmod_attach(region->fd, 0), ret;
	uint32_t i, woken = 0;

	for (i = 0; i < ROUNDS / 2; i++) {
		ret = kmod_wait(fd, 0, 0, kmod_now_ns() + 20000);
		MUST(ret == 0 || ret == -ETIMEDOUT);
		woken += !ret;
	}
	__atomic_store_n(&region->words[1], woken, __ATOMIC_RELEASE);
	__atomic_store_n(&region->words[2], 1, __ATOMIC_RELEASE);
	return 0;
}

/*
 * Fails if WAKE says that it has woken somebody whom the deadline has woken, or
 * the other way round: as many waits as were woken returned 0.
 */
TEST_F_TIMEOUT(hammer, woken_or_timed_out, SECONDS)
{
	struct deadlines at = { &self->r, 0 };
	pid_t peer = peer_start(wait_short, &at);
	uint32_t woken = 0;

	while (!load(&self->r, 8))
		woken += (uint32_t)kmod_wake(self->r.fd, 0, 1);
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(woken, load(&self->r, 4));
}

KMOD_HARNESS_MAIN
