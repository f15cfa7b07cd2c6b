// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* See latency.h. */
#include "latency.h"

#include <stdlib.h>
#include <string.h>

#define CLOCK_TRIES 1001u

/* 10^(-1/13), from one quantile to the next. */
#define STEP 0.8376776400682919

static uint32_t samples[SAMPLES_MAX];

uint32_t *latency_samples(void)
{
	memset(samples, 1, sizeof(samples));
	return samples;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

double latency_probability(unsigned int k)
{
	double longer = 1;

	while (k--)
		longer *= STEP;
	return 1 - longer;
}

static double quantile(uint64_t count, double probability)
{
	return samples[(uint64_t)(probability * (double)(count - 1) + 0.5)];
}

void latency_summarise(uint64_t count, struct latency *ret_latency)
{
	unsigned int k;

	qsort(samples, count, sizeof(samples[0]), ascending);
	ret_latency->count = count;
	ret_latency->p50 = quantile(count, 0.5);
	ret_latency->p99 = quantile(count, 0.99);
	ret_latency->p999 = quantile(count, 0.999);
	ret_latency->max = samples[count - 1];
	for (k = 0; k < QUANTILES; k++)
		ret_latency->quantiles[k] =
			quantile(count, latency_probability(k));
}

double latency_clock_cost(void)
{
	uint64_t last = ipcbuf_now_ns();
	struct latency latency;
	unsigned int i, j;
	uint64_t now;

	for (i = 0; i < CLOCK_TRIES; i++) {
		for (j = 0; j < 10; j++)
			now = ipcbuf_now_ns();
		samples[i] = latency_limit(now - last);
		last = now;
	}
	latency_summarise(CLOCK_TRIES, &latency);
	return latency.p50 / 10;
}
