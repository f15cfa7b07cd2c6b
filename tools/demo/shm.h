/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Records over ipcbuf: what shm_region.c, which opens and closes, and shm.c,
 * which sends and receives, share.
 */
#ifndef DEMO_SHM_H
#define DEMO_SHM_H

#include "transport.h"

#include <ipcbuf/ipcbuf.h>

/* batch: the producer's, not yet sent, or the consumer's, received. */
struct shm_stream {
	struct ipcbuf_channel *records;
	struct ipcbuf_channel *tokens;	/* the way back, see shm.c */
	void *token;			/* the producer's, at home */
	void *batch[BATCH_RECORDS];
	size_t begin;			/* the consumer is here */
	size_t end;
};

struct shm {
	struct transport base;
	struct ipcbuf_region *region;
	struct shm_stream streams[STREAMS];
	char name[IPCBUF_NAME_MAX + 1];
	int fd;				/* in place of the name, or -1 */
	uint32_t depth_slots;
	uint64_t stalls;
};

static inline struct shm *shm_of(struct transport *transport)
{
	return (struct shm *)transport;
}

/* These are operations of a transport, see transport.h. */
int shm_create(const struct demo_options *options,
	       struct transport **ret_transport);
int shm_join_producer(struct transport *transport);
int shm_join_consumer(struct transport *transport);
int shm_inspect(struct transport *transport, struct facts *ret_facts);
void shm_close(struct transport *transport);

#endif
