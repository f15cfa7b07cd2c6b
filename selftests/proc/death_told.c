// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * News of deaths for those who ask: each member that died is told of, once, to
 * everybody who asks, with what it was known by; and nobody else is.
 */
#include "../common/variants.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define CROWD 24

FIXTURE(death_told) {
	struct test_region region;
	int ready;
	int go;
};

ALL_VARIANTS(death_told);

FIXTURE_SETUP(death_told)
{
	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 2 * MIB));
	self->ready = gate_new();
	self->go = gate_new();
}

FIXTURE_TEARDOWN(death_told)
{
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, test_region_end(&self->region));
}

/* A member until it is killed. */
static int be_member(void *arg)
{
	FIXTURE_DATA(death_told) *self = arg;

	test_region_join(&self->region);
	gate_post(self->ready, 1);
	for (;;)
		pause();
	return 0;
}

static pid_t member_new(FIXTURE_DATA(death_told) *self)
{
	pid_t pid = peer_start(be_member, self);

	gate_wait(self->ready);
	return pid;
}

static void kill_and_collect(pid_t pid)
{
	MUST_EQ(-SIGKILL, peer_kill(pid));
}

static int next(FIXTURE_DATA(death_told) *self, uint64_t number,
		struct ipcbuf_death *ret)
{
	return ipcbuf_region_next_death(self->region.handle, number,
					IPCBUF_NOWAIT, ret);
}

/* A member's slot and generation, by its pid. */
static int find_member(const struct ipcbuf_member_info *info, void *arg)
{
	struct ipcbuf_member_info *wanted = arg;

	if (info->pid != wanted->pid)
		return 0;
	*wanted = *info;
	return 1;
}

/* Fails if a death is missed, told as somebody else's, or told again. */
TEST_F(death_told, once)
{
	struct ipcbuf_member_info info = { .pid = 0 };
	struct ipcbuf_death death = { 0 }, again;

	EXPECT_EQ(-EAGAIN, next(self, 0, &death));
	EXPECT_EQ(-EINVAL, next(self, 0, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_region_next_death(NULL, 0, 0, &death));
	EXPECT_EQ(0, death.number);

	info.pid = member_new(self);
	ASSERT_EQ(1, ipcbuf_region_list_members(self->region.handle,
						find_member, &info));
	EXPECT_EQ(-EAGAIN, next(self, 0, &death));
	kill_and_collect(info.pid);
	ASSERT_EQ(0, next(self, 0, &death));
	EXPECT_EQ(info.pid, death.pid);
	EXPECT_EQ(info.slot, death.slot);
	EXPECT_EQ(info.generation, death.generation);
	EXPECT_LT(0, death.recovered_ns);
	EXPECT_EQ(death.number, region_info(self->region.handle).deaths);
	EXPECT_EQ(-EAGAIN, next(self, death.number, &again));
	ASSERT_EQ(0, next(self, 0, &again));
	EXPECT_EQ(death.number, again.number);
}

static int come_and_leave(void *arg)
{
	FIXTURE_DATA(death_told) *self = arg;

	MUST_EQ(0, ipcbuf_region_close(test_region_join(&self->region)));
	test_region_join(&self->region);
	return 0;	/* the library leaves for it */
}

/* Fails if who closes the region, or returns from main(), counts as dead. */
TEST_F(death_told, leavers_are_not)
{
	struct ipcbuf_death death;

	ASSERT_EQ(0, peer_wait(peer_start(come_and_leave, self)));
	EXPECT_EQ(-EAGAIN, next(self, 0, &death));
	EXPECT_EQ(0, region_info(self->region.handle).deaths);
}

static int become_another(void *arg)
{
	FIXTURE_DATA(death_told) *self = arg;

	test_region_join(&self->region);
	execl("/bin/true", "true", NULL);
	return 1;
}

/* Fails if who replaced its program counts as alive. */
TEST_F(death_told, exec_is_one)
{
	struct ipcbuf_death death;
	pid_t pid = peer_start(become_another, self);

	ASSERT_EQ(0, peer_wait(pid));
	ASSERT_EQ(0, next(self, 0, &death));
	EXPECT_EQ(pid, death.pid);
}

static int recover(void *arg)
{
	FIXTURE_DATA(death_told) *self = arg;
	struct ipcbuf_region *region = test_region_join(&self->region);
	unsigned int members;

	MUST_EQ(0, ipcbuf_region_recover(region, &members));
	return 0;
}

/* Fails if deaths that somebody else has recovered are lost, or out of order. */
TEST_F(death_told, by_whoever_recovers)
{
	struct ipcbuf_death death = { 0 };
	pid_t pids[CROWD];
	uint64_t last = 0;
	unsigned int i, j;

	for (i = 0; i < CROWD; i++)
		pids[i] = member_new(self);
	for (i = 0; i < CROWD; i++)
		kill_and_collect(pids[i]);
	ASSERT_EQ(0, peer_wait(peer_start(recover, self)));
	for (i = 0; i < CROWD; i++) {
		ASSERT_EQ(0, next(self, last, &death));
		EXPECT_LT(last, death.number);
		last = death.number;
		for (j = 0; j < CROWD && pids[j] != death.pid; j++)
			;
		ASSERT_GT(CROWD, j);
		pids[j] = -1;
	}
	EXPECT_EQ(-EAGAIN, next(self, last, &death));
}

/* Fails if an observer, which can't recover, isn't told of what others did. */
TEST_F(death_told, to_observers)
{
	struct ipcbuf_region *observer;
	struct ipcbuf_death death;
	pid_t pid;

	ASSERT_EQ(0, test_region_open(&self->region, IPCBUF_REGION_RDONLY,
				      &observer));
	pid = member_new(self);
	kill_and_collect(pid);
	EXPECT_EQ(-EAGAIN, ipcbuf_region_next_death(observer, 0, 0, &death));
	ASSERT_EQ(0, next(self, 0, &death));
	ASSERT_EQ(0, ipcbuf_region_next_death(observer, 0, 0, &death));
	EXPECT_EQ(pid, death.pid);
	EXPECT_EQ(0, ipcbuf_region_close(observer));
}

struct sleeper {
	struct ipcbuf_region *region;
	struct ipcbuf_death death;
	int begun;
	int result;
	pid_t tid;
};

static void *sleep_for_death(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->tid = thread_id();
	gate_post(sleeper->begun, 1);
	sleeper->result = ipcbuf_region_next_death(sleeper->region, 0,
						   IPCBUF_FOREVER,
						   &sleeper->death);
	return NULL;
}

static pthread_t sleeper_start(struct sleeper *sleeper,
			       struct ipcbuf_region *region)
{
	pthread_t thread;

	sleeper->region = region;
	sleeper->begun = gate_new();
	MUST_EQ(0, pthread_create(&thread, NULL, sleep_for_death, sleeper));
	gate_wait(sleeper->begun);
	thread_await_sleep(sleeper->tid);
	return thread;
}

/* Fails, by its time limit, if who sleeps isn't told. */
TEST_F(death_told, to_sleepers)
{
	struct sleeper sleeper = { 0 };
	pid_t pid = member_new(self);
	pthread_t thread = sleeper_start(&sleeper, self->region.handle);

	kill_and_collect(pid);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, sleeper.result);
	EXPECT_EQ(pid, sleeper.death.pid);
}

/* Fails if closing the region doesn't end the wait. */
TEST_F(death_told, until_it_is_closed)
{
	struct ipcbuf_region *region = test_region_join(&self->region);
	struct sleeper sleeper = { 0 };
	pthread_t thread = sleeper_start(&sleeper, region);

	EXPECT_EQ(0, ipcbuf_region_close(region));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(-EBADF, sleeper.result);
}

/* A callback's notes: written by one thread at a time. */
struct book {
	struct ipcbuf_watch *watch;
	int told;
	int close_result;
	unsigned int count;
	struct ipcbuf_death deaths[CROWD];
};

static void note(const struct ipcbuf_death *death, void *arg)
{
	struct book *book = arg;

	MUST(book->count < CROWD);
	book->deaths[book->count++] = *death;
	if (book->watch)
		book->close_result = ipcbuf_watch_close(book->watch);
	gate_post(book->told, 1);
}

static struct book book_new(void)
{
	struct book book = { .told = gate_new() };

	return book;
}

/* Fails if an earlier death is called for, a later one isn't, or one twice. */
TEST_F(death_told, to_callbacks)
{
	struct book book = book_new();
	struct ipcbuf_death death;
	struct ipcbuf_watch *watch;
	pid_t pids[3];
	unsigned int i;

	EXPECT_EQ(-EINVAL, ipcbuf_watch_open(NULL, note, &book, &watch));
	EXPECT_EQ(-EINVAL, ipcbuf_watch_open(self->region.handle, NULL, &book,
					     &watch));
	EXPECT_EQ(-EINVAL, ipcbuf_watch_open(self->region.handle, note, &book,
					     NULL));
	kill_and_collect(member_new(self));
	ASSERT_EQ(0, next(self, 0, &death));
	for (i = 0; i < 3; i++)
		pids[i] = member_new(self);
	ASSERT_EQ(0, ipcbuf_watch_open(self->region.handle, note, &book,
				       &watch));
	for (i = 0; i < 3; i++) {
		kill_and_collect(pids[i]);
		gate_wait(book.told);
		EXPECT_EQ(pids[i], book.deaths[i].pid);
	}
	EXPECT_EQ(0, ipcbuf_watch_close(watch));
	kill_and_collect(member_new(self));
	ASSERT_EQ(0, next(self, book.deaths[2].number, &death));
	EXPECT_EQ(3, book.count);
	EXPECT_EQ(0, ipcbuf_watch_close(NULL));
}

/* Fails if a watch that would wait for itself hangs, or is half closed. */
TEST_F(death_told, not_closed_by_itself)
{
	struct book book = book_new();
	pid_t pid = member_new(self);

	ASSERT_EQ(0, ipcbuf_watch_open(self->region.handle, note, &book,
				       &book.watch));
	kill_and_collect(pid);
	gate_wait(book.told);
	EXPECT_EQ(-EDEADLK, book.close_result);
	EXPECT_EQ(0, ipcbuf_watch_close(book.watch));
}

/* Fails if a watch's thread outlives its region, or closing it then hangs. */
TEST_F(death_told, after_the_region)
{
	struct ipcbuf_region *region = test_region_join(&self->region);
	struct book book = book_new();
	struct ipcbuf_watch *watch;

	ASSERT_EQ(0, ipcbuf_watch_open(region, note, &book, &watch));
	EXPECT_EQ(0, ipcbuf_region_close(region));
	EXPECT_EQ(-EBADF, ipcbuf_watch_open(region, note, &book, &watch));
	EXPECT_EQ(0, ipcbuf_watch_close(watch));
	EXPECT_EQ(0, book.count);
}

static int close_inherited(void *arg)
{
	return ipcbuf_watch_close(arg);
}

/* Fails if a child, which hasn't got the thread, waits for it. */
TEST_F(death_told, in_a_child)
{
	struct book book = book_new();
	struct ipcbuf_watch *watch;

	ASSERT_EQ(0, ipcbuf_watch_open(self->region.handle, note, &book,
				       &watch));
	EXPECT_EQ(0, peer_wait(peer_start(close_inherited, watch)));
	EXPECT_EQ(0, ipcbuf_watch_close(watch));
}

TEST_HARNESS_MAIN
