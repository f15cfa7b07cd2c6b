// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the machine can do at best: a cache line that goes to another core and
 * comes back.
 */
#include "worker.h"

/* Acquire; pairs with the other's release in put(). */
static void wait_for(const struct worker *worker, uint32_t value)
{
	const _Atomic uint32_t *word = &worker->shared->lines[0].word;

	while (atomic_load_explicit(word, memory_order_acquire) != value)
		worker_poll(worker);
}

/* Release; pairs with the acquire in wait_for(). */
static void put(const struct worker *worker, uint32_t value)
{
	atomic_store_explicit(&worker->shared->lines[0].word, value,
			      memory_order_release);
}

/* A writes odd numbers, B even ones; each waits for the very next. */
static void volley(const struct worker *worker, uint32_t first, uint32_t count)
{
	uint32_t i;

	for (i = first; i < first + count; i++) {
		if (worker->role == ROLE_B)
			wait_for(worker, 2 * i + 1);
		put(worker, 2 * i + 1 + (uint32_t)worker->role);
		if (worker->role == ROLE_A)
			wait_for(worker, 2 * i + 2);
	}
}

int run_line_round_trip(struct worker *worker)
{
	uint32_t count = (uint32_t)worker_iterations(worker);
	uint32_t warm = count / 10;

	volley(worker, 0, warm);
	if (worker->role == ROLE_A)
		worker_begin(worker);
	volley(worker, warm, count);
	if (worker->role == ROLE_A)
		worker_end(worker);
	return worker_conclude(worker, count);
}
