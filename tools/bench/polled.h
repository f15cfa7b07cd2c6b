/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Sending and receiving by trying again, through any peer's table. All expands
 * in place: given direct_ipcbuf, which the compiler sees, the calls are direct.
 */
#ifndef BENCH_POLLED_H
#define BENCH_POLLED_H

#include "pattern.h"
#include "peer_ipcbuf.h"
#include "worker.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

static const struct peer direct_ipcbuf = {
	PEER_IPCBUF_OPERATIONS(ipcbuf_end_try_recv)
};

/* A worker has an end of ipcbuf's either by its link or by its channels. */
static inline struct ipcbuf_end polled_direct_end(const struct worker *worker)
{
	struct ipcbuf_end end = { worker->region, worker->out, worker->in };

	return end;
}

/* What a loop works with. */
struct port {
	const struct worker *worker;
	struct peer_end *end;
	size_t bytes;		/* of each record */
	bool touched;
};

static inline struct port polled_port(const struct worker *worker,
				      struct peer_end *end)
{
	struct port port = {
		.worker = worker,
		.end = end,
		.bytes = (size_t)worker->cell->record_bytes,
		.touched = worker->cell->family->flags & FAMILY_TOUCHED,
	};

	return port;
}

ALWAYS_INLINE int polled_send(const struct peer *peer, const struct port *port,
			      void *record)
{
	int ret;

	for (;;) {
		ret = peer->try_send(port->end, record, port->bytes);
		if (ret != -EAGAIN)
			return ret;
		worker_poll(port->worker);
	}
}

ALWAYS_INLINE int polled_recv(const struct peer *peer, const struct port *port,
			      void **ret_record)
{
	int ret;

	for (;;) {
		ret = peer->try_recv(port->end, ret_record);
		if (ret != -EAGAIN)
			return ret;
		worker_poll(port->worker);
	}
}

ALWAYS_INLINE void polled_write(const struct port *port, void *record,
				uint64_t number)
{
	if (port->touched)
		pattern_write(record, port->bytes, number);
}

ALWAYS_INLINE int polled_check(const struct port *port, const void *record,
			       uint64_t number)
{
	if (port->touched && pattern_differs(record, port->bytes, number))
		return -EBADMSG;
	return 0;
}

#endif
