/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Concurrency Kit's ring of one producer and one consumer, its buffer behind it.
 * It holds one less than its size, which is a power of two. What it carries it
 * takes for pointers, and doesn't look at.
 */
#ifndef BENCH_CK_SPSC_H
#define BENCH_CK_SPSC_H

#include <ck_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	ck_ring_t ring;
	char pad[CK_MD_CACHELINE - sizeof(ck_ring_t) % CK_MD_CACHELINE];
	ck_ring_buffer_t buffer[];
};

static inline unsigned int ring_size(uint64_t capacity)
{
	return capacity < 2 ? 2 : (unsigned int)capacity;
}

static inline size_t ring_bytes(uint64_t capacity)
{
	return offsetof(struct ring, buffer) +
	       ring_size(capacity) * sizeof(ck_ring_buffer_t);
}

static inline struct ring *ring_find(void *memory)
{
	return memory;
}

static inline struct ring *ring_make(void *memory, uint64_t capacity)
{
	struct ring *ring = ring_find(memory);

	ck_ring_init(&ring->ring, ring_size(capacity));
	return ring;
}

static inline void ring_end(struct ring *ring)
{
	(void)ring;
}

static inline bool ring_put(struct ring *ring, uint64_t number)
{
	return ck_ring_enqueue_spsc(&ring->ring, ring->buffer,
				    (void *)(uintptr_t)number);
}

static inline bool ring_get(struct ring *ring, uint64_t *ret_number)
{
	void *entry;

	if (!ck_ring_dequeue_spsc(&ring->ring, ring->buffer, &entry))
		return false;
	*ret_number = (uintptr_t)entry;
	return true;
}

#endif
