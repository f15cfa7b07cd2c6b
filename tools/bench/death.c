/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Members that die: how soon a peer that sleeps is told, and how long it takes
 * to recover one that held much. B starts and kills the victims.
 */
#define _GNU_SOURCE
#include "families.h"
#include "latency.h"
#include "sleeper.h"
#include "timing.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHANNEL    1000
#define RECORDS    1000000u

static int open_end(struct ipcbuf_region *region,
		    enum ipcbuf_direction direction,
		    struct ipcbuf_channel **ret_channel)
{
	return ipcbuf_channel_open(region, ipcbuf_key_id(CHANNEL), direction,
				   NULL, ret_channel);
}

static int be_producer(const struct worker *worker,
		       struct ipcbuf_region *region)
{
	struct ipcbuf_channel *out;

	(void)worker;
	return open_end(region, IPCBUF_PRODUCER, &out);
}

static int hold_many(const struct worker *worker, struct ipcbuf_region *region)
{
	void *record;
	uint32_t i;
	int ret = 0;

	for (i = 0; !ret && i < RECORDS; i++)
		ret = ipcbuf_alloc(region, (size_t)worker->cell->record_bytes,
				   &record);
	return ret;
}

/* A member; does what it is for, says so, and waits for its end. */
static _Noreturn void victim(const struct worker *worker, int ready,
			     int (*prepare)(const struct worker *worker,
					    struct ipcbuf_region *region))
{
	struct ipcbuf_region *region;
	char byte = 0;

	if (!worker_open_region(worker, &region) && !prepare(worker, region) &&
	    write(ready, &byte, 1) == 1)
		for (;;)
			pause();
	_exit(1);
}

static int victim_start(const struct worker *worker,
			int (*prepare)(const struct worker *worker,
				       struct ipcbuf_region *region),
			pid_t *ret_pid)
{
	int ends[2];
	char byte;
	ssize_t got;

	if (pipe(ends))
		return -errno;
	*ret_pid = fork();
	if (!*ret_pid)
		victim(worker, ends[1], prepare);
	close(ends[1]);
	got = read(ends[0], &byte, 1);
	close(ends[0]);
	return got == 1 ? 0 : -ESRCH;
}

static void kill_and_collect(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* B's: the producer dies when A sleeps. */
static int kill_one(struct worker *worker, const struct sleeper *peer)
{
	pid_t pid = -1;
	int ret = victim_start(worker, be_producer, &pid);

	if (!ret)
		ret = worker_meet(worker);
	if (!ret)
		ret = sleeper_await(peer);
	worker->shared->begin_ns = ipcbuf_now_ns();
	kill_and_collect(pid);
	return ret ? ret : worker_meet(worker);
}

/* A's: sleeps until it is told. */
static int mourn(struct worker *worker, struct ipcbuf_channel *in,
		 uint64_t *ret_ns)
{
	uint64_t woken;
	void *record;
	int ret = worker_meet(worker);

	if (ret)
		return ret;
	ret = ipcbuf_channel_recv(in, &record);
	woken = ipcbuf_now_ns();
	if (ret != -EOWNERDEAD)
		return ret ? ret : -EBADMSG;
	ret = worker_meet(worker);
	*ret_ns = woken - worker->shared->begin_ns;
	return ret;
}

static int mourn_all(struct worker *worker, uint64_t count)
{
	uint32_t *samples = latency_samples();
	uint64_t took_ns = 0, sum_ns = 0, i;
	struct ipcbuf_channel *in;
	int ret = worker_open_region(worker, &worker->region);

	if (!ret)
		ret = open_end(worker->region, IPCBUF_CONSUMER, &in);
	for (i = 0; !ret && i < count; i++) {
		ret = mourn(worker, in, &took_ns);
		samples[i] = latency_limit(took_ns);
		sum_ns += took_ns;
	}
	if (ret)
		return ret;
	latency_summarise(count, &worker->shared->outcome.latency);
	timing_conclude(worker, sum_ns, count);
	return 0;
}

static int kill_all(struct worker *worker, uint64_t count)
{
	struct sleeper peer;
	uint64_t i;
	int ret = sleeper_open(&peer, worker->shared->tids[ROLE_A]);

	if (ret)
		return ret;
	for (i = 0; !ret && i < count; i++)
		ret = kill_one(worker, &peer);
	sleeper_close(&peer);
	return ret;
}

/* B's processor goes to whom it starts, too. */
int run_death_told(struct worker *worker)
{
	uint64_t count = worker_iterations(worker);

	return worker->role == ROLE_A ? mourn_all(worker, count)
				      : kill_all(worker, count);
}

int run_recovery(struct worker *worker)
{
	pid_t pid = -1;
	unsigned int members;
	uint64_t begin;
	int ret = 0;

	if (worker->role == ROLE_B) {
		ret = victim_start(worker, hold_many, &pid);
		kill_and_collect(pid);
		return ret ? ret : worker_meet(worker);
	}
	ret = worker_open_region(worker, &worker->region);
	if (!ret)
		ret = worker_meet(worker);
	if (ret)
		return ret;
	begin = ipcbuf_now_ns();
	ret = ipcbuf_region_recover(worker->region, &members);
	timing_conclude(worker, ipcbuf_now_ns() - begin, 1);
	return ret ? ret : members == 1 ? 0 : -EBADMSG;
}
