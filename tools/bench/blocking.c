// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Sleeping and being woken. Whoever is to send first makes sure that the other
 * sleeps, which isn't timed, then takes the time, and sends; the receiver takes
 * the time when it has the message. Both ways together are the round trip.
 * What carries the message is all that differs between ipcbuf and a futex.
 */
#define _GNU_SOURCE
#include "blocking.h"
#include "sleeper.h"
#include "worker.h"

#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The message: its number, and when it was sent. */
struct ball {
	uint64_t number;
	uint64_t sent_ns;
};

static int record_send(struct worker *worker, uint64_t number)
{
	struct ball *ball;
	void *record;
	int ret = ipcbuf_alloc(worker->region, sizeof(*ball), &record);

	if (ret)
		return ret;
	ball = record;
	ball->number = number;
	ball->sent_ns = ipcbuf_now_ns();
	return ipcbuf_channel_send_until(worker->out, record,
					 ipcbuf_deadline_ns(LONG_NS));
}

static int record_recv(struct worker *worker, uint64_t number,
		       uint64_t *ret_took_ns)
{
	const struct ball *ball;
	uint64_t now;
	void *record;
	int ret = ipcbuf_channel_recv_until(worker->in, &record,
					    ipcbuf_deadline_ns(LONG_NS));

	if (ret)
		return ret;
	now = ipcbuf_now_ns();
	ball = record;
	if (ball->number != number)
		return -EBADMSG;
	*ret_took_ns = now - ball->sent_ns;
	return ipcbuf_free(record);
}

static const struct carrier record_carrier = { record_send, record_recv };

uint64_t *blocking_time(struct worker *worker, enum role sender)
{
	return sender == ROLE_A ? &worker->shared->begin_ns
				: &worker->shared->end_ns;
}

/* Release; pairs with the acquire in futex_recv(), which reads the time. */
static int futex_send(struct worker *worker, uint64_t number)
{
	_Atomic uint32_t *word = &worker->shared->lines[worker->role].word;

	*blocking_time(worker, worker->role) = ipcbuf_now_ns();
	atomic_store_explicit(word, (uint32_t)number, memory_order_release);
	if (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) < 0)
		return -errno;
	return 0;
}

static int futex_sleep(_Atomic uint32_t *word, uint32_t value)
{
	struct timespec timeout = { .tv_sec = LONG_NS / 1000000000 };

	if (!syscall(SYS_futex, word, FUTEX_WAIT, value, &timeout, NULL, 0) ||
	    errno == EAGAIN || errno == EINTR)
		return 0;
	return -errno;
}

/* Acquire; pairs with the release in futex_send(). */
static int futex_recv(struct worker *worker, uint64_t number,
		      uint64_t *ret_took_ns)
{
	enum role sender = worker->role == ROLE_A ? ROLE_B : ROLE_A;
	_Atomic uint32_t *word = &worker->shared->lines[sender].word;
	uint32_t value;
	int ret;

	for (;;) {
		value = atomic_load_explicit(word, memory_order_acquire);
		if (value == (uint32_t)number)
			break;
		if (value != (uint32_t)(number - 1))
			return -EBADMSG;
		ret = futex_sleep(word, value);
		if (ret)
			return ret;
	}
	*ret_took_ns = ipcbuf_now_ns() - *blocking_time(worker, sender);
	return 0;
}

static const struct carrier futex_carrier = { futex_send, futex_recv };

/* One message away and one back, or back and away. */
static int exchange(struct worker *worker, const struct carrier *carrier,
		    const struct sleeper *peer, uint64_t number,
		    uint64_t *sum_ns)
{
	uint64_t took_ns = 0;
	int ret = 0;

	if (worker->role == ROLE_B)
		ret = carrier->recv(worker, number, &took_ns);
	if (!ret)
		ret = sleeper_await(peer);
	if (!ret)
		ret = carrier->send(worker, number);
	if (!ret && worker->role == ROLE_A)
		ret = carrier->recv(worker, number, &took_ns);
	*sum_ns += took_ns;
	return ret;
}

static int exchange_all(struct worker *worker, const struct carrier *carrier,
			const struct sleeper *peer)
{
	uint64_t count = worker_iterations(worker);
	uint64_t warm = count / 10;
	uint64_t warm_ns = 0;
	uint64_t sum_ns = 0;
	uint64_t i;
	int ret = 0;

	for (i = 0; !ret && i < warm + count; i++)
		ret = exchange(worker, carrier, peer, i + 1,
			       i < warm ? &warm_ns : &sum_ns);
	worker->shared->parts[worker->role] = (double)sum_ns / (double)count;
	return ret;
}

int blocking_round_trip(struct worker *worker, const struct carrier *carrier)
{
	struct shared *shared = worker->shared;
	enum role other = worker->role == ROLE_A ? ROLE_B : ROLE_A;
	struct sleeper peer;
	int ret = sleeper_open(&peer, shared->pids[other]);

	if (ret)
		return ret;
	ret = exchange_all(worker, carrier, &peer);
	sleeper_close(&peer);
	if (!ret)
		ret = worker_meet(worker);
	if (!ret && worker->role == ROLE_A)
		shared->result = (shared->parts[ROLE_A] +
				  shared->parts[ROLE_B]) / 1000;
	return ret;
}

int run_blocking_round_trip(struct worker *worker)
{
	return blocking_round_trip(worker, &record_carrier);
}

int run_futex_round_trip(struct worker *worker)
{
	return blocking_round_trip(worker, &futex_carrier);
}

int run_futex_wake(struct worker *worker)
{
	uint64_t count = worker_iterations(worker), i;
	struct shared *shared = worker->shared;

	if (worker->role != ROLE_A)
		return 0;
	worker_begin(worker);
	for (i = 0; i < count; i++)
		syscall(SYS_futex, &shared->lines[ROLE_A].word, FUTEX_WAKE, 1,
			NULL, NULL, 0);
	worker_end(worker);
	shared->result = (double)(shared->end_ns - shared->begin_ns) /
			 (double)count;
	return 0;
}

static double cpu_microseconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* The whole process's time, should the library have threads of its own. */
static int wait_in_vain(struct worker *worker, uint64_t wait_ns)
{
	double before = cpu_microseconds();
	void *record;
	int ret;

	ret = ipcbuf_channel_recv_until(worker->in, &record,
					ipcbuf_deadline_ns(wait_ns));
	worker->shared->parts[ROLE_B] = cpu_microseconds() - before;
	if (!ret)
		return -EBADMSG;
	return ret == -ETIMEDOUT ? 0 : ret;
}

/* B waits; A, its producer, lives and sends nothing. Iterations are ms. */
int run_idle_consumer(struct worker *worker)
{
	uint64_t wait_ns = worker_iterations(worker) * UINT64_C(1000000);
	int ret = 0;

	if (worker->role == ROLE_B)
		ret = wait_in_vain(worker, wait_ns);
	if (!ret)
		ret = worker_meet(worker);
	if (!ret && worker->role == ROLE_A)
		worker->shared->result = worker->shared->parts[ROLE_B];
	return ret;
}
