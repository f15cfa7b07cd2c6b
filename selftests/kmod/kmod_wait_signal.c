// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Waits and signals: a handler without SA_RESTART ends a wait with EINTR; with
 * it, and where there is no handler, the wait goes on as if nothing had been:
 * for the same value, until the same moment.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BYTES 65536
#define MS    UINT64_C(1000000)

/* In memory that is shared with the peer. */
struct shared {
	uint32_t handled;		/* runs of the handler; written by it */
};

FIXTURE(signals) {
	struct kmod_region r;
	struct shared *shared;
	int flags;			/* of the peer's handler */
	uint64_t deadline_ns;
	int handling, go_on;		/* gates of the handler; -1: none */
	int expected;
	bool many;			/* WAIT_MANY */
};

FIXTURE_VARIANT(signals) {
	bool many;
};

FIXTURE_VARIANT_ADD(signals, wait) {
	.many = false,
};

FIXTURE_VARIANT_ADD(signals, wait_many) {
	.many = true,
};

FIXTURE_SETUP(signals)
{
	memset(self, 0, sizeof(*self));
	kmod_region_begin(&self->r, BYTES);
	self->shared = mmap(NULL, sizeof(*self->shared),
			    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
	self->flags = SA_RESTART;
	self->deadline_ns = IPCBUF_IOC_FOREVER;
	self->handling = self->go_on = -1;
	self->many = variant->many;
}

FIXTURE_TEARDOWN(signals)
{
	EXPECT_EQ(0, kmod_stat(self->r.fd).waiters);
	EXPECT_EQ(0, munmap(self->shared, sizeof(*self->shared)));
	kmod_region_end(&self->r);
}

static FIXTURE_DATA(signals) *peers_own;

static void on_signal(int number)
{
	(void)number;
	__atomic_fetch_add(&peers_own->shared->handled, 1, __ATOMIC_SEQ_CST);
	if (peers_own->handling < 0)
		return;
	gate_post(peers_own->handling, 1);
	gate_wait(peers_own->go_on);
}

static int wait_many(const FIXTURE_DATA(signals) *self, int fd)
{
	struct ipcbuf_ioc_word words[] = {
		{ .offset = 4096 }, { .offset = 0 }, { .offset = 8192 },
	};
	struct ipcbuf_ioc_wait_many args = {
		.words = (uintptr_t)words,
		.deadline_ns = self->deadline_ns,
		.count = ARRAY_SIZE(words),
		.index = KMOD_POISON_32,
	};
	int ret = kmod_call(fd, IPCBUF_IOC_WAIT_MANY, &args);

	MUST_EQ(ret == 0 || ret == -EAGAIN ? 1 : KMOD_POISON_32, args.index);
	return ret;
}

/* Waits at the region's first word while it is 0. */
static int wait_with_handler(void *arg)
{
	FIXTURE_DATA(signals) *self = peers_own = arg;
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = self->flags };
	int fd = kmod_attach(self->r.fd, 0);

	MUST_EQ(0, sigaction(SIGUSR1, &action, NULL));
	if (self->many)
		MUST_EQ(self->expected, wait_many(self, fd));
	else
		MUST_EQ(self->expected, kmod_wait(fd, 0, 0, self->deadline_ns));
	return 0;
}

static pid_t start(FIXTURE_DATA(signals) *self)
{
	pid_t peer = peer_start(wait_with_handler, self);

	kmod_await_waiters(self->r.fd, 1);
	thread_await_sleep(peer);
	return peer;
}

/* Return: when the handler has run so often. */
static void await_handled(const FIXTURE_DATA(signals) *self, uint32_t count)
{
	const struct timespec pause = { 0, 100000 };
	int tries;

	for (tries = 0; tries < 100000; tries++) {
		if (__atomic_load_n(&self->shared->handled,
				    __ATOMIC_SEQ_CST) == count)
			return;
		nanosleep(&pause, NULL);
	}
	MUST_EQ(count, self->shared->handled);
}

/* Fails if a wait goes on after a handler that doesn't want it to. */
TEST_F(signals, interrupted)
{
	pid_t peer;

	self->flags = 0;
	self->expected = -EINTR;
	peer = start(self);
	EXPECT_EQ(0, kill(peer, SIGUSR1));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(1, self->shared->handled);
}

/* Fails if a wait ends at a handler with SA_RESTART, or isn't a wait any more then. */
TEST_F(signals, restarted)
{
	pid_t peer = start(self);
	uint32_t i;

	for (i = 1; i <= 20; i++) {
		EXPECT_EQ(0, kill(peer, SIGUSR1));
		await_handled(self, i);
		kmod_await_waiters(self->r.fd, 1);
	}
	thread_await_sleep(peer);
	/* Between two sleeps nobody is there. */
	while (!kmod_wake(self->r.fd, 0, 1))
		kmod_await_waiters(self->r.fd, 1);
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(20, self->shared->handled);
}

/* Fails if a restarted wait has another deadline, or ends before the first one. */
TEST_F(signals, restarted_deadline)
{
	uint32_t i;
	pid_t peer;

	self->deadline_ns = kmod_now_ns() + 500 * MS;
	self->expected = -ETIMEDOUT;
	peer = peer_start(wait_with_handler, self);
	for (i = 0; i < 5 && kmod_now_ns() < self->deadline_ns; i++)
		if (thread_look(peer).state == 'S' &&
		    kmod_stat(self->r.fd).waiters)
			EXPECT_EQ(0, kill(peer, SIGUSR1));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_LE(self->deadline_ns, kmod_now_ns());
}

static void run_handler_until(FIXTURE_DATA(signals) *self, pid_t *ret_peer)
{
	self->handling = gate_new();
	self->go_on = gate_new();
	*ret_peer = start(self);
	MUST_EQ(0, kill(*ret_peer, SIGUSR1));
	gate_wait(self->handling);
	kmod_await_waiters(self->r.fd, 0);
}

/* Fails if a deadline that passes while a handler runs is forgotten. */
TEST_F(signals, deadline_passes_in_handler)
{
	const struct timespec pause = { 0, 10000000 };
	pid_t peer;

	/* So far away that the peer certainly sleeps before it. */
	self->deadline_ns = kmod_now_ns() + 3000 * MS;
	self->expected = -ETIMEDOUT;
	run_handler_until(self, &peer);
	while (kmod_now_ns() <= self->deadline_ns)
		nanosleep(&pause, NULL);
	gate_post(self->go_on, 1);
	EXPECT_EQ(0, peer_wait(peer));
}

/* Fails if a word that changes while a handler runs is slept at all the same. */
TEST_F(signals, word_changes_in_handler)
{
	pid_t peer;

	self->expected = -EAGAIN;
	run_handler_until(self, &peer);
	__atomic_store_n(self->r.words, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(0, kmod_wake(self->r.fd, 0, 1));
	gate_post(self->go_on, 1);
	EXPECT_EQ(0, peer_wait(peer));
}

/* Fails if who runs a handler is counted as woken, or a wait for the same value isn't taken up. */
TEST_F(signals, same_value_after_handler)
{
	pid_t peer;

	run_handler_until(self, &peer);
	EXPECT_EQ(0, kmod_wake(self->r.fd, 0, 1));
	gate_post(self->go_on, 1);
	kmod_await_waiters(self->r.fd, 1);
	EXPECT_EQ(1, kmod_wake(self->r.fd, 0, 1));
	EXPECT_EQ(0, peer_wait(peer));
}

/* Fails if stopping a process, as a debugger or a shell does, is seen by its wait. */
TEST_F(signals, stopped)
{
	pid_t peer = start(self);
	int status, i;

	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0, kill(peer, SIGSTOP));
		EXPECT_EQ(peer, waitpid(peer, &status, WUNTRACED));
		EXPECT_TRUE(WIFSTOPPED(status));
		EXPECT_EQ(0, kill(peer, SIGCONT));
		EXPECT_EQ(peer, waitpid(peer, &status, WCONTINUED));
		kmod_await_waiters(self->r.fd, 1);
		thread_await_sleep(peer);
	}
	while (!kmod_wake(self->r.fd, 0, 1))
		kmod_await_waiters(self->r.fd, 1);
	EXPECT_EQ(0, peer_wait(peer));
}

/* Fails if who goes on after a stop sleeps though the word has changed. */
TEST_F(signals, word_changes_while_stopped)
{
	pid_t peer;
	int status;

	self->expected = -EAGAIN;
	peer = start(self);
	EXPECT_EQ(0, kill(peer, SIGSTOP));
	EXPECT_EQ(peer, waitpid(peer, &status, WUNTRACED));
	__atomic_store_n(self->r.words, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(0, kmod_wake(self->r.fd, 0, 1));
	EXPECT_EQ(0, kill(peer, SIGCONT));
	EXPECT_EQ(0, peer_wait(peer));
}

KMOD_HARNESS_MAIN
