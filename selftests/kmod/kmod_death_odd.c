// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What is no death although it looks like one, and deaths that are news to
 * nobody: members that are stopped, dump core or leave, and descriptors that
 * never joined. Then what becomes of a dead member's slot.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/peer.h"
#include "../common/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

FIXTURE(kmod_death_odd) {
	struct scene scene;
};

FIXTURE_SETUP(kmod_death_odd)
{
	scene_begin(&self->scene);
}

FIXTURE_TEARDOWN(kmod_death_odd)
{
	scene_end(&self->scene);
}

static void just_sleep(struct scene *scene, struct member *member)
{
	(void)member;
	scene_step(scene);
	for (;;)
		pause();
}

/* Fails if a stopped member counts as dead, or one that is killed then doesn't. */
TEST_F_TIMEOUT(kmod_death_odd, stopped, 60)
{
	struct scene *scene = &self->scene;
	int status;

	scene_play(scene, just_sleep);
	scene_watch(scene);
	ASSERT_EQ(0, kill(scene->victim, SIGSTOP));
	ASSERT_EQ(scene->victim, waitpid(scene->victim, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	scene_must_be_alive(scene);
	ASSERT_EQ(0, kill(scene->victim, SIGKILL));
	scene_told(scene);
	scene_must_be_dead(scene);
	scene_let_go(scene);
	scene_must_be_reusable(scene);
}

static void leave(struct scene *scene, struct member *member)
{
	scene_step(scene);
	MUST_EQ(0, kmod_leave(member->fd));
	MUST_EQ(-ENOTCONN, kmod_leave(member->fd));
	just_sleep(scene, member);
}

/*
 * Fails if who has left is dead to anybody, at once or at its end; if it loses
 * its locks before its end, or keeps them then.
 */
TEST_F_TIMEOUT(kmod_death_odd, left, 60)
{
	struct scene *scene = &self->scene;
	struct member next;

	scene_play(scene, leave);
	scene_watch(scene);
	scene_go(scene);
	scene_must_have_left(scene);
	EXPECT_EQ(-EAGAIN,
		  kmod_lock(scene->region, F_WRLCK, scene->note->slot));
	/* Who is waiting for the lock is to see no death when it has it. */
	scene->note->not_dead = true;
	EXPECT_EQ(-SIGKILL, peer_kill(scene->victim));
	scene_must_have_left(scene);
	scene_not_told(scene);
	EXPECT_EQ(0, kmod_lock(scene->region, F_WRLCK, scene->note->slot));
	member_join(&next, scene->region, scene->note->slot);
	EXPECT_EQ(scene->note->generation + 1, next.generation);
	EXPECT_EQ(scene->deaths, scene->control->deaths);
}

/* The same descriptor again, after it has left. */
static void leave_and_join(struct scene *scene, struct member *member)
{
	uint32_t generation = 0;
	int i;

	for (i = 0; i < 10; i++) {
		MUST_EQ(0, kmod_leave(member->fd));
		MUST_EQ(member->slot,
			kmod_join(member->fd, member->slot, &generation));
	}
	scene->note->generation = generation;
	MUST_EQ(member->generation + 10, generation);
	just_sleep(scene, member);
}

/* Fails if the death of who has left and come back is not news. */
TEST_F_TIMEOUT(kmod_death_odd, came_back, 60)
{
	struct scene *scene = &self->scene;

	scene_play(scene, leave_and_join);
	scene_watch(scene);
	ASSERT_EQ(0, kill(scene->victim, SIGKILL));
	scene_told(scene);
	scene_must_be_dead(scene);
	scene_let_go(scene);
	scene_must_be_reusable(scene);
}

static int hang_on(void *arg)
{
	scene_hang_on(arg);
	return 0;
}

/* All but a thread: a process of its own with the same memory and files. */
static void have_a_twin(struct scene *scene, struct member *member)
{
	static char stack[65536] __attribute__((aligned(16)));

	MUST(clone(hang_on, stack + sizeof(stack),
		   CLONE_VM | CLONE_FILES | SIGCHLD, scene) > 0);
	just_sleep(scene, member);
}

/*
 * Nothing that the member had has ended while a twin has all of it. Fails if
 * its end isn't told then, or twice.
 */
TEST_F_TIMEOUT(kmod_death_odd, twin, 60)
{
	struct scene *scene = &self->scene;

	scene_play(scene, have_a_twin);
	scene_watch(scene);
	ASSERT_EQ(-SIGKILL, peer_kill(scene->victim));
	scene_cut(scene);
	scene_told(scene);
	scene_let_go(scene);
	scene_must_be_dead(scene);
	scene_must_be_reusable(scene);
}

static int poll_alone(void *arg)
{
	struct scene *scene = arg;
	int fd = kmod_attach(scene->region, 0);
	struct pollfd bell = {
		.fd = kmod_doorbell(fd, SCENE_OFFSET, 0),
		.events = POLLIN | POLLPRI,
	};

	MUST(bell.fd >= 0);
	MUST_EQ(0, close(fd));
	gate_post(scene->asleep, 1);
	MUST_EQ(1, poll(&bell, 1, -1));
	MUST_EQ(POLLPRI, bell.revents);
	return 0;
}

/*
 * Fails if a doorbell is deaf to deaths when its region's descriptor has been
 * closed: it then sleeps until the test's limit.
 */
TEST_F_TIMEOUT(kmod_death_odd, doorbell_alone, 60)
{
	struct scene *scene = &self->scene;
	pid_t poller;

	scene_play(scene, just_sleep);
	poller = peer_start(poll_alone, scene);
	gate_wait(scene->asleep);
	thread_await_sleep(poller);
	ASSERT_EQ(-SIGKILL, peer_kill(scene->victim));
	ASSERT_EQ(0, peer_wait(poller));
}

struct observer {
	struct scene *scene;
	int ready;
};

static int observe(void *arg)
{
	const struct observer *observer = arg;
	int fd = kmod_attach(observer->scene->region, 0);

	MUST(kmod_control(fd, SCENE_SLOTS));
	MUST_EQ(0, kmod_lock(fd, F_WRLCK, 500));
	gate_post(observer->ready, 1);
	for (;;)
		pause();
	return 0;
}

static int lock_500(void *arg)
{
	const struct observer *observer = arg;
	int fd = kmod_attach(observer->scene->region, 0);

	gate_post(observer->ready, 1);
	return kmod_lock_wait(fd, F_WRLCK, 500);
}

/*
 * Fails if the end of who hasn't joined is a death, or if its lock stays: then
 * who waits for it does so until the test's limit.
 */
TEST_F_TIMEOUT(kmod_death_odd, never_joined, 60)
{
	struct scene *scene = &self->scene;
	struct observer observer = { .scene = scene };
	pid_t observing, locking;

	observer.ready = gate_new();
	scene_play(scene, just_sleep);
	observing = peer_start(observe, &observer);
	gate_wait(observer.ready);
	locking = peer_start(lock_500, &observer);
	gate_wait(observer.ready);
	thread_await_sleep(locking);
	EXPECT_EQ(-SIGKILL, peer_kill(observing));
	EXPECT_EQ(0, peer_wait(locking));
	scene_must_be_alive(scene);
	EXPECT_EQ(-SIGKILL, peer_kill(scene->victim));
	scene_must_be_dead(scene);
}

/*
 * Fails if somebody is reaped who is alive, or was another's generation; if it
 * can't be done twice; or if a slot that nobody has seen to is given to who
 * asks for any.
 */
TEST_F_TIMEOUT(kmod_death_odd, slots, 60)
{
	struct scene *scene = &self->scene;
	struct member others[SCENE_SLOTS];
	uint32_t slot, generation, i;

	scene_play(scene, just_sleep);
	slot = scene->note->slot;
	generation = scene->note->generation;
	EXPECT_EQ(-EBUSY, kmod_reap(scene->region, slot, generation));
	EXPECT_EQ(-ESTALE, kmod_reap(scene->region, slot, generation + 1));
	EXPECT_EQ(-EINVAL, kmod_reap(scene->region, SCENE_SLOTS, 1));
	EXPECT_EQ(-EINVAL, kmod_reap(scene->region, IPCBUF_IOC_SLOT_ANY, 1));
	EXPECT_EQ(-SIGKILL, peer_kill(scene->victim));
	EXPECT_EQ(-ESTALE, kmod_reap(scene->region, slot, generation + 1));
	scene_must_be_dead(scene);
	for (i = 0; i < SCENE_SLOTS - 1; i++) {
		member_join(&others[i], scene->region, IPCBUF_IOC_SLOT_ANY);
		EXPECT_NE(slot, others[i].slot);
	}
	/* Over the dead one, by its number. */
	member_join(&others[i], scene->region, slot);
	EXPECT_EQ(generation + 1, others[i].generation);
	EXPECT_EQ(-ESTALE, kmod_reap(scene->region, slot, generation));
	EXPECT_EQ(-EBUSY, kmod_reap(scene->region, slot, generation + 1));
	kmod_unmap_control(others[i].control, SCENE_SLOTS);
	EXPECT_EQ(scene->deaths + 2, scene->control->deaths);
	EXPECT_EQ(0, kmod_reap(scene->region, slot, generation + 1));
	EXPECT_EQ(0, kmod_reap(scene->region, slot, generation + 1));
	EXPECT_EQ(-ESTALE, kmod_reap(scene->region, slot, generation));
}

/*
 * A core that goes to a program takes as long as that wants. This program is
 * it: it says that it is there, and reads on when it is told to.
 */
#define DUMP_SOCKET "/tmp/ipcbuf-kmod-core"

static struct sockaddr_un dump_address(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, DUMP_SOCKET);
	return address;
}

static void take_core(void)
{
	struct sockaddr_un address = dump_address();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char bytes[4096];

	MUST_EQ(0, connect(fd, (struct sockaddr *)&address, sizeof(address)));
	MUST_EQ(0, read(fd, bytes, 1));
	while (read(STDIN_FILENO, bytes, sizeof(bytes)) > 0)
		;
	_exit(0);
}

__attribute__((constructor)) static void maybe_take_core(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "take-core"))
		take_core();
}

/* Return: false where that isn't ours to do. */
static bool write_pattern(const char *text)
{
	int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC);
	ssize_t bytes;

	if (fd < 0)
		return false;
	bytes = write(fd, text, strlen(text));
	MUST_EQ(0, close(fd));
	return bytes == (ssize_t)strlen(text);
}

static char old_pattern[256];

static void restore_pattern(void)
{
	write_pattern(old_pattern);
	unlink(DUMP_SOCKET);
}

static bool same_namespace(const char *kind)
{
	char text[64], ours[64] = "", first[64] = "";

	snprintf(text, sizeof(text), "/proc/self/ns/%s", kind);
	if (readlink(text, ours, sizeof(ours) - 1) < 0)
		return false;
	snprintf(text, sizeof(text), "/proc/1/ns/%s", kind);
	if (readlink(text, first, sizeof(first) - 1) < 0)
		return false;
	return !strcmp(ours, first);
}

static bool send_cores_here(void)
{
	char self_path[128], pattern[160];
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
	ssize_t bytes;

	if (!file)
		return false;
	MUST(fgets(old_pattern, sizeof(old_pattern), file));
	fclose(file);
	bytes = readlink("/proc/self/exe", self_path, sizeof(self_path) - 1);
	/* The kernel takes no longer one. */
	if (bytes < 0 || bytes > 100 || !same_namespace("mnt") ||
	    !same_namespace("pid"))
		return false;
	self_path[bytes] = '\0';
	snprintf(pattern, sizeof(pattern), "|%s take-core", self_path);
	if (!write_pattern(pattern))
		return false;
	MUST_EQ(0, atexit(restore_pattern));
	return true;
}

static void dump_core(struct scene *scene, struct member *member)
{
	const struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };

	(void)member;
	scene_step(scene);
	signal(SIGABRT, SIG_DFL);
	(void)setrlimit(RLIMIT_CORE, &core);
	abort();
}

/* Fails if a member counts as dead while its core is being written. */
TEST_F_TIMEOUT(kmod_death_odd, core_dump, 60)
{
	struct sockaddr_un address = dump_address();
	struct scene *scene = &self->scene;
	struct pollfd wanted[2];
	int listener, taker;

	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(DUMP_SOCKET);
	ASSERT_EQ(0, bind(listener, (struct sockaddr *)&address,
			  sizeof(address)));
	ASSERT_EQ(0, listen(listener, 1));
	if (!send_cores_here())
		SKIP(return, "cores can't be sent here");
	scene_play(scene, dump_core);
	scene_watch(scene);
	gate_post(scene->go, 1);
	wanted[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	wanted[1] = (struct pollfd){ .fd = scene->region, .events = POLLPRI };
	/* Without a taker it ends at once; with one it hangs on to it. */
	ASSERT_LE(1, poll(wanted, 2, -1));
	if (!wanted[0].revents) {
		EXPECT_EQ(-SIGABRT, scene_collect(scene->victim));
		restore_pattern();
		SKIP(return, "the core's taker couldn't be run");
	}
	taker = accept(listener, NULL, NULL);
	ASSERT_LE(0, taker);
	scene_must_be_alive(scene);
	ASSERT_EQ(0, close(taker));
	scene_told(scene);
	scene_must_be_dead(scene);
	EXPECT_EQ(-SIGABRT, scene_collect(scene->victim));
	scene_let_go(scene);
	scene_must_be_reusable(scene);
	restore_pattern();
}

KMOD_HARNESS_MAIN
