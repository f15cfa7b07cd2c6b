// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The process that starts A and B. It creates the region, waits for both to
 * end, kills the one that is left when the other fails, and looks at the region
 * when both have left it. While it waits it sleeps, so that both cores
 * are theirs.
 */
#define _GNU_SOURCE
#include "pair.h"

#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct pair {
	const struct cell *cell;
	const struct bench_options *options;
	struct shared *shared;
	struct ipcbuf_region *region;
	char name[IPCBUF_NAME_MAX + 1];
	int region_fd;
	int memory_fd;
	int sockets[ROLES];
	pid_t pids[ROLES];	/* 0: not running */
	bool threads;
	bool failed;
};

static sigset_t awaited;
static int interrupted;
/* For names that are new each time. */
static unsigned int pairs;

void pair_init(void)
{
	sigemptyset(&awaited);
	sigaddset(&awaited, SIGINT);
	sigaddset(&awaited, SIGTERM);
	sigaddset(&awaited, SIGHUP);
	sigaddset(&awaited, SIGCHLD);
	sigprocmask(SIG_BLOCK, &awaited, NULL);
}

int pair_interrupted(void)
{
	return interrupted;
}

static int create_region(struct pair *pair)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	int ret;

	options.size_bytes = pair->cell->region_bytes;
	options.backend = pair->options->backend;
	options.wait = pair->options->wait;
	ret = ipcbuf_region_create(pair->name, &options, &pair->region);
	if (ret)
		return ret;
	ret = ipcbuf_region_get_fd(pair->region, &pair->region_fd);
	/* A kmod region has both, and then no use for its name. */
	if (!ret)
		ipcbuf_region_unlink(pair->name);
	return ret == -EOPNOTSUPP ? 0 : ret;
}

/* The name is gone already, but where a worker didn't come that far. */
static void remove_region(struct pair *pair)
{
	if (!pair->region)
		return;
	if (pair->region_fd >= 0)
		close(pair->region_fd);
	else
		ipcbuf_region_unlink(pair->name);
	ipcbuf_region_close(pair->region);
}

static int prepare(struct pair *pair)
{
	void *shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -errno;
	pair->shared = shared;
	pair->memory_fd = memfd_create("ipcbuf-bench", MFD_CLOEXEC);
	if (pair->memory_fd < 0)
		return -errno;
	snprintf(pair->name, sizeof(pair->name), "ipcbuf-bench-%ld-%u",
		 (long)getpid(), ++pairs);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair->sockets))
		return -errno;
	return pair->cell->region_bytes ? create_region(pair) : 0;
}

static void close_socket(struct pair *pair, enum role role)
{
	if (pair->sockets[role] >= 0)
		close(pair->sockets[role]);
	pair->sockets[role] = -1;
}

static void dispose(struct pair *pair)
{
	close_socket(pair, ROLE_A);
	close_socket(pair, ROLE_B);
	remove_region(pair);
	if (pair->memory_fd >= 0)
		close(pair->memory_fd);
	if (pair->shared)
		munmap(pair->shared, sizeof(*pair->shared));
}

static void become_worker(struct pair *pair, enum role role)
{
	struct worker worker = {
		.role = role,
		.cell = pair->cell,
		.options = pair->options,
		.shared = pair->shared,
		.region_name = pair->name,
		.region_fd = pair->region_fd,
		.memory_fd = pair->memory_fd,
		.peer_fd = pair->sockets[role],
		.thread_fd = pair->sockets[ROLE_B],
		.threads = pair->threads,
	};

	worker.one_cpu = pair->options->cpus[0] == pair->options->cpus[1];
	if (!pair->threads)
		close_socket(pair, role == ROLE_A ? ROLE_B : ROLE_A);
	worker_main(&worker);
}

static int start(struct pair *pair, enum role role)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		become_worker(pair, role);
	pair->pids[role] = pid;
	return 0;
}

static void kill_all(const struct pair *pair)
{
	unsigned int i;

	for (i = 0; i < ROLES; i++)
		if (pair->pids[i])
			kill(pair->pids[i], SIGKILL);
}

/* A worker that was killed had no chance to say so. */
static void note_end(struct pair *pair, unsigned int role, int status)
{
	pair->pids[role] = 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (!pair->failed && !pair->shared->errors[role])
		pair->shared->errors[role] = -EOWNERDEAD;
	pair->failed = true;
	kill_all(pair);
}

static void reap(struct pair *pair)
{
	unsigned int i;
	int status;

	for (i = 0; i < ROLES; i++)
		if (pair->pids[i] &&
		    waitpid(pair->pids[i], &status, WNOHANG) > 0)
			note_end(pair, i, status);
}

static void wait_for_both(struct pair *pair)
{
	int signo;

	for (reap(pair); pair->pids[0] || pair->pids[1]; reap(pair)) {
		signo = sigwaitinfo(&awaited, NULL);
		if (signo > 0 && signo != SIGCHLD) {
			interrupted = signo;
			pair->failed = true;
			kill_all(pair);
		}
	}
}

/* Where both failed, a lost peer is the less telling reason. */
static int outcome(const struct pair *pair)
{
	const int *errors = pair->shared->errors;

	if (interrupted)
		return -EINTR;
	if (errors[ROLE_A] && errors[ROLE_A] != -EPIPE)
		return errors[ROLE_A];
	return errors[ROLE_B] ? errors[ROLE_B] : errors[ROLE_A];
}

/* Both have left in good order: only this process is a member any more. */
static int inspect(const struct pair *pair)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	int ret;

	if (!pair->region)
		return 0;
	ret = ipcbuf_region_verify(pair->region, NULL, NULL);
	if (!ret)
		ret = ipcbuf_region_get_info(pair->region, &info);
	if (!ret && (info.held_records || info.members != 1))
		ret = -EUCLEAN;
	return ret;
}

static int run(struct pair *pair)
{
	int ret = prepare(pair);

	if (!ret)
		ret = start(pair, ROLE_A);
	if (!ret && !pair->threads)
		ret = start(pair, ROLE_B);
	close_socket(pair, ROLE_A);
	close_socket(pair, ROLE_B);
	if (ret)
		kill_all(pair);
	wait_for_both(pair);
	if (!ret)
		ret = outcome(pair);
	return ret ? ret : inspect(pair);
}

int pair_run(const struct cell *cell, const struct bench_options *options,
	     struct outcome *ret_outcome)
{
	struct pair pair = {
		.cell = cell,
		.options = options,
		.region_fd = -1,
		.memory_fd = -1,
		.sockets = { -1, -1 },
		.threads = cell->peer && cell->peer->flags & PEER_THREADS,
	};
	int ret;

	fflush(NULL);
	ret = run(&pair);
	if (!ret) {
		*ret_outcome = pair.shared->outcome;
		ret_outcome->switches = pair.shared->switches[ROLE_A] +
					pair.shared->switches[ROLE_B];
	}
	dispose(&pair);
	return ret;
}
