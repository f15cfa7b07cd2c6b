// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Patterns and messages, see fill.h. */
#include "fill.h"

#include <string.h>

/* Cheap, for much memory is filled; no two places of a record are alike. */
static uint64_t word_of(uint64_t seed, size_t index)
{
	return seed * UINT64_C(0x9e3779b97f4a7c15) +
	       (index + 1) * UINT64_C(0xd6e8feb86659fd93);
}

void fill_write(void *memory, size_t bytes, uint64_t seed)
{
	unsigned char *at = memory;
	size_t index = 0;

	while (bytes) {
		uint64_t word = word_of(seed, index++);
		size_t part = bytes < sizeof(word) ? bytes : sizeof(word);

		memcpy(at, &word, part);
		at += part;
		bytes -= part;
	}
}

bool fill_matches(const void *memory, size_t bytes, uint64_t seed)
{
	const unsigned char *at = memory;
	size_t index = 0;

	while (bytes) {
		uint64_t word = word_of(seed, index++);
		size_t part = bytes < sizeof(word) ? bytes : sizeof(word);

		if (memcmp(at, &word, part))
			return false;
		at += part;
		bytes -= part;
	}
	return true;
}

void message_write(void *record, size_t bytes, uint64_t serial)
{
	uint64_t head[2] = { serial, bytes };

	memcpy(record, head, sizeof(head));
	fill_write((unsigned char *)record + sizeof(head),
		   bytes - sizeof(head), serial);
}

bool message_read(const void *record, size_t usable_bytes,
		  uint64_t *ret_serial)
{
	uint64_t head[2];

	memcpy(head, record, sizeof(head));
	if (head[1] < sizeof(head) || head[1] > usable_bytes)
		return false;
	if (!fill_matches((const unsigned char *)record + sizeof(head),
			  head[1] - sizeof(head), head[0]))
		return false;
	*ret_serial = head[0];
	return true;
}
