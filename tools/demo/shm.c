// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Records over ipcbuf: read(2) puts a file's bytes where the consumer will see
 * them, and nothing copies them after that.
 *
 * A region may be smaller than what the channels can hold. When it is full, the
 * producer sends a token down each stream, a record that it put aside at the
 * start, and sleeps until both have come back: then the consumers have freed
 * all that was sent before, and the memory is there or never will be.
 */
#include "interrupt.h"
#include "shm.h"

#include <errno.h>

/* How soon a blocked producer finds out that it was interrupted. */
#define TICK_NS UINT64_C(100000000)

static void shm_put(struct transport *transport, struct record *record)
{
	(void)transport;
	ipcbuf_free(record);
}

static int shm_push(struct ipcbuf_channel *channel, void *const *records,
		    size_t count)
{
	size_t at = 0;
	size_t sent;
	int ret;

	while (at < count) {
		ret = ipcbuf_channel_send_batch(channel, records + at,
						count - at,
						ipcbuf_deadline_ns(TICK_NS),
						&sent);
		if (!ret)
			at += sent;
		else if (ret != -ETIMEDOUT)
			return ret;
		else if (interrupt_signal())
			return -EINTR;
	}
	return 0;
}

static int shm_pull(struct ipcbuf_channel *channel, void **ret_record)
{
	int ret;

	do {
		if (interrupt_signal())
			return -EINTR;
		ret = ipcbuf_channel_recv_until(channel, ret_record,
						ipcbuf_deadline_ns(TICK_NS));
	} while (ret == -ETIMEDOUT);
	return ret;
}

/* What it couldn't send is freed when the region is closed. */
static int shm_flush(struct transport *transport, unsigned int stream)
{
	struct shm_stream *at = &shm_of(transport)->streams[stream];
	size_t count = at->end;

	at->end = 0;
	return shm_push(at->records, at->batch, count);
}

/* Returns when the consumers have freed everything that was sent. */
static int shm_drain(struct shm *shm)
{
	struct shm_stream *streams = shm->streams;
	unsigned int i;
	int ret = 0;

	shm->stalls++;
	for (i = 0; !ret && i < STREAMS; i++) {
		ret = shm_flush(&shm->base, i);
		if (!ret)
			ret = shm_push(streams[i].records, &streams[i].token,
				       1);
	}
	for (i = 0; !ret && i < STREAMS; i++)
		ret = shm_pull(streams[i].tokens, &streams[i].token);
	return ret;
}

static int shm_get(struct transport *transport, unsigned int stream,
		   size_t data_bytes, struct record **ret_record)
{
	struct shm *shm = shm_of(transport);
	size_t bytes = sizeof(struct record) + data_bytes;
	void *record;
	int ret;

	(void)stream;
	ret = ipcbuf_alloc(shm->region, bytes, &record);
	if (ret == -ENOMEM) {
		ret = shm_drain(shm);
		if (!ret)
			ret = ipcbuf_alloc(shm->region, bytes, &record);
	}
	if (!ret)
		*ret_record = record;
	return ret;
}

static void shm_send(struct transport *transport, unsigned int stream,
		     struct record *record)
{
	struct shm_stream *at = &shm_of(transport)->streams[stream];

	at->batch[at->end++] = record;
}

/* The next record, of those at hand or of new ones. */
static int shm_next(struct shm_stream *stream, struct record **ret_record)
{
	size_t count;
	int ret;

	if (stream->begin == stream->end) {
		ret = ipcbuf_channel_recv_batch(stream->records, stream->batch,
						BATCH_RECORDS, IPCBUF_FOREVER,
						&count);
		if (ret)
			return ret;
		stream->begin = 0;
		stream->end = count;
	}
	*ret_record = stream->batch[stream->begin++];
	return 0;
}

static int shm_recv(struct transport *transport, unsigned int stream,
		    struct record **ret_record, size_t *ret_room_bytes)
{
	struct shm_stream *at = &shm_of(transport)->streams[stream];
	struct record *record;
	size_t usable;
	int ret;

	for (;;) {
		ret = shm_next(at, &record);
		if (ret)
			return ret;
		if (!(record->flags & RECORD_SYNC))
			break;
		ret = ipcbuf_channel_send(at->tokens, record);
		if (ret)
			return ret;
	}
	ret = ipcbuf_usable_size(record, &usable);
	if (ret)
		return ret;
	*ret_record = record;
	*ret_room_bytes = usable - sizeof(*record);
	return 0;
}

const struct transport_ops transport_shm = {
	.name = "ipcbuf",
	.create = shm_create,
	.join_producer = shm_join_producer,
	.join_consumer = shm_join_consumer,
	.get = shm_get,
	.put = shm_put,
	.send = shm_send,
	.flush = shm_flush,
	.recv = shm_recv,
	.inspect = shm_inspect,
	.close = shm_close,
};
