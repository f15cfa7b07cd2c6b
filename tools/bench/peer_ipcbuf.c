// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* ipcbuf as one of the peers. See peer_ipcbuf.h. */
#include "peer_ipcbuf.h"

#include <stdlib.h>

int peer_ipcbuf_take(const struct worker *worker, struct peer_end **ret_end)
{
	struct ipcbuf_end *end = malloc(sizeof(*end));

	if (!end)
		return -ENOMEM;
	end->region = worker->region;
	end->out = worker->out;
	end->in = worker->in;
	*ret_end = (struct peer_end *)(void *)end;
	return 0;
}

static void close_end(struct peer_end *end)
{
	free(end);
}

static int send(struct peer_end *end, void *record, size_t bytes)
{
	(void)bytes;
	return ipcbuf_channel_send(ipcbuf_end(end)->out, record);
}

const struct peer peer_ipcbuf = {
	PEER_IPCBUF_OPERATIONS(ipcbuf_end_try_recv),
	.name = "ipcbuf",
	.what = "this library",
	.close = close_end,
	.send = send,
	.recv = ipcbuf_end_recv,
};
