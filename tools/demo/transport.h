/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * How records get from one process to the other: over ipcbuf, a pipe or a
 * socket. What is behind this table is the only thing that differs between the
 * passes.
 *
 * A transport is created by the producer, which then forks; after that each
 * process joins on its side, and only the ends of that side are its own. A
 * stream belongs to one thread on each side. When one side dies or leaves, the
 * calls of the other fail, those that block included.
 */
#ifndef DEMO_TRANSPORT_H
#define DEMO_TRANSPORT_H

#include "demo.h"
#include "record.h"

struct transport;

/**
 * struct transport_ops - one way to carry records.
 * @name:          what it is called in the results
 * @create:        everything that has to be there before the fork
 * @join_producer: the creator's side, after the fork
 * @join_consumer: the other side, after the fork
 * @get:           a record to be filled, with room for @data_bytes
 * @put:           a record that was filled isn't sent, or has been looked at
 * @send:          put a record into the stream's batch, which has room for
 *                 BATCH_RECORDS; no longer the caller's
 * @flush:         hand the batch over
 * @recv:          the next record and how much data it can hold at most; -EPIPE
 *                 or -EOWNERDEAD where the producer has gone
 * @inspect:       after a pass, on the producer's side
 * @close:         leave, and remove what has a name; for either side
 *
 * Waiting in @get and @flush ends with -EINTR after an interrupt.
 */
struct transport_ops {
	const char *name;
	int (*create)(const struct demo_options *options,
		      struct transport **ret_transport);
	int (*join_producer)(struct transport *transport);
	int (*join_consumer)(struct transport *transport);
	int (*get)(struct transport *transport, unsigned int stream,
		   size_t data_bytes, struct record **ret_record);
	void (*put)(struct transport *transport, struct record *record);
	void (*send)(struct transport *transport, unsigned int stream,
		     struct record *record);
	int (*flush)(struct transport *transport, unsigned int stream);
	int (*recv)(struct transport *transport, unsigned int stream,
		    struct record **ret_record, size_t *ret_room_bytes);
	int (*inspect)(struct transport *transport, struct facts *ret_facts);
	void (*close)(struct transport *transport);
};

/* Every transport begins with this. */
struct transport {
	const struct transport_ops *ops;
};

extern const struct transport_ops transport_shm;
extern const struct transport_ops transport_pipe;
extern const struct transport_ops transport_socket;

#endif
