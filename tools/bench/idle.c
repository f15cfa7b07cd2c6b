// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The processor time of a consumer whose producer lives and sends nothing. */
#include "families.h"
#include "timing.h"

#include <sys/resource.h>

#define NS_PER_MS UINT64_C(1000000)

/* The whole process's, should the library have threads of its own. */
static uint64_t cpu_ns(void)
{
	struct rusage usage;
	uint64_t us;

	getrusage(RUSAGE_SELF, &usage);
	us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
	     1000000 + (uint64_t)(usage.ru_utime.tv_usec +
				  usage.ru_stime.tv_usec);
	return us * 1000;
}

static int wait_in_vain(struct worker *worker, uint64_t wait_ns)
{
	uint64_t before_ns = cpu_ns();
	void *record;
	int ret = ipcbuf_channel_recv_until(worker->in, &record,
					    ipcbuf_deadline_ns(wait_ns));

	worker->shared->sums[ROLE_B] = cpu_ns() - before_ns;
	if (!ret)
		return -EBADMSG;
	return ret == -ETIMEDOUT ? 0 : ret;
}

/* Iterations are milliseconds. */
int run_idle_consumer(struct worker *worker)
{
	uint64_t wait_ns = worker_iterations(worker) * NS_PER_MS;
	int ret = 0;

	if (worker->role == ROLE_B)
		ret = wait_in_vain(worker, wait_ns);
	if (!ret)
		ret = worker_meet(worker);
	if (!ret && worker->role == ROLE_A)
		timing_conclude(worker, worker->shared->sums[ROLE_B], 1);
	return ret;
}
