// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A link: two processes, or threads where the peer wants those, that have some
 * memory in common, at different addresses where they are processes. What one
 * does the other mustn't disturb, so each step of exchange.c ends in a meeting.
 */
#include "exchange.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void *map(int fd, uint64_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* A's end is opened before B's. */
static int open_end(struct side *side)
{
	int ret = 0;

	if (side->role)
		ret = side_meet(side);
	if (!ret)
		ret = side->peer->open(&side->setup, &side->end);
	if (ret || side->role)
		return ret;
	return side_meet(side);
}

static int run(struct side *side)
{
	int ret = open_end(side);

	if (ret) {
		side_give_up(side, ret);
		return ret;
	}
	ret = side_meet(side);
	if (!ret && side->peer->settle)
		ret = side->peer->settle(side->end);
	if (!ret)
		ret = exchange(side);
	if (ret)
		side_give_up(side, ret);
	side->peer->close(side->end);
	return ret;
}

static void *run_thread(void *argument)
{
	run(argument);
	return NULL;
}

static int run_threads(struct side sides[2])
{
	pthread_t thread;
	int ret;

	ret = pthread_create(&thread, NULL, run_thread, &sides[1]);
	if (ret)
		return -ret;
	run(&sides[0]);
	pthread_join(thread, NULL);
	return 0;
}

/* Either process has a mapping that the other lacks, so addresses differ. */
static _Noreturn void run_process(struct side *side, int fd)
{
	munmap(side->setup.shared, side->setup.shared_bytes);
	if (!map(fd, 2 * side->setup.shared_bytes))
		_exit(1);
	side->setup.shared = map(fd, side->setup.shared_bytes);
	_exit(side->setup.shared && !run(side) ? 0 : 1);
}

static int run_processes(struct side sides[2], int fd)
{
	int status;
	int ret = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		run_process(&sides[1], fd);
	run(&sides[0]);
	if (waitpid(pid, &status, 0) != pid || status)
		ret = -ECHILD;
	return ret;
}

static int prepare(struct side sides[2], const struct peer *peer,
		   const char *name, int fd)
{
	struct peer_setup setup = {
		.name = name,
		.depth = CHECK_DEPTH,
		.record_bytes = CHECK_BYTES,
		.live_records = CHECK_LIVE,
	};
	int i;

	if (peer->shared_bytes)
		setup.shared_bytes = peer->shared_bytes(&setup);
	setup.shared_bytes += 4096;
	if (ftruncate(fd, (off_t)setup.shared_bytes))
		return -errno;
	setup.shared = map(fd, setup.shared_bytes);
	if (!setup.shared)
		return -ENOMEM;
	for (i = 0; i < 2; i++) {
		sides[i].setup = setup;
		sides[i].setup.role = i;
		sides[i].role = i;
	}
	return 0;
}

int check_link(const struct peer *peer, const char *name)
{
	struct side sides[2] = { { .peer = peer }, { .peer = peer } };
	struct meeting *meeting;
	int fd = memfd_create(name, MFD_CLOEXEC);
	int ret;

	meeting = mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || meeting == MAP_FAILED)
		return -ENOMEM;
	sides[0].meeting = meeting;
	sides[1].meeting = meeting;
	ret = prepare(sides, peer, name, fd);
	if (!ret && peer->flags & PEER_THREADS)
		ret = run_threads(sides);
	else if (!ret)
		ret = run_processes(sides, fd);
	if (meeting->error)
		ret = meeting->error;
	close(fd);
	return ret;
}
