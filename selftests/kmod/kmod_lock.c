// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Locks on bytes of a region, as of a file (F_OFD_SETLK): one space of them a
 * region, held by descriptors, dropped when their member dies.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES 65536

FIXTURE(lock) {
	struct kmod_region r;
	int other;
};

FIXTURE_SETUP(lock)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
	self->other = kmod_open(self->r.device, self->r.name, 0);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(lock)
{
	EXPECT_EQ(0, close(self->other));
	kmod_region_end(&self->r);
}

/* What somebody else could do with a byte now. */
static int try_lock(int region, short type, uint64_t byte)
{
	int fd = kmod_attach(region, 0), ret = kmod_lock(fd, type, byte);

	MUST_EQ(0, close(fd));
	return ret;
}

static short query(int fd, short type, uint64_t start, uint64_t length,
		   struct flock *ret)
{
	*ret = (struct flock) {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)start,
		.l_len = (off_t)length,
	};
	MUST_EQ(0, fcntl(fd, F_OFD_GETLK, ret));
	return ret->l_type;
}

/* Fails if two descriptors can hold what excludes each other, or can't what doesn't. */
TEST_F(lock, shared_among_descriptors)
{
	int fd = self->r.fd, attached = kmod_attach(fd, 0);

	EXPECT_EQ(0, kmod_lock(fd, F_WRLCK, 5));
	EXPECT_EQ(-EAGAIN, kmod_lock(self->other, F_WRLCK, 5));
	EXPECT_EQ(-EAGAIN, kmod_lock(self->other, F_RDLCK, 5));
	EXPECT_EQ(-EAGAIN, kmod_lock(attached, F_WRLCK, 5));
	EXPECT_EQ(0, kmod_lock(self->other, F_WRLCK, 6));
	EXPECT_EQ(-EAGAIN, kmod_lock(fd, F_WRLCK, 6));
	EXPECT_EQ(0, kmod_lock(fd, F_RDLCK, 5));
	EXPECT_EQ(0, kmod_lock(attached, F_RDLCK, 5));
	EXPECT_EQ(-EAGAIN, kmod_lock(fd, F_WRLCK, 5));
	EXPECT_EQ(0, kmod_lock(attached, F_UNLCK, 5));
	EXPECT_EQ(0, kmod_lock(fd, F_WRLCK, 5));
	EXPECT_EQ(0, close(attached));
	/* Closing one that holds none takes no other's. */
	EXPECT_EQ(-EAGAIN, try_lock(fd, F_RDLCK, 5));
	EXPECT_EQ(0, kmod_lock(fd, F_UNLCK, 5));
	EXPECT_EQ(0, try_lock(fd, F_WRLCK, 5));
}

/* Fails if one region's locks are in another one's way. */
TEST_F(lock, own_of_each_region)
{
	int fd = kmod_create(self->r.device, "", BYTES, 1);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, kmod_lock(self->r.fd, F_WRLCK, 0));
	EXPECT_EQ(0, kmod_lock(fd, F_WRLCK, 0));
	EXPECT_EQ(-EAGAIN, try_lock(self->r.fd, F_WRLCK, 0));
	EXPECT_EQ(-EAGAIN, try_lock(fd, F_WRLCK, 0));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(-EAGAIN, try_lock(self->r.fd, F_WRLCK, 0));
}

/* Fails if GETLK tells of a lock that isn't there, or not of the one that is. */
TEST_F(lock, query)
{
	int looker = kmod_attach(self->r.fd, IPCBUF_IOC_RDONLY);
	struct flock seen;

	EXPECT_EQ(0, kmod_lock(self->r.fd, F_WRLCK, 100));
	EXPECT_EQ(F_WRLCK, query(self->other, F_WRLCK, 0, 0, &seen));
	EXPECT_EQ(100, seen.l_start);
	EXPECT_EQ(1, seen.l_len);
	EXPECT_EQ(F_UNLCK, query(self->other, F_WRLCK, 101, 50, &seen));
	EXPECT_EQ(F_UNLCK, query(self->r.fd, F_WRLCK, 0, 0, &seen));
	EXPECT_EQ(F_WRLCK, query(looker, F_RDLCK, 0, 0, &seen));
	EXPECT_EQ(-EAGAIN, try_lock(self->r.fd, F_WRLCK, 100));
	EXPECT_EQ(0, close(looker));
}

/* Fails if who may only read can stop others by a lock. */
TEST_F(lock, rdonly)
{
	int looker = kmod_attach(self->r.fd, IPCBUF_IOC_RDONLY);

	EXPECT_EQ(-EBADF, kmod_lock(looker, F_WRLCK, 1));
	EXPECT_EQ(-EBADF, kmod_lock(looker, F_RDLCK, 1));
	EXPECT_EQ(-EBADF, kmod_lock_wait(looker, F_RDLCK, 1));
	EXPECT_EQ(0, try_lock(self->r.fd, F_WRLCK, 1));
	EXPECT_EQ(0, close(looker));
}

/* Fails if locks that don't belong to a descriptor can be taken, and so outlive a death. */
TEST_F(lock, other_kinds)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
			      .l_len = 1 };

	EXPECT_EQ(-1, fcntl(self->r.fd, F_SETLK, &lock));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, try_lock(self->r.fd, F_WRLCK, 0));
}

/* Fails if locks stay when the last descriptor of an open file is closed, or go before. */
TEST_F(lock, dropped_with_the_descriptor)
{
	int fd = kmod_attach(self->r.fd, 0), copy = dup(fd);

	EXPECT_EQ(0, kmod_lock(fd, F_WRLCK, 9));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(-EAGAIN, try_lock(self->r.fd, F_WRLCK, 9));
	EXPECT_EQ(0, close(copy));
	EXPECT_EQ(0, try_lock(self->r.fd, F_WRLCK, 9));
}

/* Fails if a member's locks outlive its control page, or it can take new ones. */
TEST_F(lock, dropped_at_death)
{
	const struct ipcbuf_control *control;
	int fd = kmod_member(self->r.fd, 1, &control, NULL), copy = dup(fd);

	EXPECT_EQ(0, kmod_lock(fd, F_WRLCK, 3));
	EXPECT_EQ(0, kmod_lock(fd, F_RDLCK, 4));
	EXPECT_EQ(0, kmod_lock(self->r.fd, F_WRLCK, 5));
	EXPECT_EQ(-EAGAIN, try_lock(self->r.fd, F_WRLCK, 3));
	EXPECT_EQ(-EAGAIN, try_lock(self->r.fd, F_WRLCK, 4));
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(0, try_lock(self->r.fd, F_WRLCK, 3));
	EXPECT_EQ(0, try_lock(self->r.fd, F_WRLCK, 4));
	/* Another's are left. */
	EXPECT_EQ(-EAGAIN, try_lock(self->r.fd, F_WRLCK, 5));
	EXPECT_EQ(-EIO, kmod_lock(fd, F_WRLCK, 3));
	EXPECT_EQ(-EIO, kmod_lock(copy, F_RDLCK, 3));
	EXPECT_EQ(-EIO, kmod_lock_wait(fd, F_WRLCK, 3));
	EXPECT_EQ(0, kmod_lock(fd, F_UNLCK, 3));
	EXPECT_EQ(0, try_lock(self->r.fd, F_WRLCK, 3));
	EXPECT_EQ(0, close(copy));
	EXPECT_EQ(0, close(fd));
}

/* Fails if LEAVE drops locks: they are the descriptor's still. */
TEST_F(lock, kept_at_leave)
{
	const struct ipcbuf_control *control;
	int fd = kmod_member(self->r.fd, 1, &control, NULL);

	EXPECT_EQ(0, kmod_lock(fd, F_WRLCK, 3));
	EXPECT_EQ(0, kmod_leave(fd));
	EXPECT_EQ(-EAGAIN, try_lock(self->r.fd, F_WRLCK, 3));
	EXPECT_EQ(0, kmod_lock(fd, F_WRLCK, 4));
	/* Without a member there is no death, but the end of its use. */
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(0, kmod_deaths(self->r.control));
	EXPECT_EQ(0, try_lock(self->r.fd, F_WRLCK, 3));
	EXPECT_EQ(0, close(fd));
}

struct held {
	struct kmod_region *region;
	bool joined;
	int holding, waiting;
};

static int hold(void *arg)
{
	struct held *held = arg;
	int fd = held->joined ? kmod_member(held->region->fd, 2, NULL, NULL) :
				kmod_attach(held->region->fd, 0);

	MUST_EQ(0, kmod_lock(fd, F_WRLCK, 11));
	gate_post(held->holding, 1);
	for (;;)
		pause();
	return 0;
}

/* It sees the slot as dead: the lock goes after that. */
static int take_over(void *arg)
{
	struct held *held = arg;
	int fd = kmod_attach(held->region->fd, 0);
	const struct ipcbuf_control *control = kmod_control(fd, KMOD_SLOTS);

	gate_post(held->waiting, 1);
	MUST_EQ(0, kmod_lock_wait(fd, F_WRLCK, 11));
	if (held->joined)
		MUST_EQ(kmod_slot_word(1, IPCBUF_SLOT_DEAD),
			kmod_slot(control, 2));
	return 0;
}

static void kill_holder(struct __test_metadata *_metadata,
			struct kmod_region *region, bool joined)
{
	struct held held = { region, joined, gate_new(), gate_new() };
	pid_t holder = peer_start(hold, &held), heir;

	gate_wait(held.holding);
	heir = peer_start(take_over, &held);
	gate_wait(held.waiting);
	thread_await_sleep(heir);
	EXPECT_EQ(-EAGAIN, try_lock(region->fd, F_WRLCK, 11));
	EXPECT_EQ(-SIGKILL, peer_kill(holder));
	EXPECT_EQ(0, peer_wait(heir));
	EXPECT_EQ(0, try_lock(region->fd, F_WRLCK, 11));
	EXPECT_EQ(joined, kmod_deaths(region->control));
}

/* Fails if who waits for a dead member's lock doesn't get it, or before the slot is DEAD. */
TEST_F(lock, waited_for_till_death)
{
	kill_holder(_metadata, &self->r, true);
}

/* Fails if the locks of who never joined stay. */
TEST_F(lock, waited_for_till_end)
{
	kill_holder(_metadata, &self->r, false);
}

static int wait_and_be_interrupted(void *arg)
{
	struct held *held = arg;
	struct sigaction action = { .sa_handler = SIG_IGN };
	int fd = kmod_attach(held->region->fd, 0);

	MUST_EQ(0, sigaction(SIGUSR1, &action, NULL));
	gate_post(held->waiting, 1);
	return kmod_lock_wait(fd, F_WRLCK, 0);
}

static void on_signal(int number)
{
	(void)number;
}

static int wait_and_give_up(void *arg)
{
	struct held *held = arg;
	struct sigaction action = { .sa_handler = on_signal };
	int fd = kmod_attach(held->region->fd, 0);

	MUST_EQ(0, sigaction(SIGUSR1, &action, NULL));
	gate_post(held->waiting, 1);
	MUST_EQ(-EINTR, kmod_lock_wait(fd, F_WRLCK, 0));
	return 0;
}

/* Fails if a wait for a lock can't be interrupted, or is by what is ignored. */
TEST_F(lock, interrupted)
{
	struct held held = { &self->r, false, gate_new(), gate_new() };
	pid_t peer;

	EXPECT_EQ(0, kmod_lock(self->r.fd, F_WRLCK, 0));
	peer = peer_start(wait_and_give_up, &held);
	gate_wait(held.waiting);
	thread_await_sleep(peer);
	EXPECT_EQ(0, kill(peer, SIGUSR1));
	EXPECT_EQ(0, peer_wait(peer));
	peer = peer_start(wait_and_be_interrupted, &held);
	gate_wait(held.waiting);
	thread_await_sleep(peer);
	EXPECT_EQ(0, kill(peer, SIGUSR1));
	EXPECT_EQ(0, kmod_lock(self->r.fd, F_UNLCK, 0));
	EXPECT_EQ(0, peer_wait(peer));
}

/* Waits as a member for a lock, and dies so. */
static int wait_and_die(void *arg)
{
	struct held *held = arg;
	int fd = kmod_member(held->region->fd, 3, NULL, NULL);

	MUST_EQ(0, kmod_lock(fd, F_WRLCK, 1));
	gate_post(held->waiting, 1);
	kmod_lock_wait(fd, F_WRLCK, 0);
	return 0;
}

/* Fails if a member that is killed while it waits for a lock leaves one. */
TEST_F(lock, killed_waiting)
{
	struct held held = { &self->r, false, gate_new(), gate_new() };
	pid_t peer;

	EXPECT_EQ(0, kmod_lock(self->r.fd, F_WRLCK, 0));
	peer = peer_start(wait_and_die, &held);
	gate_wait(held.waiting);
	thread_await_sleep(peer);
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	EXPECT_EQ(1, kmod_deaths(self->r.control));
	EXPECT_EQ(0, try_lock(self->r.fd, F_WRLCK, 1));
	EXPECT_EQ(0, kmod_lock(self->r.fd, F_UNLCK, 0));
	EXPECT_EQ(0, try_lock(self->r.fd, F_WRLCK, 0));
}

KMOD_HARNESS_MAIN
