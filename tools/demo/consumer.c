// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The consumers. Each thread owns a stream, its digest and its totals; nothing
 * is shared until they have ended. What arrives is checked: whose piece it is
 * and where in the file it belongs.
 */
#include "consumer.h"

#include "digest.h"

#include <err.h>
#include <errno.h>
#include <ipcbuf/base.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

struct consumer {
	struct transport *transport;
	pid_t producer;
	unsigned int stream;
	pthread_t thread;
	struct digest digest;
	struct totals totals;
	bool within;		/* a file has begun and not ended */
	uint64_t file;		/* that file, and what comes next of it */
	uint64_t next_offset;
};

/*
 * The other thread may be asleep in a receive, and the producer in a send: the
 * end of the process is what wakes both.
 */
static _Noreturn void fail(const struct consumer *consumer, const char *what)
{
	warnx("consumer %u: %s", consumer->stream, what);
	_exit(1);
}

/* A producer that is still there gave up, and says why itself. */
static _Noreturn void fail_to_receive(const struct consumer *consumer,
				      int error)
{
	if (error == -EPIPE && getppid() == consumer->producer)
		_exit(1);
	if (error == -EPIPE || error == -EOWNERDEAD)
		fail(consumer, "the producer died");
	fail(consumer, ipcbuf_strerror(error));
}

/* What is wrong with a record, or NULL. */
static const char *complaint(const struct consumer *consumer,
			     const struct record *head, size_t room_bytes)
{
	if (head->magic != RECORD_MAGIC || head->bytes > room_bytes)
		return "a record is damaged";
	if (head->flags & RECORD_END)
		return consumer->within ? "a file has no end" : NULL;
	if (!consumer->within)
		return head->offset ? "a file has no beginning" : NULL;
	if (head->file != consumer->file ||
	    head->offset != consumer->next_offset)
		return "a record is out of order";
	return NULL;
}

static void take(struct consumer *consumer, const struct record *head,
		 const unsigned char *data)
{
	if (!head->offset)
		digest_begin(&consumer->digest);
	digest_add(&consumer->digest, data, head->bytes);
	consumer->totals.records++;
	consumer->file = head->file;
	consumer->next_offset = head->offset + head->bytes;
	consumer->within = !(head->flags & RECORD_LAST);
	if (!consumer->within)
		digest_end(&consumer->digest, head->path_hash,
			   &consumer->totals);
}

/* Returns whether more can come. The header is read once, then used. */
static bool receive(struct consumer *consumer)
{
	struct transport *transport = consumer->transport;
	struct record *record;
	struct record head;
	const char *problem;
	size_t room_bytes;
	int ret;

	ret = transport->ops->recv(transport, consumer->stream, &record,
				   &room_bytes);
	if (ret)
		fail_to_receive(consumer, ret);
	memcpy(&head, record, sizeof(head));
	problem = complaint(consumer, &head, room_bytes);
	if (problem)
		fail(consumer, problem);
	if (!(head.flags & RECORD_END))
		take(consumer, &head, record->data);
	transport->ops->put(transport, record);
	return !(head.flags & RECORD_END);
}

static void *consume(void *arg)
{
	struct consumer *consumer = arg;
	bool more = true;

	while (more)
		more = receive(consumer);
	return NULL;
}

static void start(struct consumer *consumer)
{
	if (digest_open(&consumer->digest) ||
	    pthread_create(&consumer->thread, NULL, consume, consumer))
		fail(consumer, "can't be started");
}

void consumer_run(struct transport *transport, pid_t producer,
		  struct totals *ret_totals)
{
	struct consumer consumers[STREAMS] = { { 0 } };
	struct totals totals = { 0 };
	unsigned int i;

	for (i = 0; i < STREAMS; i++) {
		consumers[i].transport = transport;
		consumers[i].producer = producer;
		consumers[i].stream = i;
		start(&consumers[i]);
	}
	for (i = 0; i < STREAMS; i++) {
		pthread_join(consumers[i].thread, NULL);
		totals_add(&totals, &consumers[i].totals);
		digest_close(&consumers[i].digest);
	}
	*ret_totals = totals;
}
