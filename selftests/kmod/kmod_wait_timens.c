// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Deadlines are of the caller's clock: in a time namespace CLOCK_MONOTONIC is
 * ahead of the machine's, or behind it. Takes root, and a kernel that has them.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define BYTES 65536
#define MS    UINT64_C(1000000)
#define AHEAD 1000000		/* seconds */

FIXTURE(timens) {
	struct kmod_region r;
	int64_t offset_seconds;
	int (*run)(void *arg);
};

FIXTURE_SETUP(timens)
{
	memset(self, 0, sizeof(*self));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(timens)
{
	EXPECT_EQ(0, kmod_stat(self->r.fd).waiters);
	kmod_region_end(&self->r);
}

static bool set_offset(int64_t seconds)
{
	char text[64];
	bool set;
	int fd;

	if (unshare(CLONE_NEWTIME))
		return false;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	snprintf(text, sizeof(text), "monotonic %lld 0", (long long)seconds);
	set = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return set;
}

/* A process's children are in the new namespace, not itself. */
static int64_t run_there(void *arg)
{
	FIXTURE_DATA(timens) *self = arg;

	if (!set_offset(self->offset_seconds))
		return -1;
	return peer_wait(peer_start(self->run, self));
}

static int64_t now(void *unused)
{
	return (int64_t)kmod_now_ns();
}

/* Skips where there are no time namespaces; else the peer must end well. */
#define RUN_AT(seconds, function) \
	do { \
		int64_t ran; \
		self->offset_seconds = (seconds); \
		self->run = (function); \
		ran = kmod_ask(run_there, self); \
		if (ran < 0) \
			SKIP(return, "can't make a time namespace"); \
		EXPECT_EQ(0, ran); \
	} while (0)

static int wait_there(void *arg)
{
	FIXTURE_DATA(timens) *self = arg;
	uint64_t deadline = kmod_now_ns() + 20 * MS;
	int fd = kmod_attach(self->r.fd, 0);

	MUST_EQ(-ETIMEDOUT, kmod_wait(fd, 0, 0, deadline));
	MUST(kmod_now_ns() >= deadline);
	MUST_EQ(-ETIMEDOUT, kmod_wait(fd, 0, 0, kmod_now_ns() - MS));
	MUST_EQ(-ETIMEDOUT, kmod_wait(fd, 0, 0, 0));
	MUST_EQ(-ETIMEDOUT, kmod_wait(fd, 0, 0, 1));
	MUST_EQ(-EAGAIN, kmod_wait(fd, 0, 1, 0));
	return 0;
}

static int clock_is_ahead(void *arg)
{
	MUST(kmod_now_ns() > AHEAD * UINT64_C(1000000000));
	return wait_there(arg);
}

/* Fails if a deadline of a clock that is ahead is far away, or past. */
TEST_F(timens, ahead)
{
	RUN_AT(AHEAD, clock_is_ahead);
}

/* Fails if a deadline of a clock that is behind is past. */
TEST_F(timens, behind)
{
	int64_t uptime = now(NULL) / 1000000000;

	RUN_AT(-uptime / 2, wait_there);
}

static int sleep_till_woken(void *arg)
{
	FIXTURE_DATA(timens) *self = arg;
	int fd = kmod_attach(self->r.fd, 0);

	MUST_EQ(0, kmod_wait(fd, 0, 0, IPCBUF_IOC_FOREVER));
	MUST_EQ(0, kmod_wait(fd, 0, 0, IPCBUF_IOC_FOREVER - 1));
	MUST_EQ(0, kmod_wait(fd, 0, 0, INT64_MAX));
	MUST_EQ(0, kmod_wait(fd, 0, 0, kmod_now_ns() + 600000 * MS));
	return 0;
}

static int wake_four_times(void *arg)
{
	FIXTURE_DATA(timens) *self = arg;
	int i;

	for (i = 0; i < 4; i++)
		while (!kmod_wake(self->r.fd, 0, 1))
			kmod_await_waiters(self->r.fd, 1);
	return 0;
}

/* Fails if a deadline that is far away, or none, comes too early there. */
TEST_F(timens, far)
{
	pid_t waker = peer_start(wake_four_times, self);

	self->offset_seconds = AHEAD;
	self->run = sleep_till_woken;
	if (kmod_ask(run_there, self) < 0) {
		peer_kill(waker);
		SKIP(return, "can't make a time namespace");
	}
	EXPECT_EQ(0, peer_wait(waker));
}

KMOD_HARNESS_MAIN
