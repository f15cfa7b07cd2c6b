// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A record that has begun to go, or to come, is seen through: where the stream
 * is full or empty in the middle of it, poll(2) waits. See stream.h.
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int stream_new(const struct peer_setup *setup, struct stream **ret_stream)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	size_t bytes = (size_t)setup->record_bytes;

	if (!stream)
		return -ENOMEM;
	stream->out = -1;
	stream->in = -1;
	stream->listener = -1;
	stream->record_bytes = bytes;
	stream->role = setup->role;
	stream->to_send = aligned_alloc(64, (bytes + 63) / 64 * 64);
	stream->received = aligned_alloc(64, (bytes + 63) / 64 * 64);
	*ret_stream = stream;
	if (!stream->to_send || !stream->received)
		return -ENOMEM;
	memset(stream->to_send, 0, bytes);
	memset(stream->received, 0, bytes);
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void stream_close(struct peer_end *end)
{
	struct stream *stream = stream_of(end);

	if (stream->in != stream->out)
		close_fd(stream->in);
	close_fd(stream->out);
	close_fd(stream->listener);
	free(stream->to_send);
	free(stream->received);
	free(stream);
}

static int set_blocking(struct stream *stream, bool blocking)
{
	int flags = blocking ? 0 : O_NONBLOCK;

	if (stream->blocking == blocking)
		return 0;
	if (fcntl(stream->out, F_SETFL, flags) ||
	    fcntl(stream->in, F_SETFL, flags))
		return -errno;
	stream->blocking = blocking;
	return 0;
}

static int await(int fd, short events)
{
	struct pollfd wait = { .fd = fd, .events = events };

	return poll(&wait, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

/* 0, or -EAGAIN where nothing of it has gone. */
static int put(int fd, const unsigned char *bytes, size_t count)
{
	size_t at = 0;
	ssize_t done;
	int ret;

	while (at < count) {
		done = write(fd, bytes + at, count - at);
		if (done > 0)
			at += (size_t)done;
		else if (done < 0 && errno == EAGAIN && !at)
			return -EAGAIN;
		else if (done < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		else if ((ret = await(fd, POLLOUT)))
			return ret;
	}
	return 0;
}

static int get(int fd, unsigned char *bytes, size_t count)
{
	size_t at = 0;
	ssize_t done;
	int ret;

	while (at < count) {
		done = read(fd, bytes + at, count - at);
		if (done > 0)
			at += (size_t)done;
		else if (!done)
			return -EPIPE;
		else if (errno == EAGAIN && !at)
			return -EAGAIN;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
		else if ((ret = await(fd, POLLIN)))
			return ret;
	}
	return 0;
}

int stream_alloc(struct peer_end *end, size_t bytes, void **ret_record)
{
	struct stream *stream = stream_of(end);

	if (bytes != stream->record_bytes)
		return -EMSGSIZE;
	*ret_record = stream->to_send;
	return 0;
}

void stream_free(struct peer_end *end, void *record)
{
	(void)end;
	(void)record;
}

int stream_try_send(struct peer_end *end, void *record, size_t bytes)
{
	struct stream *stream = stream_of(end);
	int ret = set_blocking(stream, false);

	return ret ? ret : put(stream->out, record, bytes);
}

int stream_try_recv(struct peer_end *end, void **ret_record)
{
	struct stream *stream = stream_of(end);
	int ret = set_blocking(stream, false);

	*ret_record = stream->received;
	return ret ? ret : get(stream->in, stream->received,
			       stream->record_bytes);
}

int stream_send(struct peer_end *end, void *record, size_t bytes)
{
	struct stream *stream = stream_of(end);
	int ret = set_blocking(stream, true);

	return ret ? ret : put(stream->out, record, bytes);
}

int stream_recv(struct peer_end *end, void **ret_record)
{
	struct stream *stream = stream_of(end);
	int ret = set_blocking(stream, true);

	*ret_record = stream->received;
	return ret ? ret : get(stream->in, stream->received,
			       stream->record_bytes);
}
