// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the machine can do at best: a cache line that goes to another core and
 * comes back. See line.h.
 */
#include "line.h"

#include "families.h"
#include "latency.h"
#include "sampled.h"

/* How long a look takes, and with how many it begins. */
#define LOOK_NS 1.5e6
#define FEW     200u

/* Acquire; pairs with the other's release in put(). */
static void wait_for(const struct worker *worker, uint32_t value)
{
	const _Atomic uint32_t *word = &worker->shared->ball.word;

	while (atomic_load_explicit(word, memory_order_acquire) != value)
		worker_poll(worker);
}

/* Release; pairs with the acquire in wait_for(). */
static void put(const struct worker *worker, uint32_t value)
{
	atomic_store_explicit(&worker->shared->ball.word, value,
			      memory_order_release);
}

/* A writes odd numbers, B even ones; each waits for the very next. */
static int volley(struct worker *worker, uint64_t count)
{
	struct sampler sampler = sampler_begin(worker);
	uint32_t at, i;

	at = atomic_load_explicit(&worker->shared->ball.word,
				  memory_order_acquire);
	at &= ~UINT32_C(1);
	for (i = 0; i < (uint32_t)count; i++, at += 2) {
		if (worker->role == ROLE_B)
			wait_for(worker, at + 1);
		put(worker, at + 1 + (uint32_t)worker->role);
		if (worker->role == ROLE_A)
			wait_for(worker, at + 2);
		sampler_note(&sampler);
	}
	return 0;
}

int run_line(struct worker *worker)
{
	return sampled_measure(worker, volley);
}

int line_look(struct worker *worker, double *ret_ns)
{
	uint64_t count = FEW, took_ns;
	int ret = timing_burst(worker, volley, count, &took_ns);

	if (ret)
		return ret;
	count = 1 + (uint64_t)(LOOK_NS / (double)took_ns * (double)FEW);
	ret = timing_burst(worker, volley, count, &took_ns);
	*ret_ns = (double)took_ns / (double)count;
	return ret;
}
