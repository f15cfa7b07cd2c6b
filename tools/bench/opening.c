// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Opening and closing a region that somebody else holds. Only A works. */
#include "worker.h"

static int open_and_close(const struct worker *worker, uint64_t count)
{
	struct ipcbuf_region *region;
	int ret = 0;

	while (!ret && count--) {
		ret = worker_open_region(worker, &region);
		if (!ret)
			ret = ipcbuf_region_close(region);
	}
	return ret;
}

int run_open_close(struct worker *worker)
{
	uint64_t count = worker_iterations(worker);
	struct shared *shared = worker->shared;
	int ret;

	if (worker->role != ROLE_A)
		return 0;
	ret = open_and_close(worker, count / 10);
	worker_begin(worker);
	if (!ret)
		ret = open_and_close(worker, count);
	worker_end(worker);
	shared->result = (double)(shared->end_ns - shared->begin_ns) /
			 (double)count / 1000;
	return ret;
}
