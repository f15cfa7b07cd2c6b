/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Records for a ring that carries only numbers: each end has as many of its own
 * as may be alive, all of one size, in the memory that both share. A record goes
 * by its offset there. Who frees one of the other's sends it home over a second
 * ring; its owner keeps what is free on a stack, so that the one used last comes
 * back first.
 *
 * Who includes this has defined struct ring, of one producer and one consumer:
 *
 *   size_t ring_bytes(uint64_t capacity)
 *   struct ring *ring_make(void *memory, uint64_t capacity)  A's open()
 *   struct ring *ring_find(void *memory)                     B's
 *   void ring_end(struct ring *ring)         by whoever closes last
 *   bool ring_put(struct ring *ring, uint64_t number)        false: full
 *   bool ring_get(struct ring *ring, uint64_t *ret_number)   false: empty
 *
 * The capacity is a power of two; one record less is enough to be held.
 */
#ifndef BENCH_RECORDS_H
#define BENCH_RECORDS_H

#include "../peer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define RECORDS_LINE 64u

/* At the beginning of the shared memory; closed is written by both. */
struct records_head {
	uint32_t closed;
	char pad[RECORDS_LINE - sizeof(uint32_t)];
};

/* What one end knows; first and beyond are the offsets of its own records. */
struct records {
	char *base;
	struct ring *out;
	struct ring *in;
	struct ring *home;	/* of the other's records */
	struct ring *back;	/* of this end's */
	uint64_t *stack;
	uint64_t free;		/* of them on the stack */
	uint64_t first;
	uint64_t beyond;
};

static inline uint64_t records_line_up(uint64_t bytes)
{
	return (bytes + RECORDS_LINE - 1) & ~(uint64_t)(RECORDS_LINE - 1);
}

/* What is freed has a place on its way home, whatever else is there. */
static inline uint64_t records_home_capacity(const struct peer_setup *setup)
{
	uint64_t capacity = 2;

	while (capacity <= setup->live_records)
		capacity *= 2;
	return capacity;
}

/* Where the rings are: out of A, out of B, home to A, home to B, the records. */
static inline uint64_t records_place(const struct peer_setup *setup, int index)
{
	uint64_t out = records_line_up(ring_bytes(setup->depth));
	uint64_t home = records_line_up(
		ring_bytes(records_home_capacity(setup)));

	return sizeof(struct records_head) +
	       (index < 2 ? (uint64_t)index * out
			  : 2 * out + (uint64_t)(index - 2) * home);
}

static inline uint64_t records_stride(const struct peer_setup *setup)
{
	return records_line_up(setup->record_bytes);
}

static inline uint64_t records_shared_bytes(const struct peer_setup *setup)
{
	return records_place(setup, 4) +
	       2 * setup->live_records * records_stride(setup);
}

static inline struct ring *records_ring(const struct peer_setup *setup,
					int index)
{
	char *memory = (char *)setup->shared + records_place(setup, index);

	if (setup->role)
		return ring_find(memory);
	return ring_make(memory, index < 2 ? setup->depth
					   : records_home_capacity(setup));
}

static inline void records_find_rings(struct records *records,
				      const struct peer_setup *setup)
{
	struct ring *rings[4];
	int role = setup->role;
	int i;

	for (i = 0; i < 4; i++)
		rings[i] = records_ring(setup, i);
	records->out = rings[role];
	records->in = rings[1 - role];
	records->back = rings[2 + role];
	records->home = rings[3 - role];
}

static inline int records_open(struct records *records,
			       const struct peer_setup *setup)
{
	uint64_t stride = records_stride(setup);
	uint64_t live = setup->live_records;
	uint64_t i;

	records->stack = (uint64_t *)calloc(live, sizeof(uint64_t));
	if (!records->stack)
		return -ENOMEM;
	records_find_rings(records, setup);
	records->base = (char *)setup->shared;
	records->first = records_place(setup, 4) +
			 (setup->role ? live * stride : 0);
	records->beyond = records->first + live * stride;
	records->free = live;
	for (i = 0; i < live; i++)
		records->stack[i] = records->beyond - (i + 1) * stride;
	return 0;
}

/* Acquire and release: the rings end after both ends' last use of them. */
static inline void records_close(struct records *records)
{
	struct records_head *head = (struct records_head *)records->base;

	free(records->stack);
	if (__atomic_fetch_add(&head->closed, 1, __ATOMIC_ACQ_REL) == 0)
		return;
	ring_end(records->out);
	ring_end(records->in);
	ring_end(records->home);
	ring_end(records->back);
}

static inline int records_alloc(struct records *records, void **ret_record)
{
	uint64_t number;

	if (records->free)
		number = records->stack[--records->free];
	else if (!ring_get(records->back, &number))
		return -ENOMEM;
	*ret_record = records->base + number;
	return 0;
}

static inline void records_free(struct records *records, const void *record)
{
	uint64_t number = (uint64_t)((const char *)record - records->base);

	if (number >= records->first && number < records->beyond)
		records->stack[records->free++] = number;
	else
		ring_put(records->home, number);
}

static inline int records_try_send(struct records *records, const void *record)
{
	uint64_t number = (uint64_t)((const char *)record - records->base);

	return ring_put(records->out, number) ? 0 : -EAGAIN;
}

static inline int records_try_recv(struct records *records, void **ret_record)
{
	uint64_t number;

	if (!ring_get(records->in, &number))
		return -EAGAIN;
	*ret_record = records->base + number;
	return 0;
}

#endif
