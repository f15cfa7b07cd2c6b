// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What waking costs the one who wakes: a send to a consumer that sleeps, and
 * to one that is awake, beside futex(2) with a waiter and without.
 */
#define _GNU_SOURCE
#include "blocking.h"
#include "families.h"
#include "latency.h"
#include "sleeper.h"
#include "timing.h"

/* Sent, or woken, between two looks at the clock where nobody sleeps. */
#define ROUND 64u

/* How B is woken by A, and how it waits for that. */
struct alarm {
	int (*ring)(struct worker *worker, void *record, uint32_t number);
	int (*wait)(struct worker *worker, uint32_t number);
};

static int ring_by_send(struct worker *worker, void *record, uint32_t number)
{
	(void)number;
	return ipcbuf_channel_send(worker->out, record);
}

static int wait_by_recv(struct worker *worker, uint32_t number)
{
	void *record;
	int ret = ipcbuf_channel_recv(worker->in, &record);

	(void)number;
	return ret ? ret : ipcbuf_free(record);
}

/* Release; pairs with the acquire in wait_by_futex(). */
static int ring_by_futex(struct worker *worker, void *record, uint32_t number)
{
	_Atomic uint32_t *word = &worker->shared->lines[ROLE_A].word;

	(void)record;
	atomic_store_explicit(word, number, memory_order_release);
	return blocking_futex_wake(word);
}

static int wait_by_futex(struct worker *worker, uint32_t number)
{
	_Atomic uint32_t *word = &worker->shared->lines[ROLE_A].word;
	int ret = 0;

	while (!ret &&
	       atomic_load_explicit(word, memory_order_acquire) != number)
		ret = blocking_futex_sleep(word, number - 1);
	return ret;
}

static const struct alarm by_send = { ring_by_send, wait_by_recv };
static const struct alarm by_futex = { ring_by_futex, wait_by_futex };

/* B says that it has been awake; release, for A's acquire. */
static int wait_all(struct worker *worker, const struct alarm *alarm,
		    uint32_t count)
{
	uint32_t i;
	int ret = 0;

	for (i = 1; !ret && i <= count; i++) {
		ret = alarm->wait(worker, i);
		atomic_store_explicit(&worker->shared->lines[ROLE_B].word, i,
				      memory_order_release);
	}
	return ret;
}

/* Once B has been awake after the last, and sleeps again. */
static int ring_once(struct worker *worker, const struct alarm *alarm,
		     const struct sleeper *peer, uint32_t number,
		     uint64_t *ret_ns)
{
	const _Atomic uint32_t *seen = &worker->shared->lines[ROLE_B].word;
	void *record = NULL;
	uint64_t begin_ns;
	int ret = 0;

	if (worker->region)
		ret = ipcbuf_alloc(worker->region, 64, &record);
	while (atomic_load_explicit(seen, memory_order_acquire) != number - 1)
		worker_poll(worker);
	if (!ret)
		ret = sleeper_await(peer);
	begin_ns = ipcbuf_now_ns();
	if (!ret)
		ret = alarm->ring(worker, record, number);
	*ret_ns = ipcbuf_now_ns() - begin_ns;
	return ret;
}

static int ring_all(struct worker *worker, const struct alarm *alarm,
		    const struct sleeper *peer, uint32_t count)
{
	uint32_t *samples = latency_samples();
	uint64_t took_ns, sum_ns = 0;
	uint32_t i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++) {
		ret = ring_once(worker, alarm, peer, i + 1, &took_ns);
		samples[i] = latency_limit(took_ns);
		sum_ns += took_ns;
	}
	if (ret)
		return ret;
	latency_summarise(count, &worker->shared->outcome.latency);
	timing_conclude(worker, sum_ns, count);
	return 0;
}

static int wake_sleeper(struct worker *worker, const struct alarm *alarm)
{
	uint32_t count = (uint32_t)worker_iterations(worker);
	struct sleeper peer;
	int ret;

	if (worker->role == ROLE_B)
		return wait_all(worker, alarm, count);
	ret = sleeper_open(&peer, worker->shared->tids[ROLE_B]);
	if (ret)
		return ret;
	ret = ring_all(worker, alarm, &peer, count);
	sleeper_close(&peer);
	return ret;
}

int run_wake(struct worker *worker)
{
	return wake_sleeper(worker, &by_send);
}

int run_wake_futex(struct worker *worker)
{
	return wake_sleeper(worker, &by_futex);
}

/* A's: what B is to find is sent without its being asleep for it. */
static int ring_round(struct worker *worker, const struct alarm *alarm)
{
	void *records[ROUND] = { NULL };
	uint64_t begin_ns;
	uint32_t i;
	int ret = 0;

	for (i = 0; !ret && worker->region && i < ROUND; i++)
		ret = ipcbuf_alloc(worker->region, 64, &records[i]);
	begin_ns = ipcbuf_now_ns();
	for (i = 0; !ret && i < ROUND; i++)
		ret = alarm->ring(worker, records[i], i + 1);
	worker->shared->sums[ROLE_A] += ipcbuf_now_ns() - begin_ns;
	return ret;
}

static int take_round(struct worker *worker)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; !ret && worker->region && i < ROUND; i++)
		ret = wait_by_recv(worker, i + 1);
	return ret;
}

static int wake_nobody(struct worker *worker, const struct alarm *alarm)
{
	uint64_t rounds = worker_iterations(worker), i;
	int ret = 0;

	for (i = 0; !ret && i < rounds; i++) {
		if (worker->role == ROLE_A)
			ret = ring_round(worker, alarm);
		if (!ret)
			worker_gate(worker);
		if (!ret && worker->role == ROLE_B)
			ret = take_round(worker);
		if (!ret)
			worker_gate(worker);
	}
	if (!ret && worker->role == ROLE_A)
		timing_conclude(worker, worker->shared->sums[ROLE_A],
				rounds * ROUND);
	return ret;
}

int run_wake_nobody(struct worker *worker)
{
	return wake_nobody(worker, &by_send);
}

int run_wake_nobody_futex(struct worker *worker)
{
	return wake_nobody(worker, &by_futex);
}
