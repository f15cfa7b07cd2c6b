// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Round trips of a record between two that never sleep. A peer that can sends
 * back what came; another allocates anew each way.
 */
#include "families.h"
#include "polled.h"
#include "sampled.h"

/* A's or B's turn to send: the record that it has, or a new one. */
ALWAYS_INLINE int send_one(const struct peer *peer, const struct port *port,
			   void **record, uint64_t number)
{
	int ret = 0;

	if (!*record)
		ret = peer->alloc(port->end, port->bytes, record);
	if (ret)
		return ret;
	polled_write(port, *record, number);
	return polled_send(peer, port, *record);
}

ALWAYS_INLINE int recv_one(const struct peer *peer, const struct port *port,
			   void **record, uint64_t number)
{
	int ret = polled_recv(peer, port, record);

	if (!ret)
		ret = polled_check(port, *record, number);
	if (ret || peer->flags & PEER_RESENDS)
		return ret;
	peer->free(port->end, *record);
	*record = NULL;
	return 0;
}

/* Where nothing is copied, the very record that went has to come back. */
ALWAYS_INLINE int serve(const struct peer *peer, const struct port *port,
			uint64_t count)
{
	bool same = (peer->flags & (PEER_RESENDS | PEER_COPIES)) == PEER_RESENDS;
	struct sampler sampler = sampler_begin(port->worker);
	void *record = NULL, *sent;
	uint64_t i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++) {
		ret = send_one(peer, port, &record, 2 * i);
		sent = record;
		if (!ret)
			ret = recv_one(peer, port, &record, 2 * i + 1);
		if (!ret && same && record != sent)
			ret = -EBADMSG;
		sampler_note(&sampler);
	}
	if (record)
		peer->free(port->end, record);
	return ret;
}

ALWAYS_INLINE int answer(const struct peer *peer, const struct port *port,
			 uint64_t count)
{
	void *record = NULL;
	uint64_t i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++) {
		ret = recv_one(peer, port, &record, 2 * i);
		if (!ret)
			ret = send_one(peer, port, &record, 2 * i + 1);
	}
	return ret;
}

ALWAYS_INLINE int part(const struct peer *peer, struct worker *worker,
		       struct peer_end *end, uint64_t count)
{
	struct port port = polled_port(worker, end);

	return worker->role == ROLE_A ? serve(peer, &port, count)
				      : answer(peer, &port, count);
}

static int part_by_table(struct worker *worker, uint64_t count)
{
	return part(worker->peer, worker, worker->end, count);
}

ALWAYS_INLINE int part_of_ipcbuf(const struct peer *way, struct worker *worker,
				 uint64_t count)
{
	struct ipcbuf_end end = polled_direct_end(worker);

	return part(way, worker, (struct peer_end *)(void *)&end, count);
}

static int part_direct(struct worker *worker, uint64_t count)
{
	return part_of_ipcbuf(&direct_ipcbuf, worker, count);
}

static const struct peer waiting_ipcbuf = {
	PEER_IPCBUF_OPERATIONS(ipcbuf_end_recv)
};

static int part_waiting(struct worker *worker, uint64_t count)
{
	return part_of_ipcbuf(&waiting_ipcbuf, worker, count);
}

int run_rtt(struct worker *worker)
{
	return sampled_measure(worker, part_by_table);
}

int run_rtt_direct(struct worker *worker)
{
	return sampled_measure(worker, part_direct);
}

int run_rtt_waiting(struct worker *worker)
{
	return sampled_measure(worker, part_waiting);
}
