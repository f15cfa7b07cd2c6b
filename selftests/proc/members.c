// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who counts as alive: whoever can still run, however little it does; and
 * nobody else, whoever it has left behind. Slots of the dead go to others only
 * when what the dead held has been taken back.
 */
#include "../common/variants.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each that allocates takes a slab. */
#define REGION_BYTES (256 * MIB)
#define PROCESSES    25
#define HANDLES      40
#define ROOM         1024

FIXTURE(members) {
	struct test_region region;
	int ready;
	int go;
	unsigned int handles;	/* for each member that is started */
};

ALL_VARIANTS(members);

FIXTURE_SETUP(members)
{
	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, REGION_BYTES));
	self->ready = gate_new();
	self->go = gate_new();
	self->handles = 1;
}

FIXTURE_TEARDOWN(members)
{
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, test_region_end(&self->region));
}

static unsigned int recovered(FIXTURE_DATA(members) *self)
{
	unsigned int count;

	MUST_EQ(0, ipcbuf_region_recover(self->region.handle, &count));
	return count;
}

static unsigned int present(FIXTURE_DATA(members) *self)
{
	return region_info(self->region.handle).members;
}

static void pause_for_ever(void)
{
	for (;;)
		pause();
}

/* Members until they are killed, each with a record in its hands. */
static int hold(void *arg)
{
	FIXTURE_DATA(members) *self = arg;
	unsigned int i;

	for (i = 0; i < self->handles; i++)
		record_new(test_region_join(&self->region), 100);
	gate_post(self->ready, 1);
	pause_for_ever();
	return 0;
}

static pid_t holder_new(FIXTURE_DATA(members) *self)
{
	pid_t pid = peer_start(hold, self);

	gate_wait(self->ready);
	return pid;
}

/*
 * Fails if a region of this size has no room for 1,000 members, if one too
 * many isn't told so, or if anything of theirs is left when all have died.
 */
TEST_F_TIMEOUT(members, thousand, 120)
{
	struct ipcbuf_region *more[ROOM - 1 - PROCESSES * HANDLES];
	struct ipcbuf_region *one_too_many = POISON;
	pid_t pids[PROCESSES];
	unsigned int i;

	/* One process maps it as often. */
	NEED_BYTES(variant, ARRAY_SIZE(more) * REGION_BYTES);
	self->handles = HANDLES;
	for (i = 0; i < PROCESSES; i++)
		pids[i] = holder_new(self);
	EXPECT_EQ(1 + PROCESSES * HANDLES, present(self));
	EXPECT_EQ(0, recovered(self));
	for (i = 0; i < ARRAY_SIZE(more); i++)
		more[i] = test_region_join(&self->region);
	EXPECT_EQ(-EUSERS, test_region_open(&self->region, 0, &one_too_many));
	EXPECT_EQ(POISON, one_too_many);
	for (i = 0; i < PROCESSES; i++)
		EXPECT_EQ(-SIGKILL, peer_kill(pids[i]));
	EXPECT_EQ(PROCESSES * HANDLES, recovered(self));
	for (i = 0; i < ARRAY_SIZE(more); i++)
		EXPECT_EQ(0, ipcbuf_region_close(more[i]));
	EXPECT_EQ(1, present(self));
	EXPECT_EQ(0, region_held(self->region.handle));
}

/*
 * Fails if the slot of a dead member is given to another one with what the dead
 * held still in it.
 */
TEST_F(members, slots_are_recovered_first)
{
	struct ipcbuf_region *heir;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		EXPECT_EQ(-SIGKILL, peer_kill(holder_new(self)));
		heir = test_region_join(&self->region);
		EXPECT_EQ(2, present(self));
		EXPECT_EQ(0, region_held(self->region.handle));
		EXPECT_EQ(0, recovered(self));
		EXPECT_EQ(0, ipcbuf_region_close(heir));
	}
	EXPECT_EQ(10, region_info(self->region.handle).deaths);
}

/* What must be true of the one holder. */
static void is_alive(struct __test_metadata *_metadata,
			       FIXTURE_DATA(members) *self)
{
	EXPECT_EQ(0, recovered(self));
	EXPECT_EQ(2, present(self));
	EXPECT_NE(0, region_held(self->region.handle));
}

static void is_dead(struct __test_metadata *_metadata,
		    FIXTURE_DATA(members) *self)
{
	EXPECT_EQ(1, recovered(self));
	EXPECT_EQ(1, present(self));
	EXPECT_EQ(0, region_held(self->region.handle));
}

/* Fails if a stopped member counts as dead, or one killed there as alive. */
TEST_F(members, stopped)
{
	pid_t pid = holder_new(self);
	int status;

	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	is_alive(_metadata, self);
	EXPECT_EQ(-SIGKILL, peer_kill(pid));
	is_dead(_metadata, self);
}

/* The same under a debugger. */
TEST_F(members, traced)
{
	pid_t pid = holder_new(self);
	int status;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL)) {
		EXPECT_EQ(-SIGKILL, peer_kill(pid));
		EXPECT_EQ(1, recovered(self));
		SKIP(return, "ptrace isn't allowed, or not emulated");
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	is_alive(_metadata, self);
	EXPECT_EQ(-SIGKILL, peer_kill(pid));
	is_dead(_metadata, self);
}

static void *outlive_leader(void *arg)
{
	FIXTURE_DATA(members) *self = arg;

	gate_post(self->ready, 1);
	pause_for_ever();
	return NULL;
}

/* The first thread's stack, where the test is, goes with it. */
static int leave_a_thread(void *arg)
{
	static FIXTURE_DATA(members) copy;
	pthread_t thread;

	copy = *(FIXTURE_DATA(members) *)arg;
	record_new(test_region_join(&copy.region), 100);
	MUST_EQ(0, pthread_create(&thread, NULL, outlive_leader, &copy));
	pthread_exit(NULL);
}

/* Fails if a process counts as dead whose first thread alone has ended. */
TEST_F(members, leader_ended)
{
	pid_t pid = peer_start(leave_a_thread, self);

	gate_wait(self->ready);
	while (thread_look(pid).state != 'Z')
		sched_yield();
	/* What that thread had allocated is its process's. */
	EXPECT_EQ(0, recovered(self));
	EXPECT_EQ(2, present(self));
	EXPECT_EQ(-SIGKILL, peer_kill(pid));
	is_dead(_metadata, self);
}

static int outlive_parent(void *arg)
{
	FIXTURE_DATA(members) *self = arg;

	MUST_EQ(0, prctl(PR_SET_PDEATHSIG, 0));
	gate_post(self->ready, 1);
	gate_wait(self->go);
	return 0;
}

static int leave_a_child(void *arg)
{
	FIXTURE_DATA(members) *self = arg;

	record_new(test_region_join(&self->region), 100);
	if (!fork()) {
		outlive_parent(self);
		_exit(0);
	}
	pause_for_ever();
	return 0;
}

/* Fails if a child that was forked keeps its parent's membership alive. */
TEST_F(members, child_lives_on)
{
	pid_t pid;

	if (!system_hides())
		SKIP(return, "children have what their parents mapped here");
	pid = peer_start(leave_a_child, self);
	gate_wait(self->ready);
	is_alive(_metadata, self);
	EXPECT_EQ(-SIGKILL, peer_kill(pid));
	is_dead(_metadata, self);
	gate_post(self->go, 1);
}

/*
 * The first process of a pid namespace: there it is number 1, and can't see who
 * started it, as every child of fork() here makes sure that it does.
 */
static int hold_in_namespace(void *arg)
{
	FIXTURE_DATA(members) *self = arg;
	pid_t inner;
	int status;

	if (unshare(CLONE_NEWPID))
		return 77;
	inner = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!inner) {
		MUST_EQ(0, prctl(PR_SET_PDEATHSIG, SIGKILL));
		MUST_EQ(1, getpid());
		hold(self);
	}
	MUST_EQ(inner, waitpid(inner, &status, 0));
	/* At once: LeakSanitizer can't look for leaks from here. */
	_exit(WIFSIGNALED(status) ? 0 : 1);
}

static int pid_of_other(const struct ipcbuf_member_info *info, void *unused)
{
	(void)unused;
	return info->pid != getpid() ? info->pid : 0;
}

static int kill_first_child(const char *children)
{
	FILE *file = fopen(children, "re");
	int pid, found = 0;

	if (file) {
		found = fscanf(file, "%d", &pid) == 1 && !kill(pid, SIGKILL);
		fclose(file);
	}
	return found;
}

/*
 * Fails if a pid that means another process here (or none) makes a living
 * member dead, or a dead one alive.
 */
TEST_F(members, in_a_pid_namespace)
{
	pid_t outer = peer_start(hold_in_namespace, self);
	char children[64];
	int status;

	while (!gate_is_open(self->ready)) {
		status = 0;
		if (waitpid(outer, &status, WNOHANG) == outer) {
			ASSERT_EQ(77, WEXITSTATUS(status));
			SKIP(return, "no pid namespaces here");
		}
		sched_yield();
	}
	EXPECT_EQ(1, ipcbuf_region_list_members(self->region.handle,
						pid_of_other, NULL));
	is_alive(_metadata, self);
	snprintf(children, sizeof(children), "/proc/%d/task/%d/children", outer,
		 outer);
	ASSERT_EQ(1, kill_first_child(children));
	EXPECT_EQ(0, peer_wait(outer));
	is_dead(_metadata, self);
}

TEST_HARNESS_MAIN
