// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* A member that dies and others that watch it; see scene.h. */
#include "scene.h"
#include "check.h"
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void scene_begin(struct scene *scene)
{
	scene->device = kmod_device();
	MUST(scene->device >= 0);
	/* Whoever the victim leaves is collected here. */
	MUST_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	scene->region = kmod_create(scene->device, "", SCENE_BYTES, SCENE_SLOTS);
	MUST(scene->region >= 0);
	scene->control = kmod_control(scene->region, SCENE_SLOTS);
	MUST(scene->control);
	scene->data = kmod_data(scene->region, SCENE_BYTES,
				PROT_READ | PROT_WRITE);
	MUST(scene->data);
	scene->deaths = 0;
	scene->stepped = gate_new();
	scene->go = gate_new();
	scene->asleep = gate_new();
	MUST_EQ(0, pipe(scene->lifeline));
	scene->note = mmap(NULL, sizeof(*scene->note), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(scene->note != MAP_FAILED);
}

void scene_end(struct scene *scene)
{
	kmod_unmap_control(scene->control, SCENE_SLOTS);
	MUST_EQ(0, munmap(scene->data, SCENE_BYTES));
	MUST_EQ(0, close(scene->region));
	MUST_EQ(0, close(scene->device));
}

void member_join(struct member *member, int region, uint32_t slot)
{
	int joined;

	member->fd = kmod_attach(region, 0);
	MUST(member->fd >= 0);
	member->control = kmod_control(member->fd, SCENE_SLOTS);
	MUST(member->control);
	member->data = kmod_data(member->fd, SCENE_BYTES,
				 PROT_READ | PROT_WRITE);
	MUST(member->data);
	joined = kmod_join(member->fd, slot, &member->generation);
	MUST(joined >= 0);
	member->slot = (uint32_t)joined;
}

/*
 * The victim.
 */

static int play(void *arg)
{
	struct scene *scene = arg;
	struct member member;

	MUST_EQ(0, close(scene->lifeline[1]));
	member_join(&member, scene->region, IPCBUF_IOC_SLOT_ANY);
	MUST_EQ(0, kmod_lock(member.fd, F_WRLCK, member.slot));
	scene->note->slot = member.slot;
	scene->note->generation = member.generation;
	scene->run(scene, &member);
	return 0;
}

void scene_play(struct scene *scene,
		void (*run)(struct scene *scene, struct member *member))
{
	scene->run = run;
	scene->victim = peer_start(play, scene);
	gate_wait(scene->stepped);
	scene_must_be_alive(scene);
}

void scene_step(struct scene *scene)
{
	gate_post(scene->stepped, 1);
	gate_wait(scene->go);
}

void scene_go(struct scene *scene)
{
	gate_post(scene->go, 1);
	gate_wait(scene->stepped);
}

void scene_hang_on(const struct scene *scene)
{
	char nothing;

	while (read(scene->lifeline[0], &nothing, 1) < 0)
		;
}

/*
 * The watchers. Each is a process with a descriptor of its own, and sees the
 * dead slot as soon as it is told.
 */

/* A control page isn't inherited, and belongs to the process that mapped it. */
static int watcher_attach(struct scene *scene, uint32_t flags)
{
	int fd = kmod_attach(scene->region, flags);

	MUST(fd >= 0);
	scene->control = kmod_control(fd, SCENE_SLOTS);
	MUST(scene->control);
	MUST_EQ(0, close(scene->lifeline[1]));
	return fd;
}

static void must_see_it_dead(const struct scene *scene)
{
	MUST_EQ(scene->deaths + 1, kmod_deaths(scene->control));
	MUST_EQ(kmod_slot_word(scene->note->generation, IPCBUF_SLOT_DEAD),
		kmod_slot(scene->control, scene->note->slot));
}

static int was_told(const struct scene *scene, int ret)
{
	if (scene->note->not_dead) {
		MUST_EQ(0, ret);
	} else {
		MUST_EQ(-EOWNERDEAD, ret);
		must_see_it_dead(scene);
	}
	return 0;
}

static int watch_word(void *arg)
{
	struct scene *scene = arg;
	int fd = watcher_attach(scene, IPCBUF_IOC_RDONLY);

	gate_post(scene->asleep, 1);
	return was_told(scene, kmod_wait_deaths(fd, SCENE_OFFSET, 0,
						scene->deaths));
}

static int watch_words(void *arg)
{
	struct scene *scene = arg;
	struct ipcbuf_ioc_word words[3] = {
		{ .offset = 0 },
		{ .offset = SCENE_BYTES - 4 },
		{ .offset = SCENE_OFFSET },
	};
	struct ipcbuf_ioc_wait_many wait = {
		.words = (uintptr_t)words,
		.deadline_ns = IPCBUF_IOC_FOREVER,
		.count = 3,
		.flags = IPCBUF_IOC_WAIT_DEATHS,
		.deaths = scene->deaths,
		.index = 77,
	};
	int fd = watcher_attach(scene, IPCBUF_IOC_RDONLY);

	gate_post(scene->asleep, 1);
	was_told(scene, kmod_call(fd, IPCBUF_IOC_WAIT_MANY, &wait));
	MUST_EQ(scene->note->not_dead ? 2 : 77, wait.index);
	return 0;
}

static int watch_by_poll(const struct scene *scene, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	MUST(fd >= 0);
	gate_post(scene->asleep, 1);
	MUST_EQ(1, poll(&poll_fd, 1, -1));
	MUST_EQ(POLLPRI, poll_fd.revents);
	must_see_it_dead(scene);
	return 0;
}

static int watch_doorbell(void *arg)
{
	struct scene *scene = arg;
	int fd = watcher_attach(scene, 0);

	MUST_EQ(0, kmod_seen(fd, scene->deaths));
	return watch_by_poll(scene, kmod_doorbell(fd, SCENE_OFFSET, 0));
}

static int watch_region(void *arg)
{
	struct scene *scene = arg;
	int fd = watcher_attach(scene, IPCBUF_IOC_RDONLY);

	MUST_EQ(0, kmod_seen(fd, scene->deaths));
	return watch_by_poll(scene, fd);
}

static int watch_by_epoll(void *arg)
{
	struct scene *scene = arg;
	struct epoll_event event = { .events = EPOLLPRI };
	int fd = watcher_attach(scene, 0);
	int set = epoll_create1(EPOLL_CLOEXEC);

	MUST_EQ(0, kmod_seen(fd, scene->deaths));
	MUST_EQ(0, epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	gate_post(scene->asleep, 1);
	MUST_EQ(1, epoll_wait(set, &event, 1, -1));
	MUST_EQ(EPOLLPRI, event.events);
	must_see_it_dead(scene);
	return 0;
}

static int watch_lock(void *arg)
{
	struct scene *scene = arg;
	int fd = watcher_attach(scene, 0);

	gate_post(scene->asleep, 1);
	MUST_EQ(0, kmod_lock_wait(fd, F_WRLCK, scene->note->slot));
	if (!scene->note->not_dead)
		MUST_EQ(kmod_slot_word(scene->note->generation, IPCBUF_SLOT_DEAD),
			kmod_slot(scene->control, scene->note->slot));
	return 0;
}

void scene_watch(struct scene *scene)
{
	static int (*const watch[SCENE_WATCHERS])(void *arg) = {
		watch_word, watch_words, watch_doorbell,
		watch_region, watch_by_epoll, watch_lock,
	};
	int i;

	for (i = 0; i < SCENE_WATCHERS; i++) {
		scene->watchers[i] = peer_start(watch[i], scene);
		gate_wait(scene->asleep);
		thread_await_sleep(scene->watchers[i]);
	}
	scene_must_be_alive(scene);
}

void scene_told(struct scene *scene)
{
	int i;

	for (i = 0; i < SCENE_WATCHERS; i++)
		MUST_EQ(0, peer_wait(scene->watchers[i]));
}

void scene_not_told(struct scene *scene)
{
	int i;

	scene->note->not_dead = true;
	MUST_EQ(SCENE_SLEEPERS, kmod_wake(scene->region, SCENE_OFFSET, 100));
	for (i = 0; i < SCENE_WATCHERS; i++) {
		bool polls = i >= SCENE_SLEEPERS && i < SCENE_WATCHERS - 1;

		if (polls)
			MUST_EQ(-SIGKILL, peer_kill(scene->watchers[i]));
		else
			MUST_EQ(0, peer_wait(scene->watchers[i]));
	}
}

/*
 * What is to be seen.
 */

/* A new descriptor's try for the victim's byte. */
static int try_lock(const struct scene *scene)
{
	int fd = kmod_attach(scene->region, 0);
	int ret = kmod_lock(fd, F_WRLCK, scene->note->slot);

	MUST_EQ(0, close(fd));
	return ret;
}

static int death_by_poll(const struct scene *scene)
{
	struct pollfd poll_fd = { .fd = scene->region, .events = POLLPRI };

	return poll(&poll_fd, 1, 0) ? poll_fd.revents : 0;
}

void scene_must_be_alive(struct scene *scene)
{
	MUST_EQ(kmod_slot_word(scene->note->generation, IPCBUF_SLOT_ALIVE),
		kmod_slot(scene->control, scene->note->slot));
	MUST_EQ(scene->deaths, kmod_deaths(scene->control));
	MUST_EQ(scene->deaths, kmod_stat(scene->region).deaths);
	MUST_EQ(1, kmod_stat(scene->region).members);
	MUST_EQ(0, death_by_poll(scene));
	MUST_EQ(-EAGAIN, try_lock(scene));
}

void scene_must_be_dead(struct scene *scene)
{
	must_see_it_dead(scene);
	MUST_EQ(scene->deaths + 1, kmod_stat(scene->region).deaths);
	MUST_EQ(0, kmod_stat(scene->region).members);
	MUST_EQ(0, kmod_stat(scene->region).waiters);
	MUST_EQ(POLLPRI, death_by_poll(scene));
	MUST_EQ(0, try_lock(scene));
}

void scene_must_have_left(struct scene *scene)
{
	MUST_EQ(kmod_slot_word(scene->note->generation, IPCBUF_SLOT_FREE),
		kmod_slot(scene->control, scene->note->slot));
	MUST_EQ(scene->deaths, kmod_deaths(scene->control));
	MUST_EQ(scene->deaths, kmod_stat(scene->region).deaths);
	MUST_EQ(0, kmod_stat(scene->region).members);
	MUST_EQ(0, death_by_poll(scene));
}

void scene_must_be_reusable(struct scene *scene)
{
	struct member next;

	MUST_EQ(0, kmod_reap(scene->region, scene->note->slot,
			     scene->note->generation));
	MUST_EQ(kmod_slot_word(scene->note->generation, IPCBUF_SLOT_FREE),
		kmod_slot(scene->control, scene->note->slot));
	member_join(&next, scene->region, scene->note->slot);
	MUST_EQ(scene->note->slot, next.slot);
	MUST_EQ(scene->note->generation + 1, next.generation);
	MUST_EQ(kmod_slot_word(next.generation, IPCBUF_SLOT_ALIVE),
		kmod_slot(scene->control, next.slot));
	MUST_EQ(0, kmod_leave(next.fd));
	MUST_EQ(kmod_slot_word(next.generation, IPCBUF_SLOT_FREE),
		kmod_slot(scene->control, next.slot));
	kmod_unmap_control(next.control, SCENE_SLOTS);
	MUST_EQ(0, munmap(next.data, SCENE_BYTES));
	MUST_EQ(0, close(next.fd));
	MUST_EQ(scene->deaths + 1, kmod_deaths(scene->control));
}

int scene_collect(pid_t child)
{
	int status;

	MUST_EQ(child, waitpid(child, &status, 0));
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void scene_cut(struct scene *scene)
{
	if (scene->lifeline[1] >= 0)
		MUST_EQ(0, close(scene->lifeline[1]));
	scene->lifeline[1] = -1;
}

void scene_let_go(struct scene *scene)
{
	int status;

	scene_cut(scene);
	while (wait(&status) > 0)
		MUST(WIFSIGNALED(status) || !WEXITSTATUS(status));
	MUST_EQ(ECHILD, errno);
}
