// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Random steps; see actor.h. Only system calls: a step may be in a child. */
#include "actor.h"
#include "actor_wrong.h"
#include "check.h"
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* glibc's older ones have no name for it. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define MAX_SLOTS    8u
#define ARGUMENT_BYTES (8 * PAGE)
#define INTERRUPT_NS 5000000
#define FAVOUR	     70	/* percent */
#define BURST	     30	/* percent */
#define BURST_CALLS  150

/*
 * What it has.
 */

static int some_fd(struct actor *actor)
{
	return actor->fds[below(actor, ACTOR_FDS)];
}

/* Over one that it had before. */
static void keep_fd(struct actor *actor, int fd)
{
	int *place = &actor->fds[below(actor, ACTOR_FDS)];

	if (fd < 0)
		return;
	if (*place >= 0)
		close(*place);
	*place = fd;
}

static void drop_map(struct actor_map *map)
{
	if (map->at)
		munmap(map->at, map->bytes);
	map->at = NULL;
}

static struct actor_map *some_map(struct actor *actor)
{
	return &actor->maps[below(actor, ACTOR_MAPS)];
}

static void keep_map(struct actor *actor, void *at, size_t bytes)
{
	struct actor_map *map = some_map(actor);

	if (at == MAP_FAILED)
		return;
	drop_map(map);
	map->at = at;
	map->bytes = bytes;
}

static uint64_t some_offset(struct actor *actor)
{
	return chance(actor, 80) ? 4 * below(actor, 8) :
				   4 * below(actor, MAX_PAGES * PAGE / 4);
}

static uint64_t some_deadline(struct actor *actor)
{
	switch (below(actor, 4)) {
	case 0:
		return 0;
	case 1:
		return IPCBUF_IOC_FOREVER;
	default:
		return kmod_now_ns() + below(actor, 1000000);
	}
}

/* A name of the stage's, or none. */
static void some_name(struct actor *actor, char name[IPCBUF_IOC_NAME_BYTES])
{
	memset(name, 0, IPCBUF_IOC_NAME_BYTES);
	if (chance(actor, 70))
		memcpy(name, actor->stage->names[below(actor, ACTOR_NAMES)],
		       IPCBUF_IOC_NAME_BYTES);
}

union argument {
	struct ipcbuf_ioc_info info;
	struct ipcbuf_ioc_create create;
	struct ipcbuf_ioc_open open;
	struct ipcbuf_ioc_attach attach;
	struct ipcbuf_ioc_unlink unlink;
	struct ipcbuf_ioc_region region;
	struct ipcbuf_ioc_join join;
	struct ipcbuf_ioc_leave leave;
	struct ipcbuf_ioc_reap reap;
	struct ipcbuf_ioc_commit commit;
	struct ipcbuf_ioc_wait wait;
	struct ipcbuf_ioc_wait_many wait_many;
	struct ipcbuf_ioc_wake wake;
	struct ipcbuf_ioc_doorbell doorbell;
	struct ipcbuf_ioc_seen seen;
};

/* In front of all that a command with a wrong size may reach. */
static union argument *fresh(struct actor *actor)
{
	memset(actor->argument, 0, 512);
	return actor->argument;
}

static void count_call(struct actor *actor)
{
	__atomic_fetch_add(&actor->stage->calls, 1, __ATOMIC_RELAXED);
}

static int call(struct actor *actor, int fd, unsigned long number,
		union argument *argument)
{
	void *address = argument;

	if (chance(actor, actor->wrong_percent)) {
		switch (below(actor, 8)) {
		case 0:
			number = actor_spoil_number(actor, number);
			break;
		case 1:
			address = actor_spoil_address(actor, argument);
			break;
		case 2:
			fd = chance(actor, 50) ? actor->device :
						 some_fd(actor);
			break;
		default:
			actor_spoil_argument(actor, argument, _IOC_SIZE(number));
			break;
		}
	}
	actor_tame(actor, number, argument);
	count_call(actor);
	return (int)syscall(SYS_ioctl, fd, number, address);
}

/*
 * Steps: calls of the device.
 */

static void do_info(struct actor *actor)
{
	union argument *argument = fresh(actor);

	call(actor, chance(actor, 50) ? actor->device : some_fd(actor),
	     IPCBUF_IOC_INFO, argument);
}

static void do_create(struct actor *actor)
{
	union argument *argument = fresh(actor);
	struct ipcbuf_ioc_create *create = &argument->create;

	some_name(actor, create->name);
	create->size_bytes = PAGE * (1 + below(actor, MAX_PAGES));
	create->slots = (uint32_t)(1 + below(actor, MAX_SLOTS));
	create->mode = (uint32_t)below(actor, 01000);
	create->uid = IPCBUF_IOC_ID_CALLER;
	create->gid = IPCBUF_IOC_ID_CALLER;
	if (call(actor, actor->device, IPCBUF_IOC_CREATE, argument))
		return;
	keep_fd(actor, create->fd);
	actor->ids[below(actor, ACTOR_IDS)] = create->id;
}

static void do_open(struct actor *actor)
{
	union argument *argument = fresh(actor);

	some_name(actor, argument->open.name);
	if (!argument->open.name[0])
		argument->open.id = actor->ids[below(actor, ACTOR_IDS)];
	argument->open.flags = (uint32_t)below(actor, 2);
	if (!call(actor, actor->device, IPCBUF_IOC_OPEN, argument))
		keep_fd(actor, argument->open.fd);
}

static void do_unlink(struct actor *actor)
{
	union argument *argument = fresh(actor);

	some_name(actor, argument->unlink.name);
	if (!argument->unlink.name[0])
		argument->unlink.id = actor->ids[below(actor, ACTOR_IDS)];
	call(actor, actor->device, IPCBUF_IOC_UNLINK, argument);
}

static void do_list(struct actor *actor)
{
	union argument *argument = fresh(actor);

	argument->region.after_id = actor->ids[below(actor, ACTOR_IDS)];
	call(actor, actor->device, IPCBUF_IOC_LIST, argument);
}

/*
 * Steps: calls of a region.
 */

static void do_stat(struct actor *actor)
{
	union argument *argument = fresh(actor);

	call(actor, some_fd(actor), IPCBUF_IOC_STAT, argument);
}

static void do_attach(struct actor *actor)
{
	union argument *argument = fresh(actor);

	argument->attach.flags = chance(actor, 20);
	if (!call(actor, some_fd(actor), IPCBUF_IOC_ATTACH, argument))
		keep_fd(actor, argument->attach.fd);
}

static void map_control(struct actor *actor, int fd)
{
	size_t bytes = kmod_control_bytes(MAX_SLOTS);

	count_call(actor);
	keep_map(actor, mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd,
			     (off_t)IPCBUF_IOC_CONTROL_OFFSET), bytes);
}

static void do_join(struct actor *actor)
{
	union argument *argument = fresh(actor);
	int fd = some_fd(actor);

	if (chance(actor, 80))
		map_control(actor, fd);
	argument->join.slot = chance(actor, 50) ? IPCBUF_IOC_SLOT_ANY :
						 (uint32_t)below(actor, 8);
	call(actor, fd, IPCBUF_IOC_JOIN, argument);
}

static void do_leave(struct actor *actor)
{
	union argument *argument = fresh(actor);

	call(actor, some_fd(actor), IPCBUF_IOC_LEAVE, argument);
}

static void do_reap(struct actor *actor)
{
	union argument *argument = fresh(actor);

	argument->reap.slot = (uint32_t)below(actor, MAX_SLOTS);
	argument->reap.generation = (uint32_t)below(actor, 4);
	call(actor, some_fd(actor), IPCBUF_IOC_REAP, argument);
}

static void do_commit(struct actor *actor)
{
	union argument *argument = fresh(actor);

	argument->commit.offset = PAGE * below(actor, 8);
	argument->commit.bytes = PAGE * (1 + below(actor, 8));
	argument->commit.flags = (uint32_t)below(actor, 2);
	call(actor, some_fd(actor), IPCBUF_IOC_COMMIT, argument);
}

static void do_wait(struct actor *actor)
{
	union argument *argument = fresh(actor);

	argument->wait.offset = some_offset(actor);
	argument->wait.deadline_ns = some_deadline(actor);
	argument->wait.value = (uint32_t)below(actor, 2);
	argument->wait.flags = (uint32_t)below(actor, 2);
	argument->wait.deaths = (uint32_t)below(actor, 3);
	call(actor, some_fd(actor), IPCBUF_IOC_WAIT, argument);
}

static void do_wait_many(struct actor *actor)
{
	struct ipcbuf_ioc_word words[IPCBUF_IOC_MAX_WORDS] = { { 0 } };
	union argument *argument = fresh(actor);
	uint32_t i, count = 1 + (uint32_t)(chance(actor, 90) ?
			below(actor, 4) : below(actor, IPCBUF_IOC_MAX_WORDS));

	for (i = 0; i < count; i++)
		words[i].offset = some_offset(actor);
	if (chance(actor, actor->wrong_percent))
		actor_spoil_argument(actor, words, sizeof(words[0]) * count);
	argument->wait_many.words = (uintptr_t)words;
	argument->wait_many.deadline_ns = some_deadline(actor);
	argument->wait_many.count = count;
	argument->wait_many.flags = (uint32_t)below(actor, 2);
	argument->wait_many.deaths = (uint32_t)below(actor, 3);
	call(actor, some_fd(actor), IPCBUF_IOC_WAIT_MANY, argument);
}

static void do_wake(struct actor *actor)
{
	union argument *argument = fresh(actor);

	argument->wake.offset = some_offset(actor);
	argument->wake.count = (uint32_t)below(actor, 4);
	call(actor, some_fd(actor), IPCBUF_IOC_WAKE, argument);
}

static void do_doorbell(struct actor *actor)
{
	union argument *argument = fresh(actor);

	argument->doorbell.offset = some_offset(actor);
	argument->doorbell.value = (uint32_t)below(actor, 2);
	if (!call(actor, some_fd(actor), IPCBUF_IOC_DOORBELL, argument))
		keep_fd(actor, argument->doorbell.fd);
}

static void do_seen(struct actor *actor)
{
	union argument *argument = fresh(actor);

	argument->seen.deaths = (uint32_t)below(actor, 3);
	call(actor, some_fd(actor), IPCBUF_IOC_SEEN, argument);
}

/*
 * Steps: what any descriptor and mapping can.
 */

static void do_poll(struct actor *actor)
{
	const struct timespec limit = { 0, (long)below(actor, 1000000) };
	struct pollfd fds[3];
	int i;

	for (i = 0; i < 3; i++) {
		fds[i].fd = some_fd(actor);
		fds[i].events = POLLIN | POLLPRI;
	}
	count_call(actor);
	ppoll(fds, 3, &limit, NULL);
}

/* A set may itself be in a set, and is kept as what it watches is. */
static void do_epoll(struct actor *actor)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLPRI };
	int set = epoll_create1(EPOLL_CLOEXEC);
	int i;

	if (chance(actor, 50))
		event.events |= EPOLLET;
	for (i = 0; i < 3; i++)
		epoll_ctl(set, EPOLL_CTL_ADD, some_fd(actor), &event);
	count_call(actor);
	epoll_wait(set, &event, 1, (int)below(actor, 2));
	if (chance(actor, 30))
		keep_fd(actor, set);
	else if (set >= 0)
		close(set);
}

static void do_lock(struct actor *actor)
{
	static const short types[] = { F_RDLCK, F_WRLCK, F_UNLCK };
	static const int commands[] = {
		F_OFD_SETLK, F_OFD_SETLKW, F_OFD_GETLK, F_SETLK, F_GETLK,
	};
	struct flock lock = {
		.l_type = types[below(actor, 3)],
		.l_whence = SEEK_SET,
		.l_start = (off_t)below(actor, 16),
		.l_len = (off_t)below(actor, 8),
	};

	count_call(actor);
	fcntl(some_fd(actor), commands[below(actor, 5)], &lock);
}

static void do_map_data(struct actor *actor)
{
	size_t bytes = PAGE * (1 + below(actor, MAX_PAGES));
	int protection = chance(actor, 80) ? PROT_READ | PROT_WRITE : PROT_READ;
	int flags = MAP_SHARED;
	uint64_t offset = 0;

	if (chance(actor, actor->wrong_percent))
		protection = (int)below(actor, 8);
	if (chance(actor, actor->wrong_percent))
		flags = (int)below(actor, 4);
	if (chance(actor, actor->wrong_percent))
		offset = actor_odd_value(actor) & ~(uint64_t)(PAGE - 1);
	count_call(actor);
	keep_map(actor, mmap(NULL, bytes, protection, flags, some_fd(actor),
			     (off_t)offset), bytes);
}

static void do_map_control(struct actor *actor)
{
	map_control(actor, some_fd(actor));
}

/* Without its first bytes, which may be another's from now on. */
static void keep_rest(struct actor_map *map, size_t bytes)
{
	map->at = map->bytes > bytes ? (char *)map->at + bytes : NULL;
	map->bytes -= bytes;
}

static void do_unmap(struct actor *actor)
{
	struct actor_map *map = some_map(actor);

	if (!map->at)
		return;
	count_call(actor);
	if (!chance(actor, actor->wrong_percent))
		drop_map(map);
	else if (!munmap(map->at, PAGE))
		keep_rest(map, PAGE);
}

/* Written by the kernel: a mapping that can't be, or is no more, is no crash. */
static void do_store(struct actor *actor)
{
	static const uint32_t values[] = { 0, 1 };
	struct actor_map *map = some_map(actor);
	char *at = map->at;
	int ends[2];

	if (!at || pipe2(ends, O_CLOEXEC))
		return;
	at += some_offset(actor) % map->bytes;
	if (write(ends[1], &values[below(actor, 2)], 4) == 4)
		(void)!read(ends[0], at, 4);
	close(ends[0]);
	close(ends[1]);
}

static void do_change_map(struct actor *actor)
{
	static const int advices[] = {
		MADV_DOFORK, MADV_DONTFORK, MADV_DONTNEED, MADV_REMOVE,
		MADV_WILLNEED, MADV_HUGEPAGE, MADV_COLD, MADV_PAGEOUT,
	};
	struct actor_map *map = some_map(actor);
	size_t bytes = chance(actor, 70) ? map->bytes : PAGE;
	void *moved;

	if (!map->at)
		return;
	count_call(actor);
	switch (below(actor, 4)) {
	case 0:
		bytes = PAGE * (1 + below(actor, MAX_PAGES));
		moved = mremap(map->at, map->bytes, bytes, MREMAP_MAYMOVE);
		if (moved != MAP_FAILED)
			*map = (struct actor_map){ moved, bytes };
		break;
	case 1:
		mprotect(map->at, bytes, (int)below(actor, 8));
		break;
	case 2:
		syscall(SYS_remap_file_pages, map->at, bytes, 0,
			below(actor, MAX_PAGES), 0);
		break;
	default:
		madvise(map->at, bytes, advices[below(actor, 8)]);
		break;
	}
}

static void do_close(struct actor *actor)
{
	int *fd = &actor->fds[below(actor, ACTOR_FDS)];

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void do_dup(struct actor *actor)
{
	int fd = some_fd(actor);

	if (fd >= 0)
		keep_fd(actor, fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

static void do_fdinfo(struct actor *actor)
{
	char path[32] = "/proc/self/fdinfo/", text[512];
	int file, fd = some_fd(actor);
	size_t end = strlen(path);

	if (fd < 0 || fd > 999)
		return;
	path[end] = (char)('0' + fd / 100);
	path[end + 1] = (char)('0' + fd / 10 % 10);
	path[end + 2] = (char)('0' + fd % 10);
	/* The kernel takes no number that begins with 0. */
	while (path[end] == '0' && path[end + 1])
		memmove(&path[end], &path[end + 1], strlen(&path[end]));
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return;
	(void)!read(file, text, sizeof(text));
	close(file);
}

/* Through a socket, which may be closed before it has come out. */
static void do_pass(struct actor *actor)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	char text = 'x';
	struct iovec data = { &text, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int ends[2], fd = some_fd(actor);

	if (fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(ends[0], &message, 0) == 1 && chance(actor, 50) &&
	    recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC) == 1 &&
	    message.msg_controllen >= CMSG_LEN(sizeof(int))) {
		memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
		keep_fd(actor, fd);
	}
	close(ends[0]);
	close(ends[1]);
}

/* The parent's timer isn't inherited. Its end is the child's. */
static void live_as_child(void)
{
	const struct itimerval often = {
		{ 0, INTERRUPT_NS / 1000 }, { 0, INTERRUPT_NS / 1000 },
	};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) ||
	    setitimer(ITIMER_REAL, &often, NULL))
		_exit(CHECK_FAILED);
}

/* A child that has all of it, does a little and ends, or is ended. */
static void do_fork(struct actor *actor)
{
	pid_t child;
	int i, steps = (int)below(actor, 4);
	bool killed = chance(actor, 50);

	if (actor->depth)
		return;
	child = (pid_t)syscall(SYS_clone,
			       (chance(actor, 30) ? CLONE_FILES : 0) | SIGCHLD,
			       0, 0, 0, 0);
	if (!child) {
		actor->depth++;
		live_as_child();
		for (i = 0; i < steps; i++)
			actor_step(actor);
		_exit(0);
	}
	if (child < 0)
		return;
	if (killed)
		kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/*
 * One cheap call again and again, each time with something else: most of the
 * time goes into steps that make processes and mappings, most calls are these.
 */
static void do_burst(struct actor *actor)
{
	static void (*const cheap[])(struct actor *actor) = {
		do_open, do_attach, do_join, do_commit, do_wake, do_leave,
		do_reap, do_list, do_stat, do_seen, do_info,
	};
	const size_t count = sizeof(cheap) / sizeof(cheap[0]);
	unsigned int i, which = (unsigned int)below(actor, count);

	for (i = 0; i < BURST_CALLS; i++)
		cheap[which](actor);
}

static void (*const steps[])(struct actor *actor) = {
	do_create, do_open, do_attach, do_join, do_map_data, do_map_control,
	do_commit, do_wait, do_wait_many, do_wake, do_doorbell, do_lock,
	do_unlink, do_leave, do_reap, do_list, do_stat, do_seen, do_info,
	do_poll, do_epoll, do_unmap, do_store, do_change_map, do_close, do_dup,
	do_fdinfo, do_pass, do_fork,
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

unsigned int actor_steps(void)
{
	return STEPS;
}

void actor_step(struct actor *actor)
{
	if (actor->favourite < STEPS && chance(actor, FAVOUR))
		steps[actor->favourite](actor);
	else if (chance(actor, BURST))
		do_burst(actor);
	else
		steps[below(actor, STEPS)](actor);
}

/*
 * The stage, and its actors.
 */

struct actor_stage *actor_stage_new(void)
{
	struct actor_stage *stage =
		mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	MUST(stage != MAP_FAILED);
	for (i = 0; i < ACTOR_NAMES; i++)
		kmod_new_name(stage->names[i]);
	return stage;
}

unsigned int actor_stage_end(struct actor_stage *stage, int device)
{
	unsigned int i, found = 0;

	for (i = 0; i < ACTOR_NAMES; i++)
		found += !kmod_unlink(device, stage->names[i]);
	MUST_EQ(0, munmap(stage, sizeof(*stage)));
	return found;
}

uint64_t actor_stage_calls(const struct actor_stage *stage)
{
	return __atomic_load_n(&stage->calls, __ATOMIC_RELAXED);
}

static void do_nothing(int signal)
{
	(void)signal;
}

/* The thread's sleep ends by a signal, again and again. */
static void interrupt_often(void)
{
	struct sigaction action = { .sa_handler = do_nothing };
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGALRM,
	};
	const struct itimerspec often = {
		{ 0, INTERRUPT_NS }, { 0, INTERRUPT_NS },
	};
	timer_t timer;

	event.sigev_notify_thread_id = thread_id();
	MUST_EQ(0, sigaction(SIGALRM, &action, NULL));
	MUST_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	MUST_EQ(0, timer_settime(timer, 0, &often, NULL));
}

void actor_lose_rights(void)
{
	if (!getuid())
		kmod_become(65534);
}

void actor_begin(struct actor *actor, struct actor_stage *stage, int device,
		 uint64_t seed)
{
	unsigned int i;

	memset(actor, 0, sizeof(*actor));
	actor->random.state = seed;
	actor->stage = stage;
	actor->favourite = ACTOR_NO_FAVOURITE;
	actor->device = device;
	for (i = 0; i < ACTOR_FDS; i++)
		actor->fds[i] = -1;
	actor->argument = mmap(NULL, ARGUMENT_BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(actor->argument != MAP_FAILED);
	interrupt_often();
}
