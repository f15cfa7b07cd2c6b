// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Numbered records both ways: one way at a time until full and until empty, both
 * at once, there and back as they are, and by the forms that sleep.
 */
#include "exchange.h"

#include <sched.h>
#include <time.h>

#define STREAM 20000u
#define BOUNCES 1000u
#define SLEEPS 300u
/* A socket's buffers hold more than the depth; but not all there is. */
#define FULL_MAX 1000000u
#define PATIENCE_S 30

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int side_alone(const struct side *side)
{
	return __atomic_load_n(&side->meeting->error, __ATOMIC_RELAXED);
}

void side_give_up(struct side *side, int error)
{
	int none = 0;

	__atomic_compare_exchange_n(&side->meeting->error, &none, error, 0,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Release and acquire: what either did before is done for both afterwards. */
int side_meet(struct side *side)
{
	uint32_t *arrived = side->meeting->arrived;
	uint32_t step = __atomic_add_fetch(&arrived[side->role], 1,
					   __ATOMIC_RELEASE);
	time_t limit = seconds() + PATIENCE_S;

	while (__atomic_load_n(&arrived[1 - side->role], __ATOMIC_ACQUIRE) <
	       step) {
		if (side_alone(side) || seconds() > limit)
			return -EPIPE;
		sched_yield();
	}
	return 0;
}

/* -EAGAIN: it was full, and the record is still ours. */
static int send_one(struct side *side, uint64_t number)
{
	const struct peer *peer = side->peer;
	void *record;
	int ret;

	ret = peer->alloc(side->end, check_bytes(number), &record);
	if (ret)
		return ret;
	check_write(record, number);
	ret = peer->try_send(side->end, record, check_bytes(number));
	if (ret == -EAGAIN) {
		if (check_read(record, number))
			ret = -EBADMSG;
		peer->free(side->end, record);
	}
	return ret;
}

static int recv_one(struct side *side, uint64_t number)
{
	void *record;
	int ret = side->peer->try_recv(side->end, &record);

	if (ret)
		return ret;
	ret = check_read(record, number);
	side->peer->free(side->end, record);
	return ret;
}

/* Repeats what has to wait for the other. */
static int until_done(struct side *side,
		      int (*one)(struct side *side, uint64_t number),
		      uint64_t number)
{
	time_t limit = seconds() + PATIENCE_S;
	int ret;

	for (;;) {
		ret = one(side, number);
		if (ret != -EAGAIN)
			return ret;
		if (side_alone(side) || seconds() > limit)
			return -ETIMEDOUT;
		sched_yield();
	}
}

static int fill(struct side *side)
{
	uint64_t sent;
	int ret;

	for (sent = 0; sent < FULL_MAX; sent++) {
		ret = send_one(side, sent);
		if (ret == -EAGAIN)
			break;
		if (ret)
			return ret;
	}
	side->meeting->sent = sent;
	if (sent == FULL_MAX)
		return check_failed("it is never full", sent);
	return sent ? 0 : check_failed("it is full at once", 0);
}

static int expect_empty(struct side *side, uint64_t number)
{
	int ret = recv_one(side, number);

	return ret == -EAGAIN ? 0 : check_failed("it isn't empty", number);
}

/* All that were sent, no more. */
static int drain(struct side *side)
{
	uint64_t number;
	int ret = 0;

	for (number = 0; !ret && number < side->meeting->sent; number++)
		ret = until_done(side, recv_one, number);
	return ret ? ret : expect_empty(side, number);
}

static int full_and_empty(struct side *side, int sender)
{
	int ret = 0;

	if (side->role != sender)
		ret = expect_empty(side, 0);
	if (!ret)
		ret = side_meet(side);
	if (!ret && side->role == sender)
		ret = fill(side);
	if (!ret)
		ret = side_meet(side);
	if (!ret && side->role != sender)
		ret = drain(side);
	return ret ? ret : side_meet(side);
}

/* Each sends and receives as it can. */
static int both_ways(struct side *side)
{
	uint64_t sent = 0;
	uint64_t received = 0;
	time_t limit = seconds() + PATIENCE_S;
	int ret = 0;

	while (sent < STREAM || received < STREAM) {
		if (sent < STREAM) {
			ret = send_one(side, sent);
			sent += !ret;
		}
		if (ret && ret != -EAGAIN)
			return ret;
		if (received < STREAM) {
			ret = recv_one(side, received);
			received += !ret;
		}
		if (ret && ret != -EAGAIN)
			return ret;
		if (side_alone(side) || seconds() > limit)
			return -ETIMEDOUT;
		if (ret)
			sched_yield();
	}
	return side_meet(side);
}

/* B: sends back what it receives, as it is. */
static int bounce_one(struct side *side, uint64_t number)
{
	void *record;
	int ret = side->peer->try_recv(side->end, &record);

	if (ret)
		return ret;
	ret = check_read(record, number);
	if (ret)
		return ret;
	while ((ret = side->peer->try_send(side->end, record,
					   check_bytes(number))) == -EAGAIN)
		sched_yield();
	return ret;
}

static int there_and_back(struct side *side)
{
	uint64_t number;
	int ret = 0;

	for (number = 0; !ret && number < BOUNCES; number++) {
		if (side->role) {
			ret = until_done(side, bounce_one, number);
			continue;
		}
		ret = until_done(side, send_one, number);
		if (!ret)
			ret = until_done(side, recv_one, number);
	}
	return ret ? ret : side_meet(side);
}

static int sleep_sender(struct side *side, uint64_t number)
{
	void *record;
	int ret = side->peer->alloc(side->end, check_bytes(number), &record);

	if (ret)
		return ret;
	check_write(record, number);
	return side->peer->send(side->end, record, check_bytes(number));
}

static int sleep_receiver(struct side *side, uint64_t number)
{
	void *record;
	int ret = side->peer->recv(side->end, &record);

	if (ret)
		return ret;
	ret = check_read(record, number);
	side->peer->free(side->end, record);
	return ret;
}

/* Now and then either is late, so that the other does sleep. */
static int asleep(struct side *side, int sender)
{
	const struct timespec late = { .tv_nsec = 2000000 };
	uint64_t number;
	int ret = 0;

	for (number = 0; !ret && number < SLEEPS; number++) {
		if (number % 100 == (side->role == sender ? 50 : 99))
			nanosleep(&late, NULL);
		ret = side->role == sender ? sleep_sender(side, number)
					   : sleep_receiver(side, number);
	}
	return ret ? ret : side_meet(side);
}

int exchange(struct side *side)
{
	const struct peer *peer = side->peer;
	int sender;
	int ret = side_meet(side);

	for (sender = 0; !ret && sender < 2; sender++)
		ret = full_and_empty(side, sender);
	if (!ret)
		ret = both_ways(side);
	if (!ret && peer->flags & PEER_RESENDS)
		ret = there_and_back(side);
	for (sender = 0; !ret && peer->send && peer->recv && sender < 2;
	     sender++)
		ret = asleep(side, sender);
	return ret;
}
