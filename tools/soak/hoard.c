// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Records that are kept. See hoard.h. */
#include "hoard.h"

#include <errno.h>

/* What is left is freed outside of the lock: that may take a while. */
static struct record *swap(struct hoard *hoard, uint64_t place,
			   struct record *record)
{
	struct record *old;

	pthread_mutex_lock(&hoard->lock);
	old = hoard->records[place];
	hoard->records[place] = record;
	pthread_mutex_unlock(&hoard->lock);
	return old;
}

static void drop(struct runner *runner, struct record *record)
{
	if (!record)
		return;
	record_check(runner->ledger, record, RECORD_HOARDED);
	record_free(runner->ledger, record);
}

void hoard_put(struct runner *runner, struct record *record)
{
	uint64_t place = random_below(&runner->random, HOARD_RECORDS);

	record_address(record, RECORD_HOARDED, place, 0);
	ledger_count(runner->ledger, COUNT_HOARDED, 1);
	drop(runner, swap(&runner->session->hoard, place, record));
}

void hoard_turn(struct runner *runner)
{
	uint64_t place = random_below(&runner->random, HOARD_RECORDS);
	struct record *record;
	unsigned int bits = random_one_in(&runner->random, 8) ? 22 : 13;

	drop(runner, swap(&runner->session->hoard, place, NULL));
	if (random_one_in(&runner->random, 3))
		return;
	switch (record_new(runner->ledger, runner->session->region,
			   random_size(&runner->random, bits), &record)) {
	case 0:
		hoard_put(runner, record);
		break;
	case -ENOMEM:
		hoard_shed(runner);
		break;
	default:
		ledger_wrong(runner->ledger, "no record to keep");
	}
}

void hoard_shed(struct runner *runner)
{
	uint64_t place;

	for (place = 0; place < HOARD_RECORDS; place++)
		if (random_one_in(&runner->random, 2))
			drop(runner, swap(&runner->session->hoard, place,
					  NULL));
}

void hoard_empty(struct runner *runner)
{
	uint64_t place;

	for (place = 0; place < HOARD_RECORDS; place++)
		drop(runner, swap(&runner->session->hoard, place, NULL));
}
