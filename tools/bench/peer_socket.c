// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* A Unix stream socket, with the system's buffers; its name is abstract. */
#include "peers.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static socklen_t name_address(struct sockaddr_un *address, const char *name)
{
	int length;

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	length = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1,
			  "%.64s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)length);
}

/* A listens and takes the connection when it settles. */
static int open_socket(struct stream *stream, const char *name)
{
	struct sockaddr_un address;
	socklen_t bytes = name_address(&address, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (!stream->role) {
		stream->listener = fd;
		return bind(fd, (struct sockaddr *)&address, bytes) ||
		       listen(fd, 1) ? -errno : 0;
	}
	stream->in = fd;
	stream->out = fd;
	if (connect(fd, (struct sockaddr *)&address, bytes))
		return -errno;
	return fcntl(fd, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

static int open_end(const struct peer_setup *setup, struct peer_end **ret_end)
{
	struct stream *stream;
	int ret = stream_new(setup, &stream);

	if (ret)
		return ret;
	*ret_end = (struct peer_end *)(void *)stream;
	return open_socket(stream, setup->name);
}

static int settle(struct peer_end *end)
{
	struct stream *stream = stream_of(end);

	if (stream->role)
		return 0;
	stream->in = accept4(stream->listener, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
	stream->out = stream->in;
	return stream->in < 0 ? -errno : 0;
}

const struct peer peer_socket = {
	.abi = PEER_ABI,
	.flags = PEER_COPIES,
	.name = "socket",
	.what = "Unix stream socket, buffers as they come",
	.open = open_end,
	.settle = settle,
	.close = stream_close,
	.alloc = stream_alloc,
	.try_send = stream_try_send,
	.try_recv = stream_try_recv,
	.free = stream_free,
	.send = stream_send,
	.recv = stream_recv,
};
