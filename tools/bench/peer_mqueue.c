// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A POSIX message queue each way, opened twice: with and without waiting. One
 * record a way is in hand at a time, in a buffer that is used again.
 */
#include "peers.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum way {
	OUT,
	IN,
	WAYS,
};

struct ends {
	mqd_t polled[WAYS];
	mqd_t blocking[WAYS];
	size_t bytes;
	char *to_send;
	char *received;
	char names[WAYS][64];
};

static struct ends *ends_of(struct peer_end *end)
{
	return (struct ends *)(void *)end;
}

static int can_not(int error)
{
	return error == EINVAL || error == EMFILE || error == ENOSYS
		? -EOPNOTSUPP : -error;
}

static int open_way(struct ends *ends, enum way way, uint64_t depth)
{
	struct mq_attr attributes = {
		.mq_maxmsg = (long)depth,
		.mq_msgsize = (long)ends->bytes,
	};
	const char *name = ends->names[way];

	ends->polled[way] = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600,
				    &attributes);
	if (ends->polled[way] < 0)
		return can_not(errno);
	ends->blocking[way] = mq_open(name, O_RDWR);
	return ends->blocking[way] < 0 ? can_not(errno) : 0;
}

/* They have names until B has them open. */
static void unlink_both(const struct ends *ends)
{
	mq_unlink(ends->names[OUT]);
	mq_unlink(ends->names[IN]);
}

static void close_end(struct peer_end *end);

static struct ends *new_ends(const struct peer_setup *setup)
{
	struct ends *ends = calloc(1, sizeof(*ends));
	int way;

	if (!ends)
		return NULL;
	ends->bytes = (size_t)setup->record_bytes;
	ends->to_send = calloc(1, ends->bytes);
	ends->received = calloc(1, ends->bytes);
	for (way = 0; way < WAYS; way++) {
		ends->polled[way] = -1;
		ends->blocking[way] = -1;
		snprintf(ends->names[way], sizeof(ends->names[way]),
			 "/%.50s.%d", setup->name, setup->role ^ way);
	}
	return ends;
}

static int open_end(const struct peer_setup *setup, struct peer_end **ret_end)
{
	struct ends *ends = new_ends(setup);
	int way, ret = 0;

	if (!ends)
		return -ENOMEM;
	if (!ends->to_send || !ends->received)
		ret = -ENOMEM;
	for (way = 0; !ret && way < WAYS; way++)
		ret = open_way(ends, (enum way)way, setup->depth);
	if (ret || setup->role)
		unlink_both(ends);
	if (ret)
		close_end((struct peer_end *)(void *)ends);
	else
		*ret_end = (struct peer_end *)(void *)ends;
	return ret;
}

static void close_end(struct peer_end *end)
{
	struct ends *ends = ends_of(end);
	int way;

	for (way = 0; way < WAYS; way++) {
		if (ends->polled[way] >= 0)
			mq_close(ends->polled[way]);
		if (ends->blocking[way] >= 0)
			mq_close(ends->blocking[way]);
	}
	free(ends->to_send);
	free(ends->received);
	free(ends);
}

static int take(struct peer_end *end, size_t bytes, void **ret_record)
{
	struct ends *ends = ends_of(end);

	if (bytes > ends->bytes)
		return -EMSGSIZE;
	*ret_record = ends->to_send;
	return 0;
}

static void give(struct peer_end *end, void *record)
{
	(void)end;
	(void)record;
}

static int put(mqd_t queue, const void *record, size_t bytes)
{
	return mq_send(queue, record, bytes, 0) ? -errno : 0;
}

static int get(mqd_t queue, struct ends *ends, void **ret_record)
{
	if (mq_receive(queue, ends->received, ends->bytes, NULL) < 0)
		return -errno;
	*ret_record = ends->received;
	return 0;
}

static int try_send(struct peer_end *end, void *record, size_t bytes)
{
	return put(ends_of(end)->polled[OUT], record, bytes);
}

static int try_recv(struct peer_end *end, void **ret_record)
{
	return get(ends_of(end)->polled[IN], ends_of(end), ret_record);
}

static int send(struct peer_end *end, void *record, size_t bytes)
{
	return put(ends_of(end)->blocking[OUT], record, bytes);
}

static int recv(struct peer_end *end, void **ret_record)
{
	return get(ends_of(end)->blocking[IN], ends_of(end), ret_record);
}

const struct peer peer_mqueue = {
	.abi = PEER_ABI,
	.flags = PEER_COPIES,
	.name = "mqueue",
	.what = "POSIX message queue, within the system's usual limits",
	.depth_max = 10,
	.record_max = 8192,
	.open = open_end,
	.close = close_end,
	.alloc = take,
	.try_send = try_send,
	.try_recv = try_recv,
	.free = give,
	.send = send,
	.recv = recv,
};
