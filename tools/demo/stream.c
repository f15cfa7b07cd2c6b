// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Records over pipes and over Unix stream sockets, as well as one can do it
 * without tricks: one write(2) a batch, straight from where the files were read
 * to, kernel buffers as large as the system allows, up to a record; and a reader
 * that takes many small records with one read(2), while the bulk of a large one
 * goes to its place at once.
 *
 * On the way a record is padded to 64 bytes, so that each begins aligned in the
 * reader's buffer.
 */
#define _GNU_SOURCE
#include "interrupt.h"
#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALIGN_BYTES sizeof(struct record)

/* What a read asks for at least, so that small records come in numbers. */
#define READ_BYTES ((size_t)64 << 10)
#define BUFFER_BYTES (2 * (size_t)RECORD_MAX_BYTES)

enum stream_side {
	CONSUMER_SIDE = 0,
	PRODUCER_SIDE = 1,
};

/*
 * buffer: the producer's batch, from 0 to end, or what the consumer has read
 * ahead.
 */
struct stream {
	int fds[2];		/* by enum stream_side; -1 where not open */
	unsigned char *buffer;
	size_t begin;		/* of what was read and not yet looked at */
	size_t end;
	size_t taken;		/* by the record that the consumer looks at */
};

struct streams {
	struct transport base;
	struct stream streams[STREAMS];
	uint64_t buffer_bytes;
};

static struct streams *streams_of(struct transport *transport)
{
	return (struct streams *)transport;
}

static size_t padded(size_t bytes)
{
	return (bytes + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1);
}

static void stream_close_side(struct stream *stream, enum stream_side side)
{
	if (stream->fds[side] >= 0)
		close(stream->fds[side]);
	stream->fds[side] = -1;
}

static void streams_close(struct transport *transport)
{
	struct streams *streams = streams_of(transport);
	unsigned int i;

	for (i = 0; i < STREAMS; i++) {
		stream_close_side(&streams->streams[i], CONSUMER_SIDE);
		stream_close_side(&streams->streams[i], PRODUCER_SIDE);
		free(streams->streams[i].buffer);
	}
	free(streams);
}

static int streams_create(const struct transport_ops *ops,
			  int (*open_pair)(struct streams *streams, int *fds),
			  struct transport **ret_transport)
{
	struct streams *streams = calloc(1, sizeof(*streams));
	unsigned int i;
	int ret = 0;

	if (!streams)
		return -ENOMEM;
	streams->base.ops = ops;
	for (i = 0; i < STREAMS; i++) {
		streams->streams[i].fds[0] = -1;
		streams->streams[i].fds[1] = -1;
	}
	for (i = 0; !ret && i < STREAMS; i++)
		ret = open_pair(streams, streams->streams[i].fds);
	if (ret) {
		streams_close(&streams->base);
		return ret;
	}
	*ret_transport = &streams->base;
	return 0;
}

/* The size may be refused: then it stays what it was. */
static int pipe_open(struct streams *streams, int *fds)
{
	int bytes;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fcntl(fds[PRODUCER_SIDE], F_SETPIPE_SZ, (int)RECORD_MAX_BYTES);
	bytes = fcntl(fds[PRODUCER_SIDE], F_GETPIPE_SZ);
	streams->buffer_bytes = bytes > 0 ? (uint64_t)bytes : 0;
	return 0;
}

/* The size that is granted includes what the kernel needs for itself. */
static int socket_open(struct streams *streams, int *fds)
{
	int bytes = (int)RECORD_MAX_BYTES;
	socklen_t size = sizeof(bytes);

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	setsockopt(fds[PRODUCER_SIDE], SOL_SOCKET, SO_SNDBUF, &bytes, size);
	if (!getsockopt(fds[PRODUCER_SIDE], SOL_SOCKET, SO_SNDBUF, &bytes,
			&size))
		streams->buffer_bytes = (uint64_t)bytes;
	return 0;
}

static int pipe_create(const struct demo_options *options,
		       struct transport **ret_transport)
{
	(void)options;
	return streams_create(&transport_pipe, pipe_open, ret_transport);
}

static int socket_create(const struct demo_options *options,
			 struct transport **ret_transport)
{
	(void)options;
	return streams_create(&transport_socket, socket_open, ret_transport);
}

/* Without the other side's ends, so that its death is an end of file here. */
static int streams_join(struct transport *transport, enum stream_side other)
{
	struct streams *streams = streams_of(transport);
	struct stream *stream;
	unsigned int i;

	for (i = 0; i < STREAMS; i++) {
		stream = &streams->streams[i];
		stream_close_side(stream, other);
		stream->buffer = aligned_alloc(4096, BUFFER_BYTES);
		if (!stream->buffer)
			return -ENOMEM;
	}
	return 0;
}

static int streams_join_producer(struct transport *transport)
{
	return streams_join(transport, CONSUMER_SIDE);
}

static int streams_join_consumer(struct transport *transport)
{
	return streams_join(transport, PRODUCER_SIDE);
}

static int streams_get(struct transport *transport, unsigned int stream,
		       size_t data_bytes, struct record **ret_record)
{
	struct stream *at = &streams_of(transport)->streams[stream];

	if (at->end + padded(sizeof(struct record) + data_bytes) > BUFFER_BYTES)
		return -EMSGSIZE;
	*ret_record = (void *)(at->buffer + at->end);
	return 0;
}

/* A record that isn't sent stays where the next one will be. */
static void streams_put(struct transport *transport, struct record *record)
{
	(void)transport;
	(void)record;
}

static void streams_send(struct transport *transport, unsigned int stream,
			 struct record *record)
{
	size_t filled = sizeof(*record) + record->bytes;
	size_t bytes = padded(filled);

	memset((unsigned char *)record + filled, 0, bytes - filled);
	streams_of(transport)->streams[stream].end += bytes;
}

static int streams_flush(struct transport *transport, unsigned int stream)
{
	struct stream *at = &streams_of(transport)->streams[stream];
	size_t written = 0;
	ssize_t done;

	while (written < at->end) {
		done = write(at->fds[PRODUCER_SIDE], at->buffer + written,
			     at->end - written);
		if (done < 0 && errno != EINTR)
			return -errno;
		if (interrupt_signal())
			return -EINTR;
		if (done > 0)
			written += (size_t)done;
	}
	at->end = 0;
	return 0;
}

/* Room for @need bytes behind begin, by moving what is there to the front. */
static void stream_make_room(struct stream *stream, size_t need)
{
	size_t have = stream->end - stream->begin;

	if (stream->begin && stream->begin + need > BUFFER_BYTES) {
		memmove(stream->buffer, stream->buffer + stream->begin, have);
		stream->begin = 0;
		stream->end = have;
	}
}

/* Reads until @need bytes are there. */
static int stream_fill(struct stream *stream, size_t need)
{
	size_t want;
	ssize_t done;

	while (stream->end - stream->begin < need) {
		want = need - (stream->end - stream->begin);
		if (want < READ_BYTES)
			want = READ_BYTES;
		stream_make_room(stream, need + READ_BYTES);
		done = read(stream->fds[CONSUMER_SIDE],
			    stream->buffer + stream->end, want);
		if (done == 0)
			return -EPIPE;
		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0)
			stream->end += (size_t)done;
	}
	return 0;
}

static void stream_release(struct stream *stream)
{
	stream->begin += stream->taken;
	stream->taken = 0;
	if (stream->begin == stream->end)
		stream->begin = stream->end = 0;
}

static int streams_recv(struct transport *transport, unsigned int stream,
			struct record **ret_record, size_t *ret_room_bytes)
{
	struct stream *at = &streams_of(transport)->streams[stream];
	struct record *record;
	int ret;

	stream_release(at);
	ret = stream_fill(at, sizeof(*record));
	if (ret)
		return ret;
	record = (void *)(at->buffer + at->begin);
	if (record->bytes > RECORD_DATA_MAX_BYTES)
		return -EPROTO;
	at->taken = padded(sizeof(*record) + record->bytes);
	ret = stream_fill(at, at->taken);
	if (ret)
		return ret;
	*ret_record = (void *)(at->buffer + at->begin);
	*ret_room_bytes = RECORD_DATA_MAX_BYTES;
	return 0;
}

static int streams_inspect(struct transport *transport, struct facts *ret_facts)
{
	ret_facts->buffer_bytes = streams_of(transport)->buffer_bytes;
	return 0;
}

const struct transport_ops transport_pipe = {
	.name = "pipe",
	.create = pipe_create,
	.join_producer = streams_join_producer,
	.join_consumer = streams_join_consumer,
	.get = streams_get,
	.put = streams_put,
	.send = streams_send,
	.flush = streams_flush,
	.recv = streams_recv,
	.inspect = streams_inspect,
	.close = streams_close,
};

const struct transport_ops transport_socket = {
	.name = "socket",
	.create = socket_create,
	.join_producer = streams_join_producer,
	.join_consumer = streams_join_consumer,
	.get = streams_get,
	.put = streams_put,
	.send = streams_send,
	.flush = streams_flush,
	.recv = streams_recv,
	.inspect = streams_inspect,
	.close = streams_close,
};
