/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What is written to and read from each record of 64 bytes; C and C++. */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#include <stdint.h>

#define MARK_WORDS 8u

/* A record's number, mixed, so that no two records look alike. */
static inline uint64_t mark(uint64_t number, unsigned int word)
{
	return (number + 1) * UINT64_C(0x9e3779b97f4a7c15) + word;
}

static inline void mark_write(void *record, uint64_t number)
{
	uint64_t *words = (uint64_t *)record;
	unsigned int i;

	for (i = 0; i < MARK_WORDS; i++)
		words[i] = mark(number, i);
}

/* 0, or something else where a word isn't what was written. */
static inline uint64_t mark_differs(const void *record, uint64_t number)
{
	const uint64_t *words = (const uint64_t *)record;
	uint64_t wrong = 0;
	unsigned int i;

	for (i = 0; i < MARK_WORDS; i++)
		wrong |= words[i] ^ mark(number, i);
	return wrong;
}

#endif
