// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The results as a table, for people. */
#include "report.h"

#include "units.h"

#include <stdio.h>

typedef unsigned long long ull;

static void print_warmup(const struct results *results)
{
	const struct warmup *warmup = &results->warmup;
	char read[UNITS_MAX];
	char bytes[UNITS_MAX];

	format_bytes(read, warmup->read_bytes);
	format_bytes(bytes, warmup->bytes);
	if (warmup->read_bytes < warmup->bytes)
		printf("The page cache was warmed with the first %s of %s.\n",
		       read, bytes);
	else
		printf("The page cache was warmed: all %s had just been read.\n",
		       bytes);
}

static void print_region(const struct pass *pass, uint32_t depth_slots)
{
	const struct facts *facts = &pass->facts;
	char size[UNITS_MAX];
	char peak[UNITS_MAX];

	printf("Region: %s, wait: %s, size: %s, peak memory: %s, channels: 2 of %u records\n",
	       facts->backend, facts->wait,
	       format_memory(size, facts->size_bytes),
	       format_memory(peak, facts->peak_bytes), depth_slots);
	if (facts->stalls)
		printf("The region was full %llu times and had to drain; a larger --size avoids that.\n",
		       (ull)facts->stalls);
}

/* Returns what separates the next one from those before. */
static const char *print_skip(const char *before, const char *what,
			      uint64_t count)
{
	if (!count)
		return before;
	printf("%s %s: %llu", before, what, (ull)count);
	return ",";
}

static void print_skips(const struct skips *skips)
{
	const char *before = "Left out:";

	before = print_skip(before, "symbolic links", skips->symlinks);
	before = print_skip(before, "special files", skips->special);
	before = print_skip(before, "unreadable", skips->unreadable);
	before = print_skip(before, "vanished", skips->vanished);
	before = print_skip(before, "mount points", skips->mounts);
	before = print_skip(before, "cut short", skips->shortened);
	if (*before == ',')
		printf("\n");
}

static void print_pass(const struct pass *pass, const struct pass *first)
{
	double rate = gigabytes_per_second(pass->received.bytes, pass->seconds);
	double reference = gigabytes_per_second(first->received.bytes,
						first->seconds);

	printf("%-8s %9llu %15llu %9llu %9.3f %7.2f %9.2f  %s\n",
	       pass->transport, (ull)pass->received.files,
	       (ull)pass->received.bytes, (ull)pass->received.records,
	       pass->seconds, rate, reference > 0 ? rate / reference : 0,
	       pass_matches(pass) ? "agrees" : "DIFFERS");
}

static void print_digest(const char *who, const struct totals *totals)
{
	printf("  %s %016llx%016llx, %llu files, %llu bytes, %llu records\n",
	       who, (ull)totals->digest[1], (ull)totals->digest[0],
	       (ull)totals->files, (ull)totals->bytes, (ull)totals->records);
}

static void print_mismatch(const struct pass *pass)
{
	if (pass_matches(pass))
		return;
	printf("%s: what was received is not what was sent:\n",
	       pass->transport);
	print_digest("sent    ", &pass->sent);
	print_digest("received", &pass->received);
}

/* Each pass walks by itself: a tree that changes is not the transport's. */
static void print_sum(const struct results *results)
{
	const struct totals *first = &results->passes[0].sent;
	unsigned int i;

	for (i = 1; i < results->count; i++)
		if (!totals_equal(first, &results->passes[i].sent)) {
			printf("The files changed between the passes.\n");
			return;
		}
	printf("Digest of the tree: %016llx%016llx\n", (ull)first->digest[1],
	       (ull)first->digest[0]);
}

void report_table(const struct results *results)
{
	unsigned int i;

	printf("%s, one producer process to one process with two consumer threads.\n",
	       results->options->directory);
	print_warmup(results);
	print_region(&results->passes[0], results->options->depth_slots);
	print_skips(&results->passes[0].skips);
	printf("\n%-8s %9s %15s %9s %9s %7s %9s  %s\n", "", "files", "bytes",
	       "records", "seconds", "GB/s", "of 1st", "digest");
	for (i = 0; i < results->count; i++)
		print_pass(&results->passes[i], &results->passes[0]);
	printf("\n");
	for (i = 0; i < results->count; i++)
		print_mismatch(&results->passes[i]);
	print_sum(results);
}
