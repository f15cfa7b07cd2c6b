/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Round trips, timed twice: as a burst without looking at the clock, which gives
 * the mean, and then each by itself, which gives the distribution. One look at
 * the clock after each round trip ends it and begins the next.
 */
#ifndef BENCH_SAMPLED_H
#define BENCH_SAMPLED_H

#include "latency.h"
#include "timing.h"

/* A part as timing.h's, that calls the sampler's functions below. */
int sampled_measure(struct worker *worker,
		    int (*part)(struct worker *worker, uint64_t count));

/* NULL while the mean is measured, and in B. */
uint32_t *sampled_room(const struct worker *worker);

struct sampler {
	uint32_t *next;
	uint64_t last_ns;
};

static inline struct sampler sampler_begin(const struct worker *worker)
{
	struct sampler sampler = { .next = sampled_room(worker) };

	if (sampler.next)
		sampler.last_ns = ipcbuf_now_ns();
	return sampler;
}

static inline void sampler_note(struct sampler *sampler)
{
	uint64_t now_ns;

	if (!sampler->next)
		return;
	now_ns = ipcbuf_now_ns();
	*sampler->next++ = latency_limit(now_ns - sampler->last_ns);
	sampler->last_ns = now_ns;
}

#endif
