/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Sealing and checking records; see record.h. */
#include "record.h"

#include <errno.h>
#include <string.h>

#include <ipcbuf/heap.h>

#define MAGIC 0x73626370u	/* "pcbs" */

#define LANES 4
#define LANE_BYTES (LANES * sizeof(uint64_t))

/* Odd, so that multiplying loses nothing; the bits have no pattern. */
#define FACTOR UINT64_C(0xd6e8feb86659fd93)

static uint64_t mix(uint64_t state, uint64_t word)
{
	state = (state ^ word) * FACTOR;
	return state ^ (state >> 32);
}

/* Four lanes, as each step of one must wait for its last multiplication. */
static uint64_t checksum(uint64_t seed, const unsigned char *data, size_t bytes)
{
	uint64_t lanes[LANES] = { seed, seed + 1, seed + 2, seed + 3 };
	uint64_t words[LANES];
	size_t i;

	for (; bytes >= LANE_BYTES; bytes -= LANE_BYTES, data += LANE_BYTES) {
		memcpy(words, data, LANE_BYTES);
		for (i = 0; i < LANES; i++)
			lanes[i] = mix(lanes[i], words[i]);
	}
	memset(words, 0, sizeof(words));
	memcpy(words, data, bytes);
	for (i = 0; i < LANES; i++)
		seed = mix(seed, mix(lanes[i], words[i]));
	return seed;
}

static uint64_t header_checksum(const struct record_header *header,
				const void *data)
{
	uint64_t seed = mix(header->type, header->sequence);

	seed = mix(seed, header->position);
	seed = mix(seed, header->bytes);
	return checksum(seed, data, header->bytes);
}

void record_seal(void *record, const struct record_header *header)
{
	struct record_header copy = *header;

	copy.magic = MAGIC;
	memset(copy.reserved, 0, sizeof(copy.reserved));
	copy.checksum = header_checksum(&copy, record_data(record));
	memcpy(record, &copy, sizeof(copy));
}

int record_check(void *record, struct record_header *ret_header)
{
	struct record_header copy;
	size_t usable;
	int error;

	error = ipcbuf_usable_size(record, &usable);
	if (error)
		return error;
	if (usable < sizeof(copy))
		return -EBADMSG;
	memcpy(&copy, record, sizeof(copy));
	if (copy.magic != MAGIC || copy.bytes > usable - sizeof(copy))
		return -EBADMSG;
	if (copy.checksum != header_checksum(&copy, record_data(record)))
		return -EBADMSG;
	*ret_header = copy;
	return 0;
}
