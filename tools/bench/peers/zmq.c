// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * ZeroMQ: a PAIR of sockets over ipc://, which is a Unix socket, in the abstract
 * namespace, so that no file stands for it. Its messages are the records: what is
 * in them is neither copied to send it nor when it has come.
 */
#include "../peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

#define CONNECT_MS 10000

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number

/* record: where the message's bytes are; NULL: it isn't in use. */
struct message {
	zmq_msg_t message;
	void *record;
};

/* last: where what was looked for last was found: its neighbour is next. */
struct peer_end {
	void *context;
	void *socket;
	struct message *messages;
	struct message **stack;		/* those that aren't in use */
	uint64_t count;
	uint64_t free;
	uint64_t last;
};

static int set_options(struct peer_end *end, const struct peer_setup *setup)
{
	int depth = (int)setup->depth;
	int none = 0;

	if (zmq_setsockopt(end->socket, ZMQ_SNDHWM, &depth, sizeof(depth)) ||
	    zmq_setsockopt(end->socket, ZMQ_RCVHWM, &depth, sizeof(depth)) ||
	    zmq_setsockopt(end->socket, ZMQ_LINGER, &none, sizeof(none)))
		return -errno;
	return 0;
}

/*
 * The I/O thread isn't to be kept to the processor that this thread polls on: it
 * may use whatever there is.
 */
static void *new_context(void)
{
	void *context = zmq_ctx_new();
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	int i;

	for (i = 0; context && i < cpus; i++)
		zmq_ctx_set(context, ZMQ_THREAD_AFFINITY_CPU_ADD, i);
	return context;
}

/* A waits at the address, before B comes to it. */
static int connect_socket(struct peer_end *end, const struct peer_setup *setup)
{
	char address[80];
	int ret;

	end->context = new_context();
	end->socket = end->context ? zmq_socket(end->context, ZMQ_PAIR) : NULL;
	if (!end->socket)
		return -errno;
	ret = set_options(end, setup);
	if (ret)
		return ret;
	snprintf(address, sizeof(address), "ipc://@%s", setup->name);
	if (setup->role)
		ret = zmq_connect(end->socket, address);
	else
		ret = zmq_bind(end->socket, address);
	return ret ? -errno : 0;
}

static int make_messages(struct peer_end *end, uint64_t count)
{
	uint64_t i;

	end->messages = calloc(count, sizeof(*end->messages));
	end->stack = calloc(count, sizeof(struct message *));
	if (!end->messages || !end->stack)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		end->stack[i] = &end->messages[count - 1 - i];
	end->count = count;
	end->free = count;
	return 0;
}

static void peer_close(struct peer_end *end)
{
	if (end->socket)
		zmq_close(end->socket);
	if (end->context)
		zmq_ctx_term(end->context);
	free(end->messages);
	free(end->stack);
	free(end);
}

static int peer_open(const struct peer_setup *setup, struct peer_end **ret_end)
{
	struct peer_end *end = calloc(1, sizeof(*end));
	int ret;

	if (!end)
		return -ENOMEM;
	ret = make_messages(end, setup->live_records);
	if (!ret)
		ret = connect_socket(end, setup);
	if (ret)
		peer_close(end);
	else
		*ret_end = end;
	return ret;
}

/* Where B hasn't come yet A is told that it is full. */
static int peer_settle(struct peer_end *end)
{
	zmq_pollitem_t wait = { .socket = end->socket, .events = ZMQ_POLLOUT };

	return zmq_poll(&wait, 1, CONNECT_MS) == 1 ? 0 : -ETIMEDOUT;
}

/* Records go in the order in which they came, or backwards. */
static struct message *find(struct peer_end *end, const void *record)
{
	uint64_t i = end->last;

	while (end->messages[i].record != record)
		i = i + 1 < end->count ? i + 1 : 0;
	end->last = i;
	return &end->messages[i];
}

static void put_back(struct peer_end *end, struct message *message)
{
	message->record = NULL;
	end->stack[end->free++] = message;
}

static int peer_alloc(struct peer_end *end, size_t bytes, void **ret_record)
{
	struct message *message;

	if (!end->free)
		return -ENOMEM;
	message = end->stack[end->free - 1];
	if (zmq_msg_init_size(&message->message, bytes))
		return -errno;
	end->free--;
	message->record = zmq_msg_data(&message->message);
	*ret_record = message->record;
	return 0;
}

static void peer_free(struct peer_end *end, void *record)
{
	struct message *message = find(end, record);

	zmq_msg_close(&message->message);
	put_back(end, message);
}

static int send_record(struct peer_end *end, void *record, int flags)
{
	struct message *message = find(end, record);

	while (zmq_msg_send(&message->message, end->socket, flags) < 0)
		if (errno != EINTR)
			return -errno;
	put_back(end, message);
	return 0;
}

static int recv_record(struct peer_end *end, void **ret_record, int flags)
{
	struct message *message;

	if (!end->free)
		return -ENOMEM;
	message = end->stack[end->free - 1];
	zmq_msg_init(&message->message);
	while (zmq_msg_recv(&message->message, end->socket, flags) < 0)
		if (errno != EINTR)
			return -errno;
	end->free--;
	message->record = zmq_msg_data(&message->message);
	*ret_record = message->record;
	return 0;
}

static int peer_try_send(struct peer_end *end, void *record, size_t bytes)
{
	(void)bytes;
	return send_record(end, record, ZMQ_DONTWAIT);
}

static int peer_try_recv(struct peer_end *end, void **ret_record)
{
	return recv_record(end, ret_record, ZMQ_DONTWAIT);
}

static int peer_send(struct peer_end *end, void *record, size_t bytes)
{
	(void)bytes;
	return send_record(end, record, 0);
}

static int peer_recv(struct peer_end *end, void **ret_record)
{
	return recv_record(end, ret_record, 0);
}

static const struct peer peer = {
	.abi = PEER_ABI,
	.flags = PEER_COPIES | PEER_RESENDS | PEER_NO_HEAP,
	.name = "zmq",
	.what = "ZeroMQ " TEXT(ZMQ_VERSION_MAJOR) "." TEXT(ZMQ_VERSION_MINOR) "."
		TEXT(ZMQ_VERSION_PATCH) ", PAIR over ipc://, an I/O thread in each "
		"process; holds more than depth",
	.depth_max = 1u << 20,
	.open = peer_open,
	.settle = peer_settle,
	.close = peer_close,
	.alloc = peer_alloc,
	.try_send = peer_try_send,
	.try_recv = peer_try_recv,
	.free = peer_free,
	.send = peer_send,
	.recv = peer_recv,
};

const struct peer *bench_peer(void)
{
	return &peer;
}
