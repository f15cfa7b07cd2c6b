/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The peer's operations where an end is records.h and nothing else. C and C++;
 * who includes this goes on to define bench_peer().
 */
#ifndef BENCH_RECORDS_PEER_H
#define BENCH_RECORDS_PEER_H

#include "records.h"

struct peer_end {
	struct records records;
};

static uint64_t peer_shared_bytes(const struct peer_setup *setup)
{
	return records_shared_bytes(setup);
}

static int peer_open(const struct peer_setup *setup, struct peer_end **ret_end)
{
	struct peer_end *end = (struct peer_end *)calloc(1, sizeof(*end));
	int ret;

	if (!end)
		return -ENOMEM;
	ret = records_open(&end->records, setup);
	if (ret)
		free(end);
	else
		*ret_end = end;
	return ret;
}

static void peer_close(struct peer_end *end)
{
	records_close(&end->records);
	free(end);
}

static int peer_alloc(struct peer_end *end, size_t bytes, void **ret_record)
{
	(void)bytes;
	return records_alloc(&end->records, ret_record);
}

static int peer_try_send(struct peer_end *end, void *record, size_t bytes)
{
	(void)bytes;
	return records_try_send(&end->records, record);
}

static int peer_try_recv(struct peer_end *end, void **ret_record)
{
	return records_try_recv(&end->records, ret_record);
}

static void peer_free(struct peer_end *end, void *record)
{
	records_free(&end->records, record);
}

#endif
