/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* A verification under way, see verify.c. */
#ifndef IPCB_VERIFY_H
#define IPCB_VERIFY_H

#include "object.h"

struct ipcb_verify {
	struct ipcbuf_region *region;
	void (*report)(const char *problem, void *arg);
	void *arg;
	uint8_t *seen;		/* a byte for each 64 bytes of the heap */
	unsigned int problems;
};

/* What @seen says of a block. */
enum ipcb_seen { IPCB_SEEN_NOT = 0, IPCB_SEEN_LISTED = 1, IPCB_SEEN_SENT = 2 };

void ipcb_verify_problem(struct ipcb_verify *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* verify_heap.c: frames, slabs, own words; @seen has been filled in. */
void ipcb_verify_heap(struct ipcb_verify *v);

/* A block that the directory or a channel names; once only. */
void ipcb_verify_see(struct ipcb_verify *v, uint64_t offset,
		     enum ipcb_seen what, const char *where);

/* Each kind has a verifier, in its own file. */
void ipcb_verify_spsc(struct ipcb_verify *v, struct ipcb_object *object);
void ipcb_verify_segment(struct ipcb_verify *v, struct ipcb_object *object);

#endif
