/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Random numbers that are the same in every run: a test that failed can be
 * run again. One generator belongs to one thread.
 */
#ifndef SELFTESTS_RANDOM_H
#define SELFTESTS_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

/* A bijection that spreads every bit of its input over the whole word. */
static inline uint64_t random_mix(uint64_t x)
{
	x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ (x >> 32);
}

static inline uint64_t random_next(struct random *random)
{
	random->state += UINT64_C(0x9e3779b97f4a7c15);
	return random_mix(random->state);
}

/* 0 … limit - 1 */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return random_next(random) % limit;
}

/* Sizes of which each doubling up to @limit is as likely as the others. */
static inline uint64_t random_size(struct random *random, uint64_t limit)
{
	unsigned int doublings = 64 - (unsigned int)__builtin_clzll(limit);
	unsigned int bits = 1 + (unsigned int)random_below(random, doublings);
	uint64_t below = bits > 63 ? limit : UINT64_C(1) << bits;

	return 1 + random_below(random, below < limit ? below : limit);
}

/* Let some time pass without sleeping; up to @limit turns. */
static inline void random_delay(struct random *random, uint64_t limit)
{
	uint64_t turns = random_below(random, limit);

	while (turns--)
		__asm__ __volatile__("" ::: "memory");
}

#endif
