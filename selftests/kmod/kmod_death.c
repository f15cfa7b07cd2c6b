// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A member's death, whichever way it comes and whoever still holds what was
 * the member's: everybody who waits is told, once; its slot says so; its locks
 * are gone; the slot can be had again. None of them waits for the last holder
 * of the descriptor.
 *
 * A part is what the victim does. It may take some steps that are no death:
 * after each it must still count as alive.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/peer.h"
#include "../common/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_to_be_killed(struct scene *scene)
{
	scene_step(scene);
	for (;;)
		pause();
}

static void return_from_main(struct scene *scene, struct member *member)
{
	(void)member;
	scene_step(scene);
}

static void just_exit(struct scene *scene, struct member *member)
{
	(void)member;
	scene_step(scene);
	_exit(0);
}

static void just_sleep(struct scene *scene, struct member *member)
{
	(void)member;
	wait_to_be_killed(scene);
}

/* For children that outlive the victim. */
static void outlive(struct scene *scene)
{
	MUST_EQ(0, prctl(PR_SET_PDEATHSIG, 0));
	gate_post(scene->go, 1);
	scene_hang_on(scene);
	_exit(0);
}

static void a_child_has_all(struct scene *scene, struct member *member)
{
	pid_t child = fork();

	(void)member;
	MUST(child >= 0);
	if (!child)
		outlive(scene);
	gate_wait(scene->go);
	wait_to_be_killed(scene);
}

static void children_of_a_child_have_all(struct scene *scene,
					 struct member *member)
{
	pid_t child = fork();
	int i;

	(void)member;
	MUST(child >= 0);
	for (i = 0; i < 3 && !child; i++) {
		MUST_EQ(0, prctl(PR_SET_PDEATHSIG, 0));
		MUST(fork() >= 0);
	}
	if (!child)
		outlive(scene);
	for (i = 0; i < 8; i++)
		gate_wait(scene->go);
	wait_to_be_killed(scene);
}

static void send_descriptor(int to, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(fd))];
	} control = { .bytes = { 0 } };
	char text = 'x';
	struct iovec data = { &text, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	MUST_EQ(1, sendmsg(to, &message, 0));
}

/* A child holds the socket that the descriptor is on its way in. */
static void in_flight(struct scene *scene, struct member *member)
{
	int pair[2];
	pid_t child;

	MUST_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = fork();
	MUST(child >= 0);
	if (!child) {
		MUST_EQ(0, close(member->fd));
		outlive(scene);
	}
	gate_wait(scene->go);
	send_descriptor(pair[0], member->fd);
	wait_to_be_killed(scene);
}

/* Nobody holds the socket but the socket itself, on its way in itself. */
static void in_flight_in_a_circle(struct scene *scene, struct member *member)
{
	int pair[2];

	MUST_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	send_descriptor(pair[0], member->fd);
	send_descriptor(pair[0], pair[0]);
	send_descriptor(pair[0], pair[1]);
	wait_to_be_killed(scene);
}

static void a_child_shares_the_files(struct scene *scene, struct member *member)
{
	long child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	(void)member;
	MUST(child >= 0);
	if (!child)
		outlive(scene);
	gate_wait(scene->go);
	wait_to_be_killed(scene);
}

/* The child has the victim's memory, until it ends. */
static void a_vfork_child_lives(struct scene *scene, struct member *member)
{
	const uint64_t one = 1;

	(void)member;
	if (!vfork()) {
		(void)!write(scene->stepped, &one, sizeof(one));
		scene_hang_on(scene);
		_exit(0);
	}
	MUST(!"the child ended first");
}

/* The program that it becomes has the descriptor, and it is of no use. */
static void become_another(struct scene *scene, struct member *member)
{
	char text[2][16];

	MUST_EQ(0, fcntl(member->fd, F_SETFD, 0));
	snprintf(text[0], sizeof(text[0]), "%d", member->fd);
	snprintf(text[1], sizeof(text[1]), "%d", scene->lifeline[0]);
	MUST_EQ(0, setenv("KMOD_DEATH_FD", text[0], 1));
	MUST_EQ(0, setenv("KMOD_DEATH_LIFELINE", text[1], 1));
	scene_step(scene);
	execl("/proc/self/exe", "kmod_death", NULL);
	MUST(!"it became another");
}

static void must_be_of_no_use(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = 0 };

	(void)kmod_control(fd, SCENE_SLOTS);
	MUST_EQ(-EIO, kmod_join(fd, IPCBUF_IOC_SLOT_ANY, NULL));
	MUST_EQ(-EIO, kmod_wait(fd, SCENE_OFFSET, 0, 0));
	MUST_EQ(-EIO, kmod_lock(fd, F_WRLCK, 0));
	MUST_EQ(1, poll(&poll_fd, 1, 0));
	MUST_EQ(POLLHUP, poll_fd.revents);
}

/* Instead of the tests, before main(). */
__attribute__((constructor)) static void another(void)
{
	const char *fd = getenv("KMOD_DEATH_FD");
	const char *lifeline = getenv("KMOD_DEATH_LIFELINE");
	char nothing;

	if (!fd || !lifeline)
		return;
	must_be_of_no_use(atoi(fd));
	MUST_EQ(0, read(atoi(lifeline), &nothing, 1));
	_exit(0);
}

static void close_only(struct scene *scene, struct member *member)
{
	scene_step(scene);
	MUST_EQ(0, close(member->fd));
	wait_to_be_killed(scene);
}

static void close_many(struct scene *scene, struct member *member)
{
	int i;

	scene_step(scene);
	for (i = 0; i < 10; i++)
		MUST_EQ(0, close(dup(member->fd)));
	wait_to_be_killed(scene);
}

static void unmap_data(struct scene *scene, struct member *member)
{
	scene_step(scene);
	MUST_EQ(0, munmap(member->data, SCENE_BYTES));
	wait_to_be_killed(scene);
}

static size_t control_bytes(void)
{
	return kmod_control_bytes(SCENE_SLOTS);
}

static void *control_of(struct member *member)
{
	return (void *)(uintptr_t)member->control;
}

static void unmap_control(struct scene *scene, struct member *member)
{
	scene_step(scene);
	MUST_EQ(0, munmap(control_of(member), control_bytes()));
	must_be_of_no_use(member->fd);
	scene_hang_on(scene);
}

static void map_over_control(struct scene *scene, struct member *member)
{
	scene_step(scene);
	MUST(mmap(control_of(member), control_bytes(), PROT_NONE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	     MAP_FAILED);
	must_be_of_no_use(member->fd);
	scene_hang_on(scene);
}

/* A second mapping of the control page comes and goes. */
static void map_control_twice(struct scene *scene, struct member *member)
{
	const struct ipcbuf_control *second;

	second = kmod_control(member->fd, SCENE_SLOTS);
	MUST(second);
	scene_step(scene);
	MUST_EQ(0, munmap((void *)(uintptr_t)second, control_bytes()));
	wait_to_be_killed(scene);
}

/*
 * Threads.
 */

static pthread_t start_thread(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	MUST_EQ(0, pthread_create(&thread, NULL, run, arg));
	return thread;
}

static void *do_nothing(void *arg)
{
	return arg;
}

static void *sleep_on(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *exit_for_all(void *arg)
{
	(void)arg;
	exit(0);
}

/* Its files are closed while the process lives on. */
static void *unshare_files(void *arg)
{
	MUST_EQ(0, unshare(CLONE_FILES));
	return arg;
}

static void threads_end(struct scene *scene, struct member *member)
{
	(void)member;
	start_thread(sleep_on, NULL);
	scene_step(scene);
	MUST_EQ(0, pthread_join(start_thread(do_nothing, NULL), NULL));
	scene_step(scene);
	MUST_EQ(0, pthread_join(start_thread(unshare_files, NULL), NULL));
	wait_to_be_killed(scene);
}

static void another_thread_exits(struct scene *scene, struct member *member)
{
	(void)member;
	start_thread(sleep_on, NULL);
	scene_step(scene);
	start_thread(exit_for_all, NULL);
	scene_hang_on(scene);
}

/* Where the leader stays as a zombie. */
static void *outlive_leader(void *arg)
{
	struct scene *scene = arg;

	while (thread_look(getpid()).state != 'Z')
		sched_yield();
	scene_step(scene);
	return NULL;
}

/* The thread alone: pthread_exit() wants a library that may not be there. */
static void end_thread(void)
{
	syscall(SYS_exit, 0);
}

static void leader_ends(struct scene *scene, struct member *member)
{
	(void)member;
	scene_step(scene);
	start_thread(outlive_leader, scene);
	end_thread();
}

/* The same, and the leader's files were its own. */
static void leader_ends_alone(struct scene *scene, struct member *member)
{
	(void)member;
	scene_step(scene);
	start_thread(outlive_leader, scene);
	MUST_EQ(0, unshare(CLONE_FILES));
	end_thread();
}

/* A thread joins, and is gone. */
static void *join_elsewhere(void *arg)
{
	struct member *member = arg;
	int region = member->fd;

	MUST_EQ(0, kmod_leave(member->fd));
	MUST_EQ(0, munmap(control_of(member), control_bytes()));
	member_join(member, region, member->slot);
	MUST_EQ(0, close(region));
	MUST_EQ(0, kmod_lock(member->fd, F_WRLCK, member->slot));
	return NULL;
}

static void joined_by_a_thread(struct scene *scene, struct member *member)
{
	pthread_t thread = start_thread(join_elsewhere, member);

	MUST_EQ(0, pthread_join(thread, NULL));
	scene->note->generation = member->generation;
	wait_to_be_killed(scene);
}

struct blocked {
	void (*call)(int fd);
	int fd;
	int begins;			/* gate */
	pid_t tid;
};

static void block_in_wait(int fd)
{
	kmod_wait(fd, 128, 0, IPCBUF_IOC_FOREVER);
}

static void block_in_poll(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	poll(&poll_fd, 1, -1);
}

static void block_in_lock(int fd)
{
	kmod_lock_wait(fd, F_WRLCK, 1000);
}

static void *block(void *arg)
{
	struct blocked *blocked = arg;

	blocked->tid = thread_id();
	gate_post(blocked->begins, 1);
	blocked->call(blocked->fd);
	return NULL;
}

static void start_blocked(struct blocked *blocked)
{
	blocked->begins = gate_new();
	start_thread(block, blocked);
	gate_wait(blocked->begins);
	thread_await_sleep(blocked->tid);
}

/* Each in a call of its descriptor when they are killed. */
static void all_are_blocked(struct scene *scene, struct member *member)
{
	int bell = kmod_doorbell(member->fd, 128, 0);
	int other = kmod_attach(member->fd, 0);
	struct blocked blocked[] = {
		{ .call = block_in_wait, .fd = member->fd },
		{ .call = block_in_poll, .fd = bell },
		{ .call = block_in_lock, .fd = member->fd },
	};
	int i;

	MUST_EQ(0, kmod_lock(other, F_WRLCK, 1000));
	for (i = 0; i < 3; i++)
		start_blocked(&blocked[i]);
	wait_to_be_killed(scene);
}

/*
 * Copies of the control page in a child.
 */

static void control_is_inherited(struct scene *scene, struct member *member)
{
	pid_t child;

	/* From 6.13 on it can't be. */
	if (madvise(control_of(member), control_bytes(), MADV_DOFORK))
		MUST_EQ(EINVAL, errno);
	scene_step(scene);
	child = fork();
	MUST(child >= 0);
	if (!child)
		_exit(0);
	MUST_EQ(0, scene_collect(child));
	scene_step(scene);
	child = fork();
	MUST(child >= 0);
	if (!child)
		outlive(scene);
	gate_wait(scene->go);
	wait_to_be_killed(scene);
}

/* A forked child uses all there is; none of that is its parent's death. */
static void child_uses(struct member *member)
{
	const struct ipcbuf_control *control;

	MUST_EQ(-EALREADY, kmod_join(member->fd, IPCBUF_IOC_SLOT_ANY, NULL));
	MUST_EQ(-ETIMEDOUT, kmod_wait(member->fd, SCENE_OFFSET, 0, 0));
	MUST_EQ(0, kmod_wake(member->fd, 512, 1));
	MUST_EQ(0, close(kmod_attach(member->fd, 0)));
	MUST_EQ(0, close(kmod_doorbell(member->fd, 0, 0)));
	/* It may be kept for who has mapped it. */
	control = kmod_control(member->fd, SCENE_SLOTS);
	if (control)
		MUST_EQ(0, munmap((void *)(uintptr_t)control, control_bytes()));
	MUST_EQ(0, close(member->fd));
}

static void a_child_uses_it(struct scene *scene, struct member *member)
{
	pid_t child;

	scene_step(scene);
	child = fork();
	MUST(child >= 0);
	if (!child) {
		child_uses(member);
		_exit(0);
	}
	MUST_EQ(0, scene_collect(child));
	wait_to_be_killed(scene);
}

static int end_at_once(void *arg)
{
	(void)arg;
	return 0;
}

/* Children with its memory end one after the other. */
static void twins_end(struct scene *scene, struct member *member)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t child;

	(void)member;
	scene_step(scene);
	child = vfork();
	if (!child)
		_exit(0);
	MUST_EQ(0, scene_collect(child));
	scene_step(scene);
	child = clone(end_at_once, stack + sizeof(stack),
		      CLONE_VM | CLONE_FILES | SIGCHLD, NULL);
	MUST(child > 0);
	MUST_EQ(0, scene_collect(child));
	wait_to_be_killed(scene);
}

FIXTURE(kmod_death) {
	struct scene scene;
};

/* killed: else it dies of itself. steps: before that, and alive after each. */
FIXTURE_VARIANT(kmod_death) {
	void (*run)(struct scene *scene, struct member *member);
	bool killed;
	int steps;
};

#define PART(part, is_killed, step_count) \
	FIXTURE_VARIANT_ADD(kmod_death, part) { \
		.run = part, \
		.killed = is_killed, \
		.steps = step_count, \
	}

PART(return_from_main, false, 0);
PART(just_exit, false, 0);
PART(just_sleep, true, 0);
PART(a_child_has_all, true, 0);
PART(children_of_a_child_have_all, true, 0);
PART(in_flight, true, 0);
PART(in_flight_in_a_circle, true, 0);
PART(a_child_shares_the_files, true, 0);
PART(a_vfork_child_lives, true, 0);
PART(become_another, false, 0);
PART(close_only, true, 1);
PART(close_many, true, 1);
PART(unmap_data, true, 1);
PART(unmap_control, false, 0);
PART(map_over_control, false, 0);
PART(map_control_twice, true, 1);
PART(threads_end, true, 2);
PART(another_thread_exits, false, 0);
PART(leader_ends, false, 1);
PART(leader_ends_alone, false, 1);
PART(joined_by_a_thread, true, 0);
PART(all_are_blocked, true, 0);
PART(control_is_inherited, true, 2);
PART(a_child_uses_it, true, 1);
PART(twins_end, true, 2);

FIXTURE_SETUP(kmod_death)
{
	scene_begin(&self->scene);
}

FIXTURE_TEARDOWN(kmod_death)
{
	scene_end(&self->scene);
}

/*
 * Fails if a step is taken for a death, if somebody isn't told (the test then
 * runs into its limit), is told before the slot says so or twice, if a lock
 * outlives the member, or if the slot can't be had again.
 */
TEST_F_TIMEOUT(kmod_death, is_told_once, 60)
{
	struct scene *scene = &self->scene;
	int i;

	scene_play(scene, variant->run);
	scene_watch(scene);
	for (i = 0; i < variant->steps; i++) {
		scene_go(scene);
		scene_must_be_alive(scene);
	}
	if (variant->killed) {
		ASSERT_EQ(0, kill(scene->victim, SIGKILL));
	} else {
		gate_post(scene->go, 1);
	}
	scene_told(scene);
	scene_must_be_dead(scene);
	scene_let_go(scene);
	scene_must_be_dead(scene);
	scene_must_be_reusable(scene);
}

KMOD_HARNESS_MAIN
