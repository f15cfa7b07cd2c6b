// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Many members that die at once, of one process and of many, and one waiter
 * that counts them: each is one death, no more and no less.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMBERS 256u

FIXTURE(kmod_death_many) {
	int device;
	int region;
	const struct ipcbuf_control *control;
	int joined;
	int asleep;
};

FIXTURE_VARIANT(kmod_death_many) {
	unsigned int processes;
};

FIXTURE_VARIANT_ADD(kmod_death_many, of_one_process) {
	.processes = 1,
};

FIXTURE_VARIANT_ADD(kmod_death_many, of_16_processes) {
	.processes = 16,
};

FIXTURE_VARIANT_ADD(kmod_death_many, of_256_processes) {
	.processes = 256,
};

FIXTURE_SETUP(kmod_death_many)
{
	const struct rlimit files = { 1024, 1024 };

	self->device = kmod_device();
	ASSERT_LE(0, self->device);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	self->region = kmod_create(self->device, "", 65536, MEMBERS);
	ASSERT_LE(0, self->region);
	self->control = kmod_control(self->region, MEMBERS);
	ASSERT_NE(NULL, self->control);
	self->joined = gate_new();
	self->asleep = gate_new();
}

FIXTURE_TEARDOWN(kmod_death_many)
{
	EXPECT_EQ(0, close(self->region));
	EXPECT_EQ(0, close(self->device));
}

static void join_some(int region, unsigned int count)
{
	uint32_t generation;
	int fd;

	while (count--) {
		fd = kmod_attach(region, 0);
		MUST(fd >= 0);
		MUST(kmod_control(fd, MEMBERS));
		MUST(kmod_join(fd, IPCBUF_IOC_SLOT_ANY, &generation) >= 0);
		MUST_EQ(1, generation);
	}
}

/* Members in a process group of their own, to be killed by one call. */
static pid_t start_members(FIXTURE_DATA(kmod_death_many) *self, pid_t group,
			   unsigned int count)
{
	pid_t child = fork();

	MUST(child >= 0);
	if (child) {
		(void)setpgid(child, group);
		return child;
	}
	(void)setpgid(0, group);
	join_some(self->region, count);
	gate_post(self->joined, 1);
	for (;;)
		pause();
}

/* Sleeps until the next death, again and again, until it has seen them all. */
static int count_deaths(void *arg)
{
	FIXTURE_DATA(kmod_death_many) *self = arg;
	uint32_t before = 0;
	int fd = kmod_attach(self->region, 0);

	/* The control page of the test's process isn't ours. */
	self->control = kmod_control(fd, MEMBERS);
	MUST(self->control);
	gate_post(self->asleep, 1);
	while (before < MEMBERS) {
		MUST_EQ(-EOWNERDEAD, kmod_wait_deaths(fd, 0, 0, before));
		MUST(kmod_deaths(self->control) > before);
		before = kmod_deaths(self->control);
	}
	MUST_EQ(MEMBERS, before);
	return 0;
}

/*
 * Fails if a death is lost or counted twice when they come together, if a slot
 * doesn't say so, or if one can't be reaped and had again.
 */
TEST_F_TIMEOUT(kmod_death_many, each_counts_once, 120)
{
	struct ipcbuf_ioc_region stat;
	pid_t counter, group = 0;
	uint32_t generation;
	unsigned int i;

	for (i = 0; i < variant->processes; i++) {
		pid_t pid = start_members(self, group,
					  MEMBERS / variant->processes);

		group = group ? group : pid;
	}
	for (i = 0; i < variant->processes; i++)
		gate_wait(self->joined);
	counter = peer_start(count_deaths, self);
	gate_wait(self->asleep);
	thread_await_sleep(counter);
	stat = kmod_stat(self->region);
	EXPECT_EQ(MEMBERS, stat.members);
	EXPECT_EQ(0, stat.deaths);

	ASSERT_EQ(0, kill(-group, SIGKILL));
	ASSERT_EQ(0, peer_wait(counter));
	while (wait(NULL) > 0)
		;
	stat = kmod_stat(self->region);
	EXPECT_EQ(0, stat.members);
	EXPECT_EQ(MEMBERS, stat.deaths);
	EXPECT_EQ(MEMBERS, kmod_deaths(self->control));
	for (i = 0; i < MEMBERS; i++) {
		EXPECT_EQ(kmod_slot_word(1, IPCBUF_SLOT_DEAD),
			  kmod_slot(self->control, i));
	}

	EXPECT_EQ(-EBUSY, kmod_join(self->region, IPCBUF_IOC_SLOT_ANY, NULL));
	for (i = 0; i < MEMBERS; i++) {
		EXPECT_EQ(0, kmod_reap(self->region, i, 1));
		EXPECT_EQ(kmod_slot_word(1, IPCBUF_SLOT_FREE),
			  kmod_slot(self->control, i));
	}
	EXPECT_EQ(0, kmod_join(self->region, IPCBUF_IOC_SLOT_ANY, &generation));
	EXPECT_EQ(2, generation);
}

KMOD_HARNESS_MAIN
