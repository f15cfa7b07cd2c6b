// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * All that happens to a record: A allocates it, writes it and sends it, B
 * receives it, reads it and frees it, one after the other and by trying
 * again.
 */
#include "cxx_end.h"
#include "families.h"
#include "polled.h"
#include "timing.h"

#define BATCH 32u

/* Release; pairs with the acquire in await_full(). */
static void tell_full(const struct worker *worker)
{
	atomic_store_explicit(&worker->shared->full.word, 1,
			      memory_order_release);
}

static void await_full(const struct worker *worker)
{
	while (!atomic_load_explicit(&worker->shared->full.word,
				     memory_order_acquire))
		worker_poll(worker);
}

/* @telling: B hears of it where a record has to wait. */
ALWAYS_INLINE int produce(const struct peer *peer, const struct port *port,
			  uint64_t count, bool telling)
{
	void *record;
	uint64_t i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++) {
		ret = peer->alloc(port->end, port->bytes, &record);
		if (ret)
			break;
		polled_write(port, record, i);
		ret = peer->try_send(port->end, record, port->bytes);
		if (ret != -EAGAIN)
			continue;
		if (telling)
			tell_full(port->worker);
		ret = polled_send(peer, port, record);
	}
	return ret;
}

ALWAYS_INLINE int consume(const struct peer *peer, const struct port *port,
			  uint64_t count)
{
	void *record;
	uint64_t i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++) {
		ret = polled_recv(peer, port, &record);
		if (ret)
			break;
		ret = polled_check(port, record, i);
		peer->free(port->end, record);
	}
	return ret;
}

static int part_by_table(struct worker *worker, uint64_t count)
{
	struct port port = polled_port(worker, worker->end);

	return worker->role == ROLE_A
		? produce(worker->peer, &port, count, false)
		: consume(worker->peer, &port, count);
}

static int part_direct(struct worker *worker, uint64_t count)
{
	struct ipcbuf_end end = polled_direct_end(worker);
	struct port port = polled_port(worker, (struct peer_end *)(void *)&end);

	return worker->role == ROLE_A
		? produce(&direct_ipcbuf, &port, count, false)
		: consume(&direct_ipcbuf, &port, count);
}

/*
 * B leaves the channel alone until it is full. Records that aren't there at the
 * same time use the same memory: a channel that fills up later would come to memory
 * that nobody has used before, which the system has to clear.
 */
ALWAYS_INLINE int fill_and_empty(const struct peer *peer,
				 const struct port *port)
{
	uint64_t count = port->worker->cell->depth;
	int ret;

	/* Its memory isn't ours, and half a record may wait in the middle. */
	if (peer->flags & PEER_COPIES)
		return 0;
	if (port->worker->role == ROLE_A) {
		ret = produce(peer, port, count, true);
		tell_full(port->worker);
		return ret;
	}
	await_full(port->worker);
	return consume(peer, port, count);
}

int run_life(struct worker *worker)
{
	struct port port = polled_port(worker, worker->end);
	int ret = fill_and_empty(worker->peer, &port);

	return ret ? ret : timing_measure(worker, part_by_table, 1, NULL);
}

int run_life_direct(struct worker *worker)
{
	struct ipcbuf_end end = polled_direct_end(worker);
	struct port port = polled_port(worker, (struct peer_end *)(void *)&end);
	int ret = fill_and_empty(&direct_ipcbuf, &port);

	return ret ? ret : timing_measure(worker, part_direct, 1, NULL);
}

static int send_all(struct worker *worker, void *const *records, size_t count)
{
	size_t sent, at = 0;
	int ret;

	while (at < count) {
		ret = ipcbuf_channel_send_batch(worker->out, records + at,
						count - at, IPCBUF_NOWAIT,
						&sent);
		if (ret == -EAGAIN)
			worker_poll(worker);
		else if (ret)
			return ret;
		else
			at += sent;
	}
	return 0;
}

static int produce_batches(struct worker *worker, const struct port *port,
			   uint64_t count)
{
	void *records[BATCH];
	uint64_t number = 0;
	unsigned int i;
	int ret = 0;

	while (!ret && number < count) {
		for (i = 0; !ret && i < BATCH; i++) {
			ret = ipcbuf_alloc(worker->region, port->bytes,
					   &records[i]);
			if (!ret)
				polled_write(port, records[i], number++);
		}
		if (!ret)
			ret = send_all(worker, records, BATCH);
	}
	return ret;
}

static int consume_batches(struct worker *worker, const struct port *port,
			   uint64_t count)
{
	void *records[BATCH];
	uint64_t number = 0;
	size_t got, i;
	int ret = 0;

	while (!ret && number < count) {
		ret = ipcbuf_channel_recv_batch(worker->in, records, BATCH,
						IPCBUF_NOWAIT, &got);
		for (i = 0; !ret && i < got; i++) {
			ret = polled_check(port, records[i], number++);
			ipcbuf_free(records[i]);
		}
		if (ret == -EAGAIN) {
			worker_poll(worker);
			ret = 0;
		}
	}
	return ret;
}

static int part_batches(struct worker *worker, uint64_t count)
{
	struct port port = polled_port(worker, NULL);

	return worker->role == ROLE_A ? produce_batches(worker, &port, count)
				      : consume_batches(worker, &port, count);
}

int run_life_in_batches(struct worker *worker)
{
	return timing_measure(worker, part_batches, BATCH, NULL);
}

static int part_by_cxx(struct worker *worker, uint64_t count)
{
	return worker->role == ROLE_A ? cxx_end_produce(worker->cxx, count)
				      : cxx_end_consume(worker->cxx, count);
}

/* The buffer is the region of the cell where that has a name, or a new one. */
int run_life_by_cxx(struct worker *worker)
{
	bool producer = worker->role == ROLE_A;
	int ret = cxx_end_open(worker->region_name, producer, &worker->cxx);

	if (ret)
		return ret;
	ret = worker_meet(worker);
	if (!ret)
		ret = timing_measure(worker, part_by_cxx, 1, NULL);
	cxx_end_close(worker->cxx, worker->region_name, producer);
	return ret;
}
