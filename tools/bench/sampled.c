// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* See sampled.h. */
#include "sampled.h"

/* So that the 99.9th percentile is one, but no longer than a while. */
#define SAMPLES_MIN UINT64_C(5000)
#define LONGEST_NS  UINT64_C(500000000)

/* A's, while it takes samples. */
static uint32_t *room;

uint32_t *sampled_room(const struct worker *worker)
{
	return worker->role == ROLE_A ? room : NULL;
}

/* @count took the time of a burst. */
static uint64_t sample_count(const struct worker *worker, uint64_t count)
{
	uint64_t burst_ns = worker->options->burst_ns;
	uint64_t most = count * (LONGEST_NS / burst_ns);

	if (count < SAMPLES_MIN)
		count = SAMPLES_MIN;
	if (count > most)
		count = most;
	return count > SAMPLES_MAX ? SAMPLES_MAX : count;
}

int sampled_measure(struct worker *worker,
		    int (*part)(struct worker *worker, uint64_t count))
{
	uint64_t count, took_ns;
	int ret = timing_measure(worker, part, 1, &count);

	if (ret)
		return ret;
	count = sample_count(worker, count);
	if (worker->role == ROLE_A)
		room = latency_samples();
	ret = timing_burst(worker, part, count, &took_ns);
	if (!ret && worker->role == ROLE_A)
		latency_summarise(count, &worker->shared->outcome.latency);
	if (worker->role == ROLE_A)
		room = NULL;
	return ret;
}
