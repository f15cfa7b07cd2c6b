// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * How much memory many live records take, for each: by what the process has of
 * the machine more than before. Every byte of them is written. What takes its
 * memory when it is opened can't be seen by this.
 */
#include "families.h"
#include "polled.h"

#include <stdio.h>
#include <stdlib.h>

/* Exact, unlike the figures of /proc/self/statm. */
static uint64_t resident_bytes(void)
{
	FILE *stream = fopen("/proc/self/smaps_rollup", "re");
	unsigned long long kib = 0;
	char line[256];

	while (stream && fgets(line, sizeof(line), stream))
		if (sscanf(line, "Rss: %llu", &kib) == 1)
			break;
	if (stream)
		fclose(stream);
	return kib * 1024;
}

static int allocate_all(struct worker *worker, void **records)
{
	struct port port = polled_port(worker, worker->end);
	uint64_t count = worker->cell->live_records, i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++) {
		ret = worker->peer->alloc(port.end, port.bytes, &records[i]);
		if (!ret)
			pattern_write(records[i], port.bytes, i);
	}
	return ret;
}

static int free_all(struct worker *worker, void **records)
{
	struct port port = polled_port(worker, worker->end);
	uint64_t count = worker->cell->live_records, i;
	int ret = 0;

	for (i = 0; i < count && records[i]; i++) {
		if (pattern_differs(records[i], port.bytes, i))
			ret = -EBADMSG;
		worker->peer->free(port.end, records[i]);
	}
	return ret;
}

int run_memory(struct worker *worker)
{
	uint64_t count = worker->cell->live_records;
	void **records = malloc(count * sizeof(*records));
	uint64_t before, after;
	int ret, error;

	if (!records)
		return -ENOMEM;
	memset(records, 0, count * sizeof(*records));
	before = resident_bytes();
	ret = allocate_all(worker, records);
	after = resident_bytes();
	error = free_all(worker, records);
	free(records);
	if (!ret && !error &&
	    after - before < count * worker->cell->record_bytes)
		return -EOPNOTSUPP;
	worker->shared->outcome.value = (double)(after - before) /
					(double)count;
	return ret ? ret : error;
}
