/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What is in a record: which channel and number it has, and a digest of all of
 * it. So a record that two hold, or that somebody else wrote to, is found when
 * it is received or freed.
 */
#ifndef SOAK_RECORD_H
#define SOAK_RECORD_H

#include "ledger.h"

/* Channels that no lane has. */
#define RECORD_HOARDED 0xfffffffeu
#define RECORD_WILD    0xfffffffdu

/* Every record has room for it, however little was asked for. */
struct record {
	uint32_t channel;
	uint32_t bytes;			/* with this */
	uint64_t number;
	uint64_t first;			/* of its batch */
	uint64_t digest;		/* of all of it, this as 0 */
};

/* A record of @bytes that stands for itself. Return: as ipcbuf_alloc(). */
int record_new(struct ledger *ledger, struct ipcbuf_region *region,
	       uint64_t bytes, struct record **ret_record);

/* It is to be number @number of @channel. */
void record_address(struct record *record, uint32_t channel, uint64_t number,
		    uint64_t first);

/* It is whole, and of this channel. */
void record_check(struct ledger *ledger, const struct record *record,
		  uint32_t channel);

/* Must be held. */
void record_free(struct ledger *ledger, struct record *record);

#endif
