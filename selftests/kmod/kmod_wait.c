// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * WAIT and WAKE at one word: who sleeps, who is woken, who is refused. Whether
 * somebody sleeps is told by STAT.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (UINT64_C(8) << 20)
#define HUGE  (UINT64_C(2) << 20)
#define MS    UINT64_C(1000000)

FIXTURE(wait) {
	struct kmod_region r;
};

FIXTURE_SETUP(wait)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(wait)
{
	EXPECT_EQ(0, kmod_stat(self->r.fd).waiters);
	kmod_region_end(&self->r);
}

/* A peer that waits once, and what must come of it. */
struct waiter {
	struct kmod_region *region;
	uint64_t offset;
	uint64_t deadline_ns;
	uint32_t value;
	uint32_t open_flags;		/* of its descriptor */
	int expected;
};

static int wait_once(void *arg)
{
	const struct waiter *waiter = arg;
	int fd = kmod_attach(waiter->region->fd, waiter->open_flags);

	MUST(fd >= 0);
	MUST_EQ(waiter->expected, kmod_wait(fd, waiter->offset, waiter->value,
					    waiter->deadline_ns));
	return 0;
}

/* Return: when it sleeps. */
static pid_t start_waiter(const struct waiter *waiter, uint32_t together)
{
	pid_t peer = peer_start(wait_once, (void *)(uintptr_t)waiter);

	kmod_await_waiters(waiter->region->fd, together);
	return peer;
}

static struct waiter waiter_at(struct kmod_region *region, uint64_t offset)
{
	return (struct waiter) {
		.region = region,
		.offset = offset,
		.deadline_ns = IPCBUF_IOC_FOREVER,
		.value = region->words[offset / 4],
	};
}

/* Fails if who expects another value than the word's sleeps, or is told of a deadline. */
TEST_F(wait, differs)
{
	int fd = self->r.fd;

	self->r.words[10] = 7;
	EXPECT_EQ(-EAGAIN, kmod_wait(fd, 40, 6, IPCBUF_IOC_FOREVER));
	EXPECT_EQ(-EAGAIN, kmod_wait(fd, 40, 8, 0));
	EXPECT_EQ(-EAGAIN, kmod_wait(fd, 40, ~7u, kmod_now_ns() - MS));
	EXPECT_EQ(-EAGAIN, kmod_wait(fd, 44, 7, IPCBUF_IOC_FOREVER));
	EXPECT_EQ(7, self->r.words[10]);
}

/* Fails if a deadline that has passed isn't told, or one passes too early. */
TEST_F(wait, deadline)
{
	uint64_t deadline;
	int i;

	EXPECT_EQ(-ETIMEDOUT, kmod_wait(self->r.fd, 0, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, kmod_wait(self->r.fd, 0, 0, 1));
	EXPECT_EQ(-ETIMEDOUT, kmod_wait(self->r.fd, 0, 0, kmod_now_ns()));
	EXPECT_EQ(-ETIMEDOUT, kmod_wait(self->r.fd, 0, 0, kmod_now_ns() - MS));
	for (i = 0; i < 20; i++) {
		deadline = kmod_now_ns() + MS * (uint64_t)i / 4;
		EXPECT_EQ(-ETIMEDOUT, kmod_wait(self->r.fd, 0, 0, deadline));
		EXPECT_LE(deadline, kmod_now_ns());
	}
}

/* Fails if a deadline that is beyond what clocks can tell isn't far away. */
TEST_F(wait, far_deadlines)
{
	static const uint64_t far[] = {
		INT64_MAX - 1, INT64_MAX, UINT64_C(1) << 63,
		IPCBUF_IOC_FOREVER - 1, IPCBUF_IOC_FOREVER,
	};
	struct waiter waiter = waiter_at(&self->r, 0);
	unsigned int i;
	pid_t peer;

	for (i = 0; i < ARRAY_SIZE(far); i++) {
		waiter.deadline_ns = far[i];
		peer = start_waiter(&waiter, 1);
		thread_await_sleep(peer);
		EXPECT_EQ(1, kmod_wake(self->r.fd, 0, 1));
		EXPECT_EQ(0, peer_wait(peer));
	}
}

/* Fails if nobody is woken, or more are told of than slept. */
TEST_F(wait, woken)
{
	struct waiter waiter = waiter_at(&self->r, 400);
	pid_t peer = start_waiter(&waiter, 1);

	EXPECT_EQ(1, kmod_wake(self->r.fd, 400, 5));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, kmod_stat(self->r.fd).waiters);
	EXPECT_EQ(0, kmod_wake(self->r.fd, 400, 1));
}

/* Fails if a wake with nobody there says anything but 0. */
TEST_F(wait, nobody)
{
	EXPECT_EQ(0, kmod_wake(self->r.fd, 0, 0));
	EXPECT_EQ(0, kmod_wake(self->r.fd, 0, 1));
	EXPECT_EQ(0, kmod_wake(self->r.fd, BYTES - 4, ~0u));
}

/* Fails if a wake of none, at another word or of another region wakes. */
TEST_F(wait, not_woken)
{
	struct waiter waiter = waiter_at(&self->r, 4096);
	int other = kmod_create(self->r.device, "", BYTES, 1);
	pid_t peer = start_waiter(&waiter, 1);
	uint64_t offset;

	EXPECT_EQ(0, kmod_wake(self->r.fd, 4096, 0));
	EXPECT_EQ(0, kmod_wake(other, 4096, 1));
	for (offset = 0; offset < 3 * 4096; offset += 4)
		if (offset != 4096)
			EXPECT_EQ(0, kmod_wake(self->r.fd, offset, 1));
	/* Nor does a change alone. */
	self->r.words[1024] = 5;
	EXPECT_EQ(1, kmod_stat(self->r.fd).waiters);
	thread_await_sleep(peer);
	EXPECT_EQ(1, kmod_wake(self->r.fd, 4096, ~0u));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, close(other));
}

#define CROWD 6

/* Fails if a wake for so many wakes more or fewer, or one twice. */
TEST_F(wait, some_of_many)
{
	struct waiter waiter = waiter_at(&self->r, 64);
	pid_t peers[CROWD];
	unsigned int i;

	for (i = 0; i < CROWD; i++)
		peers[i] = start_waiter(&waiter, i + 1);
	EXPECT_EQ(1, kmod_wake(self->r.fd, 64, 1));
	kmod_await_waiters(self->r.fd, CROWD - 1);
	EXPECT_EQ(2, kmod_wake(self->r.fd, 64, 2));
	kmod_await_waiters(self->r.fd, CROWD - 3);
	EXPECT_EQ(CROWD - 3, kmod_wake(self->r.fd, 64, ~0u));
	EXPECT_EQ(0, kmod_wake(self->r.fd, 64, ~0u));
	for (i = 0; i < CROWD; i++)
		EXPECT_EQ(0, peer_wait(peers[i]));
}

/* Fails if a sleeper that has been woken but didn't run yet is counted again. */
TEST_F(wait, one_by_one)
{
	struct waiter waiter = waiter_at(&self->r, 64);
	pid_t peers[CROWD];
	unsigned int i;

	for (i = 0; i < CROWD; i++)
		peers[i] = start_waiter(&waiter, i + 1);
	for (i = 0; i < CROWD; i++)
		EXPECT_EQ(1, kmod_wake(self->r.fd, 64, 1));
	EXPECT_EQ(0, kmod_wake(self->r.fd, 64, 1));
	for (i = 0; i < CROWD; i++)
		EXPECT_EQ(0, peer_wait(peers[i]));
}

static void wake_at(struct __test_metadata *_metadata,
		    struct kmod_region *region, uint64_t offset)
{
	struct waiter waiter = waiter_at(region, offset);
	pid_t peer = start_waiter(&waiter, 1);

	EXPECT_EQ(1, kmod_wake(region->fd, offset, 1));
	EXPECT_EQ(0, peer_wait(peer));
	/* Now it isn't the value that was expected. */
	region->words[offset / 4]++;
	waiter.expected = -EAGAIN;
	EXPECT_EQ(0, peer_wait(peer_start(wait_once, &waiter)));
}

/* Fails if a word can't be waited at because of where it lies. */
TEST_F(wait, anywhere)
{
	static const uint64_t offsets[] = {
		0, 4, 4092, 4096, HUGE - 4, HUGE, 3 * HUGE - 4096,
		BYTES - 4096, BYTES - 4,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		wake_at(_metadata, &self->r, offsets[i]);
}

/* Fails if a word in a huge page is read elsewhere. */
TEST_F(wait, huge_pages)
{
	static const uint64_t offsets[] = {
		0, 4, 4092, 4096, HUGE - 4, HUGE, HUGE + 4096 * 511,
	};
	unsigned int i;

	if (madvise(self->r.words, BYTES, MADV_HUGEPAGE))
		SKIP(return, "the kernel has no huge pages");
	for (i = 0; i < BYTES / 4; i++)
		self->r.words[i] = i;
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		wake_at(_metadata, &self->r, offsets[i]);
}

/* Fails if where a page has never been touched, its words aren't 0. */
TEST_F(wait, hole)
{
	struct waiter waiter = {
		.region = &self->r,
		.offset = 5 * 4096 + 8,
		.deadline_ns = IPCBUF_IOC_FOREVER,
	};
	pid_t peer;

	EXPECT_EQ(-EAGAIN, kmod_wait(self->r.fd, 4 * 4096, 1,
				     IPCBUF_IOC_FOREVER));
	EXPECT_EQ(0, self->r.words[4 * 1024]);
	peer = start_waiter(&waiter, 1);
	self->r.words[waiter.offset / 4] = 1;
	EXPECT_EQ(1, kmod_wake(self->r.fd, waiter.offset, 1));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(-EAGAIN, kmod_wait(self->r.fd, waiter.offset, 0,
				     IPCBUF_IOC_FOREVER));
}

/* Fails if a sleeper is lost when its page is given back, or keeps it. */
TEST_F(wait, decommitted)
{
	struct waiter waiter;
	pid_t peer;

	self->r.words[0] = 3;
	waiter = waiter_at(&self->r, 0);
	peer = start_waiter(&waiter, 1);
	EXPECT_EQ(0, kmod_commit(self->r.fd, 0, 4096, IPCBUF_IOC_DECOMMIT));
	EXPECT_EQ(0, kmod_stat(self->r.fd).used_bytes);
	EXPECT_EQ(0, self->r.words[0]);
	EXPECT_EQ(-EAGAIN, kmod_wait(self->r.fd, 0, 3, IPCBUF_IOC_FOREVER));
	self->r.words[0] = 4;
	EXPECT_EQ(1, kmod_wake(self->r.fd, 0, 1));
	EXPECT_EQ(0, peer_wait(peer));
}

/* Fails if who may only read can't wait. */
TEST_F(wait, rdonly)
{
	struct waiter waiter = waiter_at(&self->r, 8192);
	pid_t peer;

	waiter.open_flags = IPCBUF_IOC_RDONLY;
	peer = start_waiter(&waiter, 1);
	self->r.words[8192 / 4] = 1;
	EXPECT_EQ(1, kmod_wake(self->r.fd, 8192, 1));
	EXPECT_EQ(0, peer_wait(peer));
}

static int wait_elsewhere(void *arg)
{
	struct kmod_region *region = arg;
	int fd = kmod_open(region->device, region->name, 0);
	uint32_t *words, seen;

	MUST_EQ(0, munmap(region->words, BYTES));
	words = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     4 * 4096);
	MUST(words != MAP_FAILED && words != region->words);
	while (!(seen = __atomic_load_n(&words[1024], __ATOMIC_ACQUIRE))) {
		int ret = kmod_wait(fd, 5 * 4096, seen, IPCBUF_IOC_FOREVER);

		MUST(ret == 0 || ret == -EAGAIN);
	}
	words[1025] = seen + 1;
	return 0;
}

/* Fails if a word is another one where it is mapped at another address. */
TEST_F(wait, other_address)
{
	pid_t peer = peer_start(wait_elsewhere, &self->r);

	kmod_await_waiters(self->r.fd, 1);
	__atomic_store_n(&self->r.words[5 * 1024], 6, __ATOMIC_RELEASE);
	EXPECT_EQ(1, kmod_wake(self->r.fd, 5 * 4096, 1));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(7, self->r.words[5 * 1024 + 1]);
}

/* Fails if a bad place or argument is taken; a wait would never end. */
TEST_F(wait, refused)
{
	static const uint64_t bad[] = {
		1, 2, 3, 4093, BYTES, BYTES - 1, BYTES - 3, BYTES + 4,
		IPCBUF_IOC_CONTROL_OFFSET, UINT64_C(1) << 63,
		~UINT64_C(0), ~UINT64_C(3), ~UINT64_C(0) - 4095,
	};
	struct ipcbuf_ioc_wait wait = {
		.deadline_ns = IPCBUF_IOC_FOREVER,
		.pad = 1,
	};
	struct ipcbuf_ioc_wake wake = { .count = 1, .pad = 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, kmod_wait(self->r.fd, bad[i], 0,
					     IPCBUF_IOC_FOREVER));
		EXPECT_EQ(-EINVAL, kmod_wake(self->r.fd, bad[i], 1));
	}
	EXPECT_EQ(-EINVAL, kmod_call(self->r.fd, IPCBUF_IOC_WAIT, &wait));
	EXPECT_EQ(-EINVAL, kmod_call(self->r.fd, IPCBUF_IOC_WAKE, &wake));
	wait.pad = 0;
	for (i = 1; i < 32; i++) {
		wait.flags = 1u << i;
		EXPECT_EQ(-EINVAL, kmod_call(self->r.fd, IPCBUF_IOC_WAIT,
					     &wait));
	}
	EXPECT_EQ(0, kmod_stat(self->r.fd).used_bytes);
}

static int wait_for_death(void *arg)
{
	struct kmod_region *region = arg;
	int fd = kmod_attach(region->fd, 0);

	MUST_EQ(-EOWNERDEAD, kmod_wait_deaths(fd, 0, 0, 0));
	MUST_EQ(-EOWNERDEAD, kmod_wait_deaths(fd, 0, 0, 0));
	MUST_EQ(-EAGAIN, kmod_wait_deaths(fd, 0, 1, 0));
	return 0;
}

/*
 * Fails if who wants to know of deaths isn't told, who doesn't is, or a death
 * that was known before is told of.
 */
TEST_F(wait, deaths)
{
	struct waiter careless = waiter_at(&self->r, 0);
	const struct ipcbuf_control *control;
	pid_t first, second;
	int fd = kmod_member(self->r.fd, 0, &control, NULL);

	EXPECT_EQ(-EOWNERDEAD, kmod_wait_deaths(self->r.fd, 0, 0, 1));
	EXPECT_EQ(-EAGAIN, kmod_wait_deaths(self->r.fd, 0, 1, 1));
	first = start_waiter(&careless, 1);
	second = peer_start(wait_for_death, &self->r);
	kmod_await_waiters(self->r.fd, 2);
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(0, peer_wait(second));
	EXPECT_EQ(1, kmod_stat(self->r.fd).waiters);
	EXPECT_EQ(1, kmod_wake(self->r.fd, 0, 5));
	EXPECT_EQ(0, peer_wait(first));
	EXPECT_EQ(0, close(fd));
}

/* Fails if a member that has died can wait, wake, or have a doorbell; or one that left can't. */
TEST_F(wait, of_the_dead)
{
	const struct ipcbuf_control *control;
	int fd = kmod_member(self->r.fd, 0, &control, NULL);

	EXPECT_EQ(0, kmod_leave(fd));
	EXPECT_EQ(-EAGAIN, kmod_wait(fd, 0, 1, IPCBUF_IOC_FOREVER));
	EXPECT_EQ(0, kmod_wake(fd, 0, 1));
	EXPECT_EQ(0, kmod_join(fd, 0, NULL));
	EXPECT_EQ(-EAGAIN, kmod_wait(fd, 0, 1, IPCBUF_IOC_FOREVER));
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(-EIO, kmod_wait(fd, 0, 1, IPCBUF_IOC_FOREVER));
	EXPECT_EQ(-EIO, kmod_wait(fd, 0, 0, IPCBUF_IOC_FOREVER));
	EXPECT_EQ(-EIO, kmod_wake(fd, 0, 1));
	EXPECT_EQ(-EIO, kmod_doorbell(fd, 0, 0));
	EXPECT_EQ(-EIO, kmod_join(fd, 1, NULL));
	EXPECT_EQ(0, close(fd));
}

/* Fails if a sleeper that is killed stays, or takes a wake that others want. */
TEST_F(wait, killed)
{
	struct waiter waiter = waiter_at(&self->r, 0);
	pid_t first = start_waiter(&waiter, 1);
	pid_t second = start_waiter(&waiter, 2);

	EXPECT_EQ(-SIGKILL, peer_kill(first));
	EXPECT_EQ(1, kmod_stat(self->r.fd).waiters);
	EXPECT_EQ(1, kmod_wake(self->r.fd, 0, 1));
	EXPECT_EQ(0, peer_wait(second));
}

KMOD_HARNESS_MAIN
