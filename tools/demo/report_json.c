// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The results as one JSON object, for programs. */
#include "report.h"

#include "units.h"

#include <stdio.h>

typedef unsigned long long ull;

/*
 * A path may hold any byte. What isn't printable ASCII is written as the code
 * point of that number, so that the output is always valid JSON.
 */
static void print_string(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	putchar('"');
	for (; *at; at++) {
		if (*at == '"' || *at == '\\')
			printf("\\%c", *at);
		else if (*at < 0x20 || *at > 0x7e)
			printf("\\u%04x", *at);
		else
			putchar(*at);
	}
	putchar('"');
}

static void print_skips(const struct skips *skips)
{
	printf("  \"skipped\": {\"symlinks\": %llu, \"special\": %llu, \"unreadable\": %llu, "
	       "\"vanished\": %llu, \"mounts\": %llu},\n  \"shortened\": %llu,\n",
	       (ull)skips->symlinks, (ull)skips->special,
	       (ull)skips->unreadable, (ull)skips->vanished,
	       (ull)skips->mounts, (ull)skips->shortened);
}

static void print_region(const struct facts *facts, uint32_t depth_slots)
{
	printf("  \"region\": {\"backend\": \"%s\", \"wait\": \"%s\", \"size_bytes\": %llu, "
	       "\"peak_committed_bytes\": %llu, \"depth_slots\": %u, \"stalls\": %llu},\n",
	       facts->backend, facts->wait, (ull)facts->size_bytes,
	       (ull)facts->peak_bytes, depth_slots, (ull)facts->stalls);
}

static void print_pass(const struct pass *pass, const char *end)
{
	const struct totals *totals = &pass->received;

	printf("    {\"transport\": \"%s\", \"files\": %llu, \"bytes\": %llu, \"records\": %llu, "
	       "\"seconds\": %.6f, \"gigabytes_per_second\": %.4f, "
	       "\"kernel_buffer_bytes\": %llu, \"digest\": \"%016llx%016llx\", \"agrees\": %s}%s\n",
	       pass->transport, (ull)totals->files, (ull)totals->bytes,
	       (ull)totals->records, pass->seconds,
	       gigabytes_per_second(totals->bytes, pass->seconds),
	       (ull)pass->facts.buffer_bytes, (ull)totals->digest[1],
	       (ull)totals->digest[0], pass_matches(pass) ? "true" : "false",
	       end);
}

void report_json(const struct results *results)
{
	const struct warmup *warmup = &results->warmup;
	unsigned int i;

	printf("{\n  \"directory\": ");
	print_string(results->options->directory);
	printf(",\n  \"warmup\": {\"files\": %llu, \"bytes\": %llu, \"read_bytes\": %llu},\n",
	       (ull)warmup->files, (ull)warmup->bytes,
	       (ull)warmup->read_bytes);
	print_skips(&results->passes[0].skips);
	print_region(&results->passes[0].facts, results->options->depth_slots);
	printf("  \"passes\": [\n");
	for (i = 0; i < results->count; i++)
		print_pass(&results->passes[i],
			   i + 1 < results->count ? "," : "");
	printf("  ]\n}\n");
}
