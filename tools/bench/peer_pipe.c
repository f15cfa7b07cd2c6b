// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* A pipe each way, as large as may be; A makes both, and B finds them in /proc. */
#include "peers.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20)

/* In the memory that both share: A's, and what B has of it. */
struct places {
	long pid;
	int b_in;
	int b_out;
};

static uint64_t shared_bytes(const struct peer_setup *setup)
{
	(void)setup;
	return sizeof(struct places);
}

static int make_pipe(int *ret_in, int *ret_out)
{
	int ends[2];

	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC))
		return -errno;
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	*ret_in = ends[0];
	*ret_out = ends[1];
	return 0;
}

/* A keeps B's ends, too, until it ends. */
static int make_both(struct stream *stream, struct places *places)
{
	int ret = make_pipe(&places->b_in, &stream->out);

	places->pid = (long)getpid();
	return ret ? ret : make_pipe(&stream->in, &places->b_out);
}

static int find(long pid, int fd, int mode, int *ret_fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", pid, fd);
	*ret_fd = open(path, mode | O_NONBLOCK | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

static int find_both(struct stream *stream, const struct places *places)
{
	int ret = find(places->pid, places->b_in, O_RDONLY, &stream->in);

	return ret ? ret : find(places->pid, places->b_out, O_WRONLY,
				&stream->out);
}

static int open_end(const struct peer_setup *setup, struct peer_end **ret_end)
{
	struct stream *stream;
	int ret = stream_new(setup, &stream);

	if (ret)
		return ret;
	*ret_end = (struct peer_end *)(void *)stream;
	return setup->role ? find_both(stream, setup->shared)
			   : make_both(stream, setup->shared);
}

const struct peer peer_pipe = {
	.abi = PEER_ABI,
	.flags = PEER_COPIES,
	.name = "pipe",
	.what = "pipe of 1 MiB each way, whatever the depth",
	.shared_bytes = shared_bytes,
	.open = open_end,
	.close = stream_close,
	.alloc = stream_alloc,
	.try_send = stream_try_send,
	.try_recv = stream_try_recv,
	.free = stream_free,
	.send = stream_send,
	.recv = stream_recv,
};
