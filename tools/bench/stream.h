/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Records over two streams of bytes, one each way, for pipes and sockets. All
 * records of a link have the same size, so nothing but their bytes goes through.
 * One record a way is in hand at a time, in a buffer that is used again.
 */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include "peer.h"

#include <stdbool.h>

struct stream {
	int out;
	int in;
	int listener;		/* a socket's, until it has settled; or -1 */
	bool blocking;
	size_t record_bytes;
	unsigned char *to_send;
	unsigned char *received;
	int role;
};

static inline struct stream *stream_of(struct peer_end *end)
{
	return (struct stream *)(void *)end;
}

/* With its buffers, touched, and no descriptors yet. */
int stream_new(const struct peer_setup *setup, struct stream **ret_stream);
void stream_close(struct peer_end *end);

/* The operations of struct peer. */
int stream_alloc(struct peer_end *end, size_t bytes, void **ret_record);
int stream_try_send(struct peer_end *end, void *record, size_t bytes);
int stream_try_recv(struct peer_end *end, void **ret_record);
void stream_free(struct peer_end *end, void *record);
int stream_send(struct peer_end *end, void *record, size_t bytes);
int stream_recv(struct peer_end *end, void **ret_record);

#endif
