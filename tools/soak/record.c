// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Records and their digests. See record.h. */
#include "record.h"

#include "random.h"

#include <errno.h>
#include <string.h>
#include <xxhash.h>

static uint64_t digest_of(const struct record *record)
{
	struct record head = *record;

	head.digest = 0;
	return XXH3_64bits_withSeed(record + 1, record->bytes - sizeof(head),
				    XXH3_64bits(&head, sizeof(head)));
}

/* No two are alike, nor are two parts of one. */
static void fill(struct record *record, uint64_t salt)
{
	size_t bytes = record->bytes - sizeof(*record), at;
	char *to = (char *)(record + 1);
	uint64_t word = random_spread(salt);

	for (at = 0; at + 8 <= bytes; at += 8) {
		memcpy(to + at, &word, 8);
		word += UINT64_C(0x9e3779b97f4a7c15);
	}
	memset(to + at, (int)(word & 0xff), bytes - at);
}

int record_new(struct ledger *ledger, struct ipcbuf_region *region,
	       uint64_t bytes, struct record **ret_record)
{
	struct record *record;
	void *memory;
	size_t usable;
	int ret = ipcbuf_alloc(region, bytes, &memory);

	if (ret == -ENOMEM)
		ledger_count(ledger, COUNT_FULL, 1);
	if (ret)
		return ret;
	record = memory;
	ret = ipcbuf_usable_size(record, &usable);
	if (ret || usable < bytes || usable < sizeof(*record))
		ledger_wrong(ledger, "a new record of %llu bytes has %zu (%s)",
			     (unsigned long long)bytes, usable,
			     ipcbuf_strerror(ret));
	record->bytes = (uint32_t)(bytes < sizeof(*record) ? sizeof(*record) :
							     bytes);
	fill(record, (uint64_t)(uintptr_t)record ^ bytes << 40);
	*ret_record = record;
	return 0;
}

void record_address(struct record *record, uint32_t channel, uint64_t number,
		    uint64_t first)
{
	record->channel = channel;
	record->number = number;
	record->first = first;
	record->digest = digest_of(record);
}

void record_check(struct ledger *ledger, const struct record *record,
		  uint32_t channel)
{
	size_t usable;
	int ret = ipcbuf_usable_size(record, &usable);

	if (ret)
		ledger_wrong(ledger, "a record of channel %#x isn't held (%s)",
			     channel, ipcbuf_strerror(ret));
	if (record->channel != channel || record->bytes > usable ||
	    record->bytes < sizeof(*record) ||
	    record->digest != digest_of(record))
		ledger_wrong(ledger, "a record of channel %#x is spoilt: it "
			     "says channel %#x, number %llu, %u bytes of %zu",
			     channel, record->channel,
			     (unsigned long long)record->number, record->bytes,
			     usable);
}

void record_free(struct ledger *ledger, struct record *record)
{
	int ret = ipcbuf_free(record);

	if (ret)
		ledger_wrong(ledger, "a record can't be freed: %s",
			     ipcbuf_strerror(ret));
}
