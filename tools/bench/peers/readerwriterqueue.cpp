// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* moodycamel's ReaderWriterQueue, between threads, over records of one size. */
#include <cstddef>
#include <cstdint>
#include <new>
#include <readerwriterqueue/readerwriterqueue.h>

/* It makes room for itself on the heap, so only its threads know it. */
struct ring {
	moodycamel::ReaderWriterQueue<uint64_t> queue;
};

static inline size_t ring_bytes(uint64_t)
{
	return sizeof(struct ring);
}

/* It holds what it is told to, in a block of a power of two, less one. */
static inline struct ring *ring_make(void *memory, uint64_t capacity)
{
	return ::new (memory) ring{ moodycamel::ReaderWriterQueue<uint64_t>(
		capacity < 2 ? 1 : capacity - 1) };
}

static inline struct ring *ring_find(void *memory)
{
	return static_cast<struct ring *>(memory);
}

static inline void ring_end(struct ring *ring)
{
	ring->~ring();
}

static inline bool ring_put(struct ring *ring, uint64_t number)
{
	return ring->queue.try_enqueue(number);
}

static inline bool ring_get(struct ring *ring, uint64_t *ret_number)
{
	return ring->queue.try_dequeue(*ret_number);
}

#include "records_peer.h"

static const struct peer peer = {
	PEER_ABI,
	PEER_THREADS | PEER_RESENDS | PEER_NO_HEAP,
	"readerwriterqueue",
	"moodycamel::ReaderWriterQueue " READERWRITERQUEUE_VERSION
	", fixed records, recycled over a second queue; holds depth - 1",
	1u << 20,
	0,
	peer_shared_bytes,
	peer_open,
	nullptr,
	peer_close,
	peer_alloc,
	peer_try_send,
	peer_try_recv,
	peer_free,
	nullptr,
	nullptr,
};

const struct peer *bench_peer(void)
{
	return &peer;
}
