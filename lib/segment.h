/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Shared segments.
 *
 * States, one word: EMPTY (nobody has initialised it), INITIALISING(member),
 * READY. Changes are made under the directory's lock; the initialiser itself
 * runs without it. A dead initialiser's word goes back to EMPTY in recovery.
 *
 * Who uses a segment: one bit for each member, set and cleared under the lock;
 * how many handles a member has is its private matter.
 */
#ifndef IPCB_SEGMENT_H
#define IPCB_SEGMENT_H

#include <ipcbuf/inspect.h>

#include "object.h"

#define IPCB_USER_WORDS (IPCB_MEMBERS_MAX / 64)

enum ipcb_segment_state {
	IPCB_SEGMENT_EMPTY = 0,
	IPCB_SEGMENT_INITIALISING = 1,
	IPCB_SEGMENT_READY = 2,
};

struct ipcb_segment {
	struct ipcb_object object;
	uint64_t word;			/* state << 32 | member */
	uint64_t reserved[7];
	uint64_t users[IPCB_USER_WORDS];
	unsigned char data[];
};

_Static_assert(sizeof(struct ipcb_segment) % IPCB_LINE == 0, "aligned data");
_Static_assert(sizeof(struct ipcb_segment) <= IPCB_OBJECT_LEAST_BYTES, "fits");

struct ipcbuf_segment {
	struct ipcb_handle handle;
	struct ipcbuf_region *region;
	struct ipcb_segment *shared;
	uint64_t offset;
	uint64_t bytes;
	int close_with_region;
	struct ipcbuf_segment *next;	/* by region.mutex */
};

/* The handle has been shut and is on no list; nobody is inside. */
void ipcb_segment_leave(struct ipcbuf_segment *segment);

/* How many members use it. */
uint32_t ipcb_segment_users(const struct ipcb_segment *shared);

#endif
