/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Every byte of a record written, and read: words that depend on the record's
 * number and their place. A record may be at any address; its size is a multiple
 * of 8.
 */
#ifndef BENCH_PATTERN_H
#define BENCH_PATTERN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Two words at once, which every machine's vectors hold. */
typedef uint64_t pattern_pair __attribute__((vector_size(16), aligned(1),
					     may_alias));

/* Mixed, so that no two records look alike. */
static inline uint64_t pattern_first(uint64_t number)
{
	return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline void pattern_write(void *record, size_t bytes, uint64_t number)
{
	uint64_t word = pattern_first(number);
	pattern_pair value = { word, word + 1 };
	pattern_pair *at = (pattern_pair *)record;
	size_t pairs = bytes / sizeof(value);

	for (; pairs; pairs--) {
		*at++ = value;
		value += 2;
	}
	if (bytes % sizeof(value))
		memcpy(at, &value, sizeof(word));
}

/* 0, or something else where a word isn't what was written. */
static inline uint64_t pattern_differs(const void *record, size_t bytes,
				       uint64_t number)
{
	uint64_t word = pattern_first(number), last = 0;
	pattern_pair value = { word, word + 1 };
	pattern_pair wrong = { 0, 0 };
	const pattern_pair *at = (const pattern_pair *)record;
	size_t pairs = bytes / sizeof(value);

	for (; pairs; pairs--) {
		wrong |= *at++ ^ value;
		value += 2;
	}
	if (bytes % sizeof(value)) {
		memcpy(&last, at, sizeof(last));
		last ^= value[0];
	}
	return wrong[0] | wrong[1] | last;
}

#endif
