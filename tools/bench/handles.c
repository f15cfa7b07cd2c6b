// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Handing over records that exist already. They go round: what A sends comes
 * back through the other direction, as many at once as are there, so that
 * nothing is allocated, and each record of a round has been handed over
 * twice. A peer that can't send on what it received allocates and frees.
 */
#include "families.h"
#include "polled.h"
#include "timing.h"

#include <stdlib.h>

#define BATCH 32u

/* The records that a role has in hand; the pool of all is A's at first. */
struct hand {
	void **records;
	uint64_t count;
	uint64_t room;
};

static struct hand hands[ROLES];

static int take_back(const struct peer *peer, const struct port *port,
		     struct hand *hand)
{
	int ret;

	do {
		ret = peer->try_recv(port->end, &hand->records[hand->count]);
		if (!ret)
			hand->count++;
	} while (!ret && hand->count < hand->room);
	return ret == -EAGAIN ? 0 : ret;
}

/* What room there is for; the rest stays in hand. */
static int give_some(const struct peer *peer, const struct port *port,
		     struct hand *hand, uint64_t *left)
{
	int ret = 0;

	while (!ret && hand->count && *left) {
		ret = peer->try_send(port->end, hand->records[hand->count - 1],
				     port->bytes);
		if (ret)
			break;
		hand->count--;
		--*left;
	}
	return ret == -EAGAIN ? 0 : ret;
}

/* A ends with all records back in hand. */
static int send_round(const struct peer *peer, const struct port *port,
		      struct hand *hand, uint64_t count)
{
	int ret = 0;

	while (!ret && (count || hand->count < hand->room)) {
		ret = give_some(peer, port, hand, &count);
		if (!ret && hand->count < hand->room)
			ret = take_back(peer, port, hand);
		worker_poll(port->worker);
	}
	return ret;
}

static int return_round(const struct peer *peer, const struct port *port,
			struct hand *hand, uint64_t count)
{
	uint64_t left = count;
	int ret = 0;

	while (!ret && left) {
		if (hand->count < hand->room)
			ret = take_back(peer, port, hand);
		if (!ret)
			ret = give_some(peer, port, hand, &left);
		worker_poll(port->worker);
	}
	return ret;
}

static int part_round(struct worker *worker, uint64_t count)
{
	struct port port = polled_port(worker, worker->end);
	struct hand *hand = &hands[worker->role];

	return worker->role == ROLE_A
		? send_round(worker->peer, &port, hand, count / 2)
		: return_round(worker->peer, &port, hand, count / 2);
}

static int make_hand(const struct peer *peer, const struct port *port,
		     struct hand *hand)
{
	int ret = 0;

	hand->count = 0;
	hand->room = 2 * port->worker->cell->depth;
	hand->records = calloc(hand->room, sizeof(*hand->records));
	if (!hand->records)
		return -ENOMEM;
	if (port->worker->role == ROLE_B)
		return 0;
	while (!ret && hand->count < hand->room) {
		ret = peer->alloc(port->end, port->bytes,
				  &hand->records[hand->count]);
		if (!ret)
			hand->count++;
	}
	return ret;
}

static void drop_hand(const struct peer *peer, const struct port *port,
		      struct hand *hand)
{
	while (hand->count)
		peer->free(port->end, hand->records[--hand->count]);
	free(hand->records);
}

int run_handles(struct worker *worker)
{
	struct port port = polled_port(worker, worker->end);
	struct hand *hand = &hands[worker->role];
	int ret;

	if (!(worker->peer->flags & PEER_RESENDS))
		return run_life(worker);
	ret = make_hand(worker->peer, &port, hand);
	if (!ret)
		ret = timing_measure(worker, part_round, 2, NULL);
	drop_hand(worker->peer, &port, hand);
	return ret;
}

/* The same of ipcbuf's, with a call for every BATCH of them. */
static int send_batch(struct worker *worker, struct hand *hand, uint64_t *left)
{
	size_t count = hand->count < BATCH ? (size_t)hand->count : BATCH;
	size_t sent;
	int ret;

	count = *left < count ? (size_t)*left : count;
	if (!count)
		return 0;
	ret = ipcbuf_channel_send_batch(worker->out,
					hand->records + hand->count - count,
					count, IPCBUF_NOWAIT, &sent);
	if (ret)
		return ret == -EAGAIN ? 0 : ret;
	/* Those at the end of it that didn't go are moved up. */
	memmove(hand->records + hand->count - count,
		hand->records + hand->count - count + sent,
		(count - sent) * sizeof(*hand->records));
	hand->count -= sent;
	*left -= sent;
	return 0;
}

static int recv_batch(struct worker *worker, struct hand *hand)
{
	uint64_t room = hand->room - hand->count;
	size_t got;
	int ret;

	if (!room)
		return 0;
	ret = ipcbuf_channel_recv_batch(worker->in,
					hand->records + hand->count,
					room < BATCH ? (size_t)room : BATCH,
					IPCBUF_NOWAIT, &got);
	if (ret)
		return ret == -EAGAIN ? 0 : ret;
	hand->count += got;
	return 0;
}

/* B is through when it has sent so many, A when it has them all back, too. */
static int part_batches(struct worker *worker, uint64_t count)
{
	struct hand *hand = &hands[worker->role];
	uint64_t left = count / 2;
	uint64_t wanted = worker->role == ROLE_A ? hand->room : 0;
	int ret = 0;

	while (!ret && (left || hand->count < wanted)) {
		ret = send_batch(worker, hand, &left);
		if (!ret)
			ret = recv_batch(worker, hand);
		worker_poll(worker);
	}
	return ret;
}

int run_handles_in_batches(struct worker *worker)
{
	struct ipcbuf_end end = polled_direct_end(worker);
	struct port port = polled_port(worker, (struct peer_end *)(void *)&end);
	struct hand *hand = &hands[worker->role];
	int ret = make_hand(&direct_ipcbuf, &port, hand);

	if (!ret)
		ret = timing_measure(worker, part_batches,
				     UINT64_C(2) * BATCH, NULL);
	drop_hand(&direct_ipcbuf, &port, hand);
	return ret;
}
