/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Single times, in nanoseconds, and what their distribution is. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include "bench.h"

#define SAMPLES_MAX (1u << 20)

/* Room for SAMPLES_MAX, which has been touched already; one per process. */
uint32_t *latency_samples(void);

/* Sorts the first @count, at least 1, of the samples. */
void latency_summarise(uint64_t count, struct latency *ret_latency);

/* The proportion of samples that quantile @k is not below. */
double latency_probability(unsigned int k);

/* What it costs to read the clock, as the median of some tries. */
double latency_clock_cost(void);

static inline uint32_t latency_limit(uint64_t ns)
{
	return ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

#endif
