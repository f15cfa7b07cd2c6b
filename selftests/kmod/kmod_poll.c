// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * poll() and epoll: doorbells, which tell that a word isn't a value, and what
 * both kinds of descriptor tell of deaths and of their own end.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES 65536
#define ALL   (POLLIN | POLLPRI | POLLOUT)

FIXTURE(poll) {
	struct kmod_region r;
};

FIXTURE_SETUP(poll)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(poll)
{
	kmod_region_end(&self->r);
}

/* What poll() tells now. */
static int now(int fd)
{
	struct pollfd polled = { .fd = fd, .events = ALL };

	MUST(poll(&polled, 1, 0) >= 0);
	return polled.revents;
}

static int epoll_of(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data = { .fd = fd } };
	int set = epoll_create1(EPOLL_CLOEXEC);

	MUST(set >= 0);
	MUST_EQ(0, epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	return set;
}

static void store(struct kmod_region *region, unsigned int word, uint32_t value)
{
	__atomic_store_n(&region->words[word], value, __ATOMIC_SEQ_CST);
}

/* A peer that polls without a limit, and what it must be told. */
struct poller {
	int fd, asleep;
	int expected;
};

static int poll_once(void *arg)
{
	const struct poller *poller = arg;
	struct pollfd polled = { .fd = poller->fd, .events = ALL };

	gate_post(poller->asleep, 1);
	MUST_EQ(1, poll(&polled, 1, -1));
	MUST_EQ(poller->expected, polled.revents);
	return 0;
}

static pid_t start_poller(int fd, int expected)
{
	struct poller poller = { fd, gate_new(), expected };
	pid_t peer = peer_start(poll_once, &poller);

	gate_wait(poller.asleep);
	thread_await_sleep(peer);
	return peer;
}

/* Fails if a doorbell tells of something else than the word as it is. */
TEST_F(poll, level)
{
	int bell = kmod_doorbell(self->r.fd, 40, 0), i;
	int set = epoll_of(bell, EPOLLIN);
	struct epoll_event event;

	ASSERT_LE(0, bell);
	EXPECT_EQ(0, now(bell));
	EXPECT_EQ(0, epoll_wait(set, &event, 1, 0));
	store(&self->r, 10, 1);
	EXPECT_EQ(0, kmod_wake(self->r.fd, 40, 1));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(POLLIN, now(bell));
		EXPECT_EQ(1, epoll_wait(set, &event, 1, -1));
		EXPECT_EQ(EPOLLIN, event.events);
		EXPECT_EQ(bell, event.data.fd);
	}
	store(&self->r, 10, 0);
	EXPECT_EQ(0, now(bell));
	EXPECT_EQ(0, epoll_wait(set, &event, 1, 0));
	/* A wake without a change is none. */
	EXPECT_EQ(0, kmod_wake(self->r.fd, 40, 1));
	EXPECT_EQ(0, now(bell));
	EXPECT_EQ(0, epoll_wait(set, &event, 1, 0));
	EXPECT_EQ(0, close(set));
	EXPECT_EQ(0, close(bell));
}

/* Fails if who sleeps in poll() isn't woken, or WAKE counts it. */
TEST_F(poll, woken)
{
	int bell = kmod_doorbell(self->r.fd, 40, 0);
	pid_t peer = start_poller(bell, POLLIN);

	store(&self->r, 10, 1);
	EXPECT_EQ(0, kmod_wake(self->r.fd, 40, 1));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, kmod_stat(self->r.fd).waiters);
	EXPECT_EQ(0, close(bell));
}

/* Fails if a change that comes before poll() isn't seen without a wake. */
TEST_F(poll, changed_before)
{
	int bell;

	store(&self->r, 10, 5);
	bell = kmod_doorbell(self->r.fd, 40, 4);
	EXPECT_EQ(POLLIN, now(bell));
	EXPECT_EQ(0, close(bell));
	bell = kmod_doorbell(self->r.fd, 40, 5);
	EXPECT_EQ(0, now(bell));
	EXPECT_EQ(0, close(bell));
	/* Where nothing was ever written there is 0. */
	bell = kmod_doorbell(self->r.fd, BYTES - 4, 0);
	EXPECT_EQ(0, now(bell));
	EXPECT_EQ(0, close(bell));
}

static int wait_once(void *arg)
{
	struct kmod_region *region = arg;
	int fd = kmod_attach(region->fd, 0);

	MUST_EQ(0, kmod_wait(fd, 40, 0, IPCBUF_IOC_FOREVER));
	return 0;
}

/* Fails if a wake for one serves only the sleeper or only the pollers. */
TEST_F(poll, beside_sleepers)
{
	int first = kmod_doorbell(self->r.fd, 40, 0);
	int second = kmod_doorbell(self->r.fd, 40, 0);
	pid_t pollers[2], sleeper;

	pollers[0] = start_poller(first, POLLIN);
	sleeper = peer_start(wait_once, &self->r);
	kmod_await_waiters(self->r.fd, 1);
	pollers[1] = start_poller(second, POLLIN);
	store(&self->r, 10, 1);
	EXPECT_EQ(1, kmod_wake(self->r.fd, 40, 1));
	EXPECT_EQ(0, peer_wait(sleeper));
	EXPECT_EQ(0, peer_wait(pollers[0]));
	EXPECT_EQ(0, peer_wait(pollers[1]));
	EXPECT_EQ(0, close(first));
	EXPECT_EQ(0, close(second));
}

/* Fails if an edge is told of twice, not at all, or without a wake. */
TEST_F(poll, edge)
{
	int bell = kmod_doorbell(self->r.fd, 40, 0);
	int set = epoll_of(bell, EPOLLIN | EPOLLET);
	struct epoll_event event;
	uint32_t i;

	EXPECT_EQ(0, epoll_wait(set, &event, 1, 0));
	for (i = 1; i < 10; i++) {
		store(&self->r, 10, i);
		EXPECT_EQ(0, kmod_wake(self->r.fd, 40, 1));
		EXPECT_EQ(1, epoll_wait(set, &event, 1, -1));
		EXPECT_EQ(EPOLLIN, event.events);
		EXPECT_EQ(0, epoll_wait(set, &event, 1, 0));
	}
	EXPECT_EQ(0, close(set));
	EXPECT_EQ(0, close(bell));
}

#define BELLS 40

/* Fails if doorbells are mixed up: of many in one set, the right ones ring. */
TEST_F(poll, many)
{
	struct epoll_event events[BELLS + 1], event = { .events = EPOLLIN };
	int set = epoll_create1(EPOLL_CLOEXEC), bells[BELLS];
	uint64_t rung;
	uint32_t i, j;

	for (i = 0; i < BELLS; i++) {
		bells[i] = kmod_doorbell(self->r.fd, i * 64, 0);
		ASSERT_LE(0, bells[i]);
		event.data.u32 = i;
		ASSERT_EQ(0, epoll_ctl(set, EPOLL_CTL_ADD, bells[i], &event));
	}
	for (i = 0; i < BELLS; i++) {
		j = i * 7 % BELLS;
		store(&self->r, j * 16, 1);
		EXPECT_EQ(0, kmod_wake(self->r.fd, j * 64, 1));
		EXPECT_EQ(1, epoll_wait(set, events, BELLS + 1, -1));
		EXPECT_EQ(j, events[0].data.u32);
		store(&self->r, j * 16, 0);
	}
	EXPECT_EQ(0, epoll_wait(set, events, BELLS + 1, 0));
	for (i = 0; i < BELLS; i += 2) {
		store(&self->r, i * 16, 1);
		EXPECT_EQ(0, kmod_wake(self->r.fd, i * 64, 1));
	}
	EXPECT_EQ(BELLS / 2, epoll_wait(set, events, BELLS + 1, -1));
	for (rung = 0, i = 0; i < BELLS / 2; i++)
		rung |= UINT64_C(1) << events[i].data.u32;
	for (i = 0; i < BELLS; i++) {
		EXPECT_EQ(i % 2 == 0, rung >> i & 1);
		EXPECT_EQ(0, close(bells[i]));
	}
	EXPECT_EQ(0, epoll_wait(set, events, BELLS + 1, 0));
	EXPECT_EQ(0, close(set));
}

/* Fails if one that is closed, while it is polled, is told of again or misses nobody. */
TEST_F(poll, closed)
{
	int bell = kmod_doorbell(self->r.fd, 40, 0);
	pid_t peer = start_poller(bell, POLLIN);

	EXPECT_EQ(0, close(bell));
	store(&self->r, 10, 1);
	EXPECT_EQ(0, kmod_wake(self->r.fd, 40, 1));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, kmod_wake(self->r.fd, 40, 1));
}

/* Fails if a doorbell is lost with the descriptor that it is of. */
TEST_F(poll, outlives_descriptor)
{
	int fd = kmod_attach(self->r.fd, IPCBUF_IOC_RDONLY);
	int bell = kmod_doorbell(fd, 40, 0);
	pid_t peer;

	ASSERT_LE(0, bell);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, now(bell));
	peer = start_poller(bell, POLLIN);
	store(&self->r, 10, 1);
	EXPECT_EQ(0, kmod_wake(self->r.fd, 40, 1));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(POLLIN, now(bell));
	EXPECT_EQ(0, close(bell));
}

/* Fails if a doorbell is more than one, or is had for a bad place. */
TEST_F(poll, refused)
{
	static const uint64_t bad[] = {
		1, 2, BYTES, BYTES - 2, ~UINT64_C(3), UINT64_C(1) << 63,
	};
	struct ipcbuf_ioc_doorbell args;
	int bell = kmod_doorbell(self->r.fd, 0, 0);
	unsigned int i;
	char byte;

	for (i = 0; i < ARRAY_SIZE(bad) + 2; i++) {
		memset(&args, 0, sizeof(args));
		args.fd = KMOD_POISON_32;
		if (i < ARRAY_SIZE(bad))
			args.offset = bad[i];
		args.flags = i == ARRAY_SIZE(bad);
		args.pad = i == ARRAY_SIZE(bad) + 1;
		EXPECT_EQ(-EINVAL, kmod_call(self->r.fd, IPCBUF_IOC_DOORBELL,
					     &args));
		EXPECT_EQ(KMOD_POISON_32, args.fd);
	}
	EXPECT_EQ(FD_CLOEXEC, fcntl(bell, F_GETFD));
	EXPECT_EQ(-1, read(bell, &byte, 1));
	EXPECT_EQ(-1, write(bell, "x", 1));
	EXPECT_EQ(-ENOTTY, kmod_call(bell, IPCBUF_IOC_STAT, &args));
	EXPECT_EQ(-ENOTTY, kmod_call(bell, IPCBUF_IOC_INFO, &args));
	EXPECT_EQ(NULL, kmod_data(bell, 4096, PROT_READ));
	EXPECT_EQ(0, close(bell));
}

/* Fails if a death isn't told of by all descriptors, or still when it has been SEEN. */
TEST_F(poll, deaths)
{
	struct ipcbuf_ioc_seen bad = { .deaths = 1, .flags = 1 };
	const struct ipcbuf_control *control;
	int looker = kmod_attach(self->r.fd, IPCBUF_IOC_RDONLY);
	int bell = kmod_doorbell(looker, 40, 0);
	int member = kmod_member(self->r.fd, 0, &control, NULL);
	pid_t peers[2] = {
		start_poller(self->r.fd, POLLPRI), start_poller(bell, POLLPRI),
	};

	EXPECT_EQ(0, now(self->r.fd));
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(0, peer_wait(peers[0]));
	EXPECT_EQ(0, peer_wait(peers[1]));
	EXPECT_EQ(POLLPRI, now(self->r.fd));
	EXPECT_EQ(POLLPRI, now(bell));
	EXPECT_EQ(POLLPRI, now(looker));
	EXPECT_EQ(POLLPRI | POLLHUP, now(member));
	store(&self->r, 10, 1);
	EXPECT_EQ(POLLPRI | POLLIN, now(bell));
	/* Each sees for itself, a doorbell as its descriptor. */
	EXPECT_EQ(-EINVAL, kmod_call(looker, IPCBUF_IOC_SEEN, &bad));
	EXPECT_EQ(POLLPRI, now(looker));
	EXPECT_EQ(0, kmod_seen(looker, 1));
	EXPECT_EQ(0, now(looker));
	EXPECT_EQ(POLLIN, now(bell));
	EXPECT_EQ(POLLPRI, now(self->r.fd));
	/* Up to a value: the next is news again. */
	EXPECT_EQ(0, close(member));
	member = kmod_member(self->r.fd, 1, &control, NULL);
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(POLLPRI, now(looker));
	EXPECT_EQ(0, kmod_seen(looker, 1));
	EXPECT_EQ(POLLPRI, now(looker));
	EXPECT_EQ(0, kmod_seen(looker, 2));
	EXPECT_EQ(0, now(looker));
	EXPECT_EQ(0, close(member));
	EXPECT_EQ(0, close(bell));
	EXPECT_EQ(0, close(looker));
}

/* Fails if leaving isn't told of, is told as a death, or still after joining again. */
TEST_F(poll, left)
{
	int fd = self->r.fd, other = kmod_attach(fd, 0);
	int bell = kmod_doorbell(fd, 40, 0);
	pid_t peers[2];

	ASSERT_EQ(0, kmod_join(fd, 0, NULL));
	EXPECT_EQ(0, now(fd));
	peers[0] = start_poller(fd, POLLHUP);
	peers[1] = start_poller(bell, POLLHUP);
	EXPECT_EQ(0, kmod_leave(fd));
	EXPECT_EQ(0, peer_wait(peers[0]));
	EXPECT_EQ(0, peer_wait(peers[1]));
	EXPECT_EQ(POLLHUP, now(fd));
	EXPECT_EQ(POLLHUP, now(bell));
	EXPECT_EQ(0, now(other));
	ASSERT_EQ(0, kmod_join(fd, 0, NULL));
	EXPECT_EQ(0, now(fd));
	EXPECT_EQ(0, now(bell));
	EXPECT_EQ(0, close(bell));
	EXPECT_EQ(0, close(other));
}

/* Fails if the doorbell of a member that has died doesn't tell so. */
TEST_F(poll, died)
{
	const struct ipcbuf_control *control;
	int member = kmod_member(self->r.fd, 0, &control, NULL);
	int bell = kmod_doorbell(member, 40, 0);
	pid_t peer = start_poller(bell, POLLPRI | POLLHUP);

	EXPECT_EQ(0, close(member));
	EXPECT_EQ(0, now(bell));
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(POLLPRI | POLLHUP, now(bell));
	EXPECT_EQ(0, close(bell));
}


#define ROUNDS 2000u

/* Rings back by the second word. */
static int answer(void *arg)
{
	struct kmod_region *region = arg;
	int fd = kmod_attach(region->fd, 0), bell;
	struct pollfd polled = { .events = POLLIN };
	uint32_t round;

	for (round = 1; round <= ROUNDS; round++) {
		bell = kmod_doorbell(fd, 0, round - 1);
		polled.fd = bell;
		MUST_EQ(1, poll(&polled, 1, -1));
		MUST_EQ(round, __atomic_load_n(region->words, __ATOMIC_ACQUIRE));
		__atomic_store_n(&region->words[1], round, __ATOMIC_RELEASE);
		kmod_wake(fd, 4, 1);
		MUST_EQ(0, close(bell));
	}
	return 0;
}

/* Fails if a ring is lost: each side then polls for ever. */
TEST_F_TIMEOUT(poll, hammer, 240)
{
	pid_t peer = peer_start(answer, &self->r);
	uint32_t round;
	int ret;

	for (round = 1; round <= ROUNDS; round++) {
		__atomic_store_n(self->r.words, round, __ATOMIC_RELEASE);
		ASSERT_EQ(0, kmod_wake(self->r.fd, 0, 1));
		while (__atomic_load_n(&self->r.words[1], __ATOMIC_ACQUIRE) !=
		       round) {
			ret = kmod_wait(self->r.fd, 4, round - 1,
					IPCBUF_IOC_FOREVER);
			ASSERT_TRUE(ret == 0 || ret == -EAGAIN);
		}
	}
	EXPECT_EQ(0, peer_wait(peer));
}

KMOD_HARNESS_MAIN
