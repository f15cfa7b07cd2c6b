// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Sleeping and being woken. Whoever is to send first makes sure that the other
 * sleeps, which isn't timed, then takes the time, and sends; the receiver takes
 * the time when it has the message. Both ways together are the round trip.
 * What carries the message is all that differs between the peers and a futex.
 */
#define _GNU_SOURCE
#include "blocking.h"

#include "families.h"
#include "latency.h"
#include "sleeper.h"
#include "timing.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The message: its number, and when it was sent. A record is so large. */
struct ball {
	uint64_t number;
	uint64_t sent_ns;
};

static int record_send(struct worker *worker, uint64_t number)
{
	struct ball ball = { .number = number };
	void *record;
	int ret = worker->peer->alloc(worker->end, sizeof(ball), &record);

	if (ret)
		return ret;
	ball.sent_ns = ipcbuf_now_ns();
	memcpy(record, &ball, sizeof(ball));
	return worker->peer->send(worker->end, record, sizeof(ball));
}

static int record_recv(struct worker *worker, uint64_t number,
		       uint64_t *ret_took_ns)
{
	struct ball ball;
	uint64_t now;
	void *record;
	int ret = worker->peer->recv(worker->end, &record);

	if (ret)
		return ret;
	now = ipcbuf_now_ns();
	memcpy(&ball, record, sizeof(ball));
	worker->peer->free(worker->end, record);
	*ret_took_ns = now - ball.sent_ns;
	return ball.number == number ? 0 : -EBADMSG;
}

static const struct carrier record_carrier = { record_send, record_recv };

uint64_t *blocking_time(struct worker *worker, enum role sender)
{
	return sender == ROLE_A ? &worker->shared->begin_ns
				: &worker->shared->ends_ns[ROLE_B];
}

int blocking_futex_wake(_Atomic uint32_t *word)
{
	if (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) < 0)
		return -errno;
	return 0;
}

int blocking_futex_sleep(_Atomic uint32_t *word, uint32_t value)
{
	struct timespec timeout = { .tv_sec = LONG_NS / 1000000000 };

	if (!syscall(SYS_futex, word, FUTEX_WAIT, value, &timeout, NULL, 0) ||
	    errno == EAGAIN || errno == EINTR)
		return 0;
	return -errno;
}

/* Release; pairs with the acquire in futex_recv(), which reads the time. */
static int futex_send(struct worker *worker, uint64_t number)
{
	_Atomic uint32_t *word = &worker->shared->lines[worker->role].word;

	*blocking_time(worker, worker->role) = ipcbuf_now_ns();
	atomic_store_explicit(word, (uint32_t)number, memory_order_release);
	return blocking_futex_wake(word);
}

/* Acquire; pairs with the release in futex_send(). */
static int futex_recv(struct worker *worker, uint64_t number,
		      uint64_t *ret_took_ns)
{
	enum role sender = worker_other(worker);
	_Atomic uint32_t *word = &worker->shared->lines[sender].word;
	uint32_t value;
	int ret;

	for (;;) {
		value = atomic_load_explicit(word, memory_order_acquire);
		if (value == (uint32_t)number)
			break;
		if (value != (uint32_t)(number - 1))
			return -EBADMSG;
		ret = blocking_futex_sleep(word, value);
		if (ret)
			return ret;
	}
	*ret_took_ns = ipcbuf_now_ns() - *blocking_time(worker, sender);
	return 0;
}

static const struct carrier futex_carrier = { futex_send, futex_recv };

/* B's, told to A before it sends; release and acquire are the message's. */
static int answer(struct worker *worker, const struct carrier *carrier,
		  const struct sleeper *peer, uint64_t number)
{
	uint64_t took_ns;
	int ret = carrier->recv(worker, number, &took_ns);

	worker->shared->there_ns = took_ns;
	if (!ret)
		ret = sleeper_await(peer);
	return ret ? ret : carrier->send(worker, number);
}

static int serve(struct worker *worker, const struct carrier *carrier,
		 const struct sleeper *peer, uint64_t number,
		 uint64_t *ret_took_ns)
{
	uint64_t back_ns;
	int ret = sleeper_await(peer);

	if (!ret)
		ret = carrier->send(worker, number);
	if (!ret)
		ret = carrier->recv(worker, number, &back_ns);
	if (!ret)
		*ret_took_ns = worker->shared->there_ns + back_ns;
	return ret;
}

static int answer_all(struct worker *worker, const struct carrier *carrier,
		      const struct sleeper *peer, uint64_t count)
{
	uint64_t i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++)
		ret = answer(worker, carrier, peer, i + 1);
	return ret;
}

/* The first @warm don't count. */
static int serve_all(struct worker *worker, const struct carrier *carrier,
		     const struct sleeper *peer, uint64_t warm, uint64_t count)
{
	uint32_t *samples = latency_samples();
	uint64_t took_ns = 0, sum_ns = 0, i;
	int ret = 0;

	for (i = 0; !ret && i < warm + count; i++) {
		ret = serve(worker, carrier, peer, i + 1, &took_ns);
		if (i < warm)
			continue;
		samples[i - warm] = latency_limit(took_ns);
		sum_ns += took_ns;
	}
	if (ret)
		return ret;
	latency_summarise(count, &worker->shared->outcome.latency);
	timing_conclude(worker, sum_ns, count);
	return 0;
}

int blocking_round_trip(struct worker *worker, const struct carrier *carrier)
{
	enum role other = worker_other(worker);
	uint64_t count = worker_iterations(worker);
	uint64_t warm = count / 10;
	struct sleeper peer;
	int ret = sleeper_open(&peer, worker->shared->tids[other]);

	if (ret)
		return ret;
	ret = worker->role == ROLE_A
		? serve_all(worker, carrier, &peer, warm, count)
		: answer_all(worker, carrier, &peer, warm + count);
	sleeper_close(&peer);
	return ret;
}

int run_blocking(struct worker *worker)
{
	return blocking_round_trip(worker, &record_carrier);
}

int run_blocking_futex(struct worker *worker)
{
	return blocking_round_trip(worker, &futex_carrier);
}
