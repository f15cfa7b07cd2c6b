/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The records of `ipcbuf send` and `ipcbuf recv`.
 *
 * A transfer is START, any number of DATA, END on the channel, and then DONE
 * the other way, on the channel's reply channel. Each has a header and, if it
 * is DATA, the bytes behind it. Without an END the transfer has failed,
 * whatever came before; without a DONE nobody has got it all.
 */
#ifndef IPCBUF_RECORD_H
#define IPCBUF_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum record_type {
	RECORD_START = 1,
	RECORD_DATA = 2,
	RECORD_END = 3,
	RECORD_DONE = 4,
};

/* As it lies in the shared record; 64 bytes, so that the data are aligned. */
struct record_header {
	uint32_t magic;
	uint32_t type;
	uint64_t sequence;	/* 0, 1, 2 ... within a transfer */
	uint64_t position;	/* bytes of data before this record */
	uint64_t bytes;		/* of data in this one */
	uint64_t checksum;	/* of the above and of the data */
	uint64_t reserved[3];
};

#define RECORD_HEADER_BYTES sizeof(struct record_header)

static inline void *record_data(void *record)
{
	return (char *)record + RECORD_HEADER_BYTES;
}

/*
 * Writes the header of a record whose data are there. The magic, checksum and
 * reserved fields of @header needn't be set.
 */
void record_seal(void *record, const struct record_header *header);

/*
 * Checks a record that came: its length against what the record can hold, and
 * its checksum. The sender may be buggy, so the header is copied once and only
 * the copy is used.
 *
 * Return: 0 with *ret_header set; -EBADMSG, or -EINVAL (not a record).
 */
int record_check(void *record, struct record_header *ret_header);

#endif
