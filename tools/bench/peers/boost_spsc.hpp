/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Boost.Lockfree's spsc_queue, for any memory that two processes share. Its
 * capacity is fixed when it is compiled, as its manual wants it for speed, so
 * there is one for each power of two; the switch is always taken the same way.
 */
#ifndef BENCH_BOOST_SPSC_HPP
#define BENCH_BOOST_SPSC_HPP

#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#define BOOST_SPSC_MAX (UINT64_C(1) << 20)

/* The queue lies behind it; capacity_log2 is written once, by ring_make(). */
struct alignas(64) ring {
	uint32_t capacity_log2;
};

template <unsigned int log2>
using queue = boost::lockfree::spsc_queue<
	uint64_t, boost::lockfree::capacity<(std::size_t(1) << log2)>>;

/* Whatever @use makes of the queue, which it takes as its type is. */
template <typename use_t>
static inline auto with_queue(struct ring *ring, use_t use)
{
	void *memory = ring + 1;

#define CASE(log2) case log2: return use(static_cast<queue<log2> *>(memory));
	switch (ring->capacity_log2) {
	CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9)
	CASE(10) CASE(11) CASE(12) CASE(13) CASE(14) CASE(15) CASE(16) CASE(17)
	CASE(18) CASE(19) CASE(20)
	default: return use(static_cast<queue<0> *>(memory));
	}
#undef CASE
}

/* The queue's two indices have a line each, and it has a slot to spare. */
static inline std::size_t ring_bytes(uint64_t capacity)
{
	return sizeof(struct ring) + 128 + (capacity + 1) * sizeof(uint64_t);
}

static inline struct ring *ring_find(void *memory)
{
	return static_cast<struct ring *>(memory);
}

static inline struct ring *ring_make(void *memory, uint64_t capacity)
{
	struct ring *ring = ring_find(memory);

	ring->capacity_log2 = (uint32_t)__builtin_ctzll(capacity);
	with_queue(ring, [](auto *queue) {
		using queue_t = std::remove_reference_t<decltype(*queue)>;

		return ::new (static_cast<void *>(queue)) queue_t() != nullptr;
	});
	return ring;
}

static inline void ring_end(struct ring *)
{
}

static inline bool ring_put(struct ring *ring, uint64_t number)
{
	return with_queue(ring, [&](auto *queue) { return queue->push(number); });
}

static inline bool ring_get(struct ring *ring, uint64_t *ret_number)
{
	return with_queue(ring,
			  [&](auto *queue) { return queue->pop(*ret_number); });
}

#endif
