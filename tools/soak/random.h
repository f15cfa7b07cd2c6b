/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Random numbers that follow from the run's seed. One generator belongs to one
 * thread.
 */
#ifndef SOAK_RANDOM_H
#define SOAK_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

/* Spreads every bit over the whole word; no two inputs give the same. */
static inline uint64_t random_spread(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static inline uint64_t random_next(struct random *random)
{
	random->state += UINT64_C(0x9e3779b97f4a7c15);
	return random_spread(random->state);
}

/* 0 to @limit - 1; of nothing, 0. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return limit ? random_next(random) % limit : 0;
}

static inline bool random_one_in(struct random *random, uint64_t n)
{
	return random_below(random, n) == 0;
}

/* Each doubling up to 2^@bits is as likely as the others. */
static inline uint64_t random_size(struct random *random, unsigned int bits)
{
	return 1 + random_below(random, UINT64_C(1)
				<< random_below(random, bits + 1));
}

#endif
