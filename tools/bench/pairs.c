// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Several pairs of processes in one region, each with a channel of its own: the
 * producers share A's processor, the consumers B's, so they all wait asleep.
 * Each role is one of a pair itself and forks the others of its kind, its
 * lanes. Producers go on until the first has seen the time pass.
 */
#define _GNU_SOURCE
#include "families.h"
#include "pattern.h"
#include "timing.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHANNEL     2000
#define GLANCE_EACH 64u

/* Adds itself, and waits for the others; acquire and release for all of them. */
static void wait_for_lanes(struct worker *worker)
{
	_Atomic uint32_t *ready = &worker->shared->ready.word;
	uint32_t all = (uint32_t)worker->cell->parameter * ROLES;

	atomic_fetch_add_explicit(ready, 1, memory_order_acq_rel);
	while (atomic_load_explicit(ready, memory_order_acquire) < all)
		sched_yield();
}

static int open_lane(struct worker *worker, unsigned int lane,
		     struct ipcbuf_region **ret_region,
		     struct ipcbuf_channel **ret_channel)
{
	enum ipcbuf_direction direction = worker->role == ROLE_A
					? IPCBUF_PRODUCER : IPCBUF_CONSUMER;
	int ret = worker_open_region(worker, ret_region);

	if (!ret)
		ret = ipcbuf_channel_open(*ret_region,
					  ipcbuf_key_id(CHANNEL + lane),
					  direction, NULL, ret_channel);
	return ret;
}

static int send_one(const struct worker *worker, struct ipcbuf_region *region,
		    struct ipcbuf_channel *channel, uint64_t number)
{
	size_t bytes = (size_t)worker->cell->record_bytes;
	void *record;
	int ret = ipcbuf_alloc(region, bytes, &record);

	if (ret)
		return ret;
	pattern_write(record, bytes, number);
	return ipcbuf_channel_send(channel, record);
}

/* Relaxed: what the others have to see of it is nothing but the word. */
static bool stopped(const struct worker *worker)
{
	return atomic_load_explicit(&worker->shared->stop.word,
				    memory_order_relaxed);
}

static void look_at_clock(struct worker *worker, uint64_t number)
{
	struct shared *shared = worker->shared;

	if (number % GLANCE_EACH)
		return;
	shared->ends_ns[ROLE_A] = ipcbuf_now_ns();
	if (shared->ends_ns[ROLE_A] - shared->begin_ns >
	    worker->options->burst_ns)
		atomic_store_explicit(&shared->stop.word, 1,
				      memory_order_relaxed);
}

static int produce(struct worker *worker, struct ipcbuf_region *region,
		   struct ipcbuf_channel *channel, unsigned int lane)
{
	uint64_t number = 0;
	int ret = 0;

	if (!lane)
		worker->shared->begin_ns = ipcbuf_now_ns();
	while (!ret && !stopped(worker)) {
		ret = send_one(worker, region, channel, number++);
		if (!lane)
			look_at_clock(worker, number);
	}
	worker->shared->lanes[lane] = number;
	return ret;
}

/* Until the producer has left. */
static int consume(const struct worker *worker, struct ipcbuf_channel *channel)
{
	size_t bytes = (size_t)worker->cell->record_bytes;
	uint64_t number = 0;
	void *record;
	int ret;

	for (;;) {
		ret = ipcbuf_channel_recv(channel, &record);
		if (ret)
			return ret == -EPIPE ? 0 : ret;
		if (pattern_differs(record, bytes, number++))
			return -EBADMSG;
		ipcbuf_free(record);
	}
}

static int run_lane(struct worker *worker, unsigned int lane)
{
	struct ipcbuf_region *region = NULL;
	struct ipcbuf_channel *channel;
	int ret = open_lane(worker, lane, &region, &channel);

	if (!ret) {
		wait_for_lanes(worker);
		ret = worker->role == ROLE_A
			? produce(worker, region, channel, lane)
			: consume(worker, channel);
	}
	if (region)
		ipcbuf_region_close(region);
	return ret;
}

static int start_lane(struct worker *worker, unsigned int lane)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid < 0 ? -errno : 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(getppid() != parent || run_lane(worker, lane) ? 1 : 0);
}

/* Those that this process has started. */
static int collect_lanes(void)
{
	int status, ret = 0;

	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			ret = -ECHILD;
	return ret;
}

static void conclude(struct worker *worker)
{
	struct shared *shared = worker->shared;
	uint64_t sum = 0;
	unsigned int lane;

	for (lane = 0; lane < worker->cell->parameter; lane++)
		sum += shared->lanes[lane];
	timing_conclude(worker, shared->ends_ns[ROLE_A] - shared->begin_ns,
			sum);
}

int run_pairs(struct worker *worker)
{
	unsigned int lane;
	int ret = 0;

	for (lane = 1; !ret && lane < worker->cell->parameter; lane++)
		ret = start_lane(worker, lane);
	if (!ret)
		ret = run_lane(worker, 0);
	if (!ret)
		ret = collect_lanes();
	if (!ret && worker->role == ROLE_A)
		conclude(worker);
	return ret;
}
