// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The life of one of the two processes. See worker.h. */
#define _GNU_SOURCE
#include "worker.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A run that takes longer than this hangs; the signal tells which. */
#define WATCHDOG_SECONDS 120

/* Sent from A to B, and from B to A. */
#define CHANNEL_ID(role) ((int64_t)(role))

uint64_t worker_iterations(const struct worker *worker)
{
	uint64_t count = worker->scenario->iterations;

	return worker->options->quick ? count / 10 : count;
}

int worker_meet(struct worker *worker)
{
	char byte = 0;
	ssize_t done;

	if (write(worker->peer_fd, &byte, 1) != 1)
		return -EPIPE;
	do {
		done = read(worker->peer_fd, &byte, 1);
	} while (done < 0 && errno == EINTR);
	return done == 1 ? 0 : -EPIPE;
}

void worker_begin(struct worker *worker)
{
	worker->shared->begin_ns = ipcbuf_now_ns();
}

void worker_end(struct worker *worker)
{
	worker->shared->end_ns = ipcbuf_now_ns();
}

int worker_conclude(struct worker *worker, uint64_t count)
{
	struct shared *shared = worker->shared;
	int ret = worker_meet(worker);

	if (!ret && worker->role == ROLE_A)
		shared->result = (double)(shared->end_ns - shared->begin_ns) /
				 (double)count;
	return ret;
}

static void pin(const struct worker *worker)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned int)worker->options->cpus[worker->role], &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		_exit(1);
}

/*
 * Two children of one process have the same holes in their address space, and
 * would map the region at the same place. B fills the hole first; what it
 * maps stays until it exits.
 */
static int fill_hole(const struct worker *worker)
{
	size_t bytes = (size_t)worker->scenario->region_bytes;
	void *hole;

	if (worker->role == ROLE_A)
		return 0;
	hole = mmap(NULL, bytes + (UINT64_C(4) << 20), PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return hole == MAP_FAILED ? -errno : 0;
}

int worker_open_region(const struct worker *worker,
		       struct ipcbuf_region **ret_region)
{
	if (worker->region_fd >= 0)
		return ipcbuf_region_open_fd(worker->region_fd, NULL,
					     ret_region);
	return ipcbuf_region_open(worker->region_name, NULL, ret_region);
}

/* Where the region begins, by way of a record in it. */
static int note_base(const struct worker *worker)
{
	uint64_t offset;
	void *record;
	int ret = ipcbuf_alloc(worker->region, 64, &record);

	if (ret)
		return ret;
	ret = ipcbuf_offset_of(record, &offset);
	worker->shared->bases[worker->role] =
		(uint64_t)(uintptr_t)record - offset;
	ipcbuf_free(record);
	return ret;
}

static int open_channels(struct worker *worker)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	enum role peer = worker->role == ROLE_A ? ROLE_B : ROLE_A;
	int ret;

	options.depth_slots = worker->scenario->depth_slots;
	ret = ipcbuf_channel_open(worker->region,
				  ipcbuf_key_id(CHANNEL_ID(worker->role)),
				  IPCBUF_PRODUCER, &options, &worker->out);
	if (ret)
		return ret;
	return ipcbuf_channel_open(worker->region,
				   ipcbuf_key_id(CHANNEL_ID(peer)),
				   IPCBUF_CONSUMER, &options, &worker->in);
}

static int enter_region(struct worker *worker)
{
	int ret = fill_hole(worker);

	if (!ret)
		ret = worker_open_region(worker, &worker->region);
	if (!ret)
		ret = note_base(worker);
	if (!ret && worker->scenario->depth_slots)
		ret = open_channels(worker);
	return ret;
}

/* Once both have the region open, its name isn't needed any more. */
static int after_entering(const struct worker *worker)
{
	const uint64_t *bases = worker->shared->bases;

	if (bases[ROLE_A] == bases[ROLE_B])
		return -EADDRINUSE;
	if (worker->role == ROLE_A && worker->region_fd < 0)
		return ipcbuf_region_unlink(worker->region_name);
	return 0;
}

static int work(struct worker *worker)
{
	const struct scenario *scenario = worker->scenario;
	bool inside = scenario->region_bytes && !scenario->opens_region;
	int ret = 0;

	worker->shared->pids[worker->role] = getpid();
	if (inside)
		ret = enter_region(worker);
	if (!ret)
		ret = worker_meet(worker);
	if (!ret && inside)
		ret = after_entering(worker);
	if (!ret)
		ret = scenario->run(worker);
	if (worker->region)
		ipcbuf_region_close(worker->region);
	return ret;
}

_Noreturn void worker_main(struct worker *worker)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(WATCHDOG_SECONDS);
	pin(worker);
	worker->shared->errors[worker->role] = work(worker);
	_exit(worker->shared->errors[worker->role] ? 1 : 0);
}
