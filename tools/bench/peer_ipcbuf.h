/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ipcbuf's own operations. The functions are here so that a loop that is given
 * direct_ipcbuf has the library's calls in it, as a program would, while one that
 * is given peer_ipcbuf goes through the same table as with any other peer.
 */
#ifndef BENCH_PEER_IPCBUF_H
#define BENCH_PEER_IPCBUF_H

#include "peer.h"
#include "worker.h"

/* Of the worker, which opened and will close them. */
struct ipcbuf_end {
	struct ipcbuf_region *region;
	struct ipcbuf_channel *out;
	struct ipcbuf_channel *in;
};

static inline struct ipcbuf_end *ipcbuf_end(struct peer_end *end)
{
	return (struct ipcbuf_end *)(void *)end;
}

static inline int ipcbuf_end_alloc(struct peer_end *end, size_t bytes,
				   void **ret_record)
{
	return ipcbuf_alloc(ipcbuf_end(end)->region, bytes, ret_record);
}

static inline int ipcbuf_end_try_send(struct peer_end *end, void *record,
				      size_t bytes)
{
	(void)bytes;
	return ipcbuf_channel_try_send(ipcbuf_end(end)->out, record);
}

static inline int ipcbuf_end_try_recv(struct peer_end *end, void **ret_record)
{
	return ipcbuf_channel_try_recv(ipcbuf_end(end)->in, ret_record);
}

/* Comes back with a record only. */
static inline int ipcbuf_end_recv(struct peer_end *end, void **ret_record)
{
	return ipcbuf_channel_recv(ipcbuf_end(end)->in, ret_record);
}

static inline void ipcbuf_end_free(struct peer_end *end, void *record)
{
	(void)end;
	ipcbuf_free(record);
}

/* @receive: how a loop that polls gets its records. */
#define PEER_IPCBUF_OPERATIONS(receive) \
	.abi = PEER_ABI, \
	.flags = PEER_RESENDS, \
	.alloc = ipcbuf_end_alloc, \
	.try_send = ipcbuf_end_try_send, \
	.try_recv = (receive), \
	.free = ipcbuf_end_free

/* In place of peer_ipcbuf.open(): what the worker has open is its end. */
int peer_ipcbuf_take(const struct worker *worker, struct peer_end **ret_end);

#endif
