/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What travels from the producer to the consumers: a record is a header of one
 * cache line and a piece of a file behind it, so that a record which the heap
 * aligned to 64 bytes holds data that is aligned to 64 bytes too.
 */
#ifndef DEMO_RECORD_H
#define DEMO_RECORD_H

#include <stdint.h>

#define STREAMS 2u

/* A whole record, header included. */
#define RECORD_MAX_BYTES (UINT32_C(1) << 20)
#define RECORD_DATA_MAX_BYTES \
	(RECORD_MAX_BYTES - (uint32_t)sizeof(struct record))

/*
 * The producer hands records over when there are so many, or when they hold so
 * much: small files would otherwise wake a consumer each.
 */
#define BATCH_RECORDS 16u
#define BATCH_BYTES (UINT32_C(128) << 10)

#define RECORD_MAGIC UINT32_C(0x6f6d6564)

enum record_flags {
	RECORD_LAST = 1,	/* the last one of its file */
	RECORD_END  = 2,	/* nothing more comes on this stream; no data */
	RECORD_SYNC = 4,	/* the transport's own, see shm.c; no data */
};

/**
 * struct record - a piece of a file.
 * @flags:     enum record_flags
 * @file:      which file, counted from 0 in the order of the walk
 * @offset:    where in the file the piece begins
 * @path_hash: of the file's path below the directory, see digest_path()
 * @bytes:     how many bytes of data follow
 *
 * The pieces of one file follow each other, in order, on one stream.
 */
struct record {
	uint32_t magic;
	uint32_t flags;
	uint64_t file;
	uint64_t offset;
	uint64_t path_hash;
	uint32_t bytes;
	uint32_t reserved[7];
	unsigned char data[];
};

_Static_assert(sizeof(struct record) == 64, "data must stay aligned");

#endif
