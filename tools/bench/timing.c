// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* See timing.h. */
#include "timing.h"

/* A warm-up that takes less than this proportion of the burst is none. */
#define WARM_SHARE 6

/* Nor one that hasn't used all memory, unless that would take longer than this. */
#define MEMORY_NS UINT64_C(1000000000)

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* B is behind the second gate when it has read what A writes before the next. */
int timing_burst(struct worker *worker,
		 int (*part)(struct worker *worker, uint64_t count),
		 uint64_t count, uint64_t *ret_ns)
{
	struct shared *shared = worker->shared;
	int ret;

	worker_gate(worker);
	if (worker->role == ROLE_A)
		shared->begin_ns = ipcbuf_now_ns();
	ret = part(worker, count);
	shared->ends_ns[worker->role] = ipcbuf_now_ns();
	if (ret)
		return ret;
	worker_gate(worker);
	*ret_ns = later(shared->ends_ns[ROLE_A], shared->ends_ns[ROLE_B]) -
		  shared->begin_ns;
	*ret_ns = later(*ret_ns, 1);
	return 0;
}

/* So many more that @goal_ns would be filled, but no more than 16 times. */
static uint64_t scaled(uint64_t count, uint64_t took_ns, uint64_t goal_ns,
		       uint64_t unit)
{
	double factor = (double)goal_ns / (double)took_ns;
	double units = (double)count / (double)unit *
		       (factor > 16 ? 16 : factor);

	return units < 1 ? unit : (uint64_t)(units + 0.5) * unit;
}

/* Records as many as are under way at once, twice, so that each has been used. */
static uint64_t memory_count(const struct worker *worker, uint64_t count,
			     uint64_t took_ns, uint64_t unit)
{
	uint64_t wanted = (2 * worker->cell->live_records + unit - 1) / unit *
			  unit;
	double ns = (double)took_ns / (double)count * (double)wanted;

	return count < wanted && ns < (double)MEMORY_NS ? wanted : 0;
}

/* @count and @took_ns: of its last burst. */
static int warm_up(struct worker *worker,
		   int (*part)(struct worker *worker, uint64_t count),
		   uint64_t unit, uint64_t *count, uint64_t *took_ns)
{
	uint64_t warm_ns = worker->options->burst_ns / WARM_SHARE;
	uint64_t more;
	int ret;

	for (*count = unit;; *count = scaled(*count, *took_ns, 2 * warm_ns,
					     unit)) {
		ret = timing_burst(worker, part, *count, took_ns);
		if (ret || *took_ns >= warm_ns)
			break;
	}
	more = ret ? 0 : memory_count(worker, *count, *took_ns, unit);
	if (!more)
		return ret;
	*count = more;
	ret = timing_burst(worker, part, more, took_ns);
	return ret ? ret : timing_burst(worker, part, more, took_ns);
}

int timing_measure(struct worker *worker,
		   int (*part)(struct worker *worker, uint64_t count),
		   uint64_t unit, uint64_t *ret_count)
{
	uint64_t goal_ns = worker->options->burst_ns;
	uint64_t count, took_ns;
	int ret = warm_up(worker, part, unit, &count, &took_ns);

	if (ret)
		return ret;
	count = scaled(count, took_ns, goal_ns, unit);
	ret = timing_burst(worker, part, count, &took_ns);
	if (!ret && worker->role == ROLE_A)
		timing_conclude(worker, took_ns, count);
	if (!ret && ret_count)
		*ret_count = count;
	return ret;
}

void timing_conclude(struct worker *worker, uint64_t ns, uint64_t count)
{
	worker->shared->outcome.value = (double)ns / (double)count;
}
