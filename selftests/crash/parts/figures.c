// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Figures of regions, see figures.h. */
#include "figures.h"

#include "../../common/check.h"
#include "../../common/fill.h"
#include "../../common/system.h"

#include <errno.h>

/* Of these three the own words lie in a table each. */
#define SMALL_BYTES 8000u
#define BIG_BYTES   10000u
#define FEW_BYTES   30000u
#define MOST_TRIALS 4096
#define MOST_HANDLES 1100u

static const size_t keeper_bytes[CRASH_KEEPERS] = { 64, 20000, 70000 };

struct figures figures_of(struct crash *crash)
{
	struct ipcbuf_region_info info;

	MUST_EQ(0, ipcbuf_region_trim(crash->region.handle));
	info = region_info(crash->region.handle);
	if (!system_gives_back(crash->backend))
		info.committed_bytes = 0;
	return (struct figures){
		.held_records = info.held_records,
		.held_bytes = info.held_bytes,
		.committed_bytes = info.committed_bytes,
		.channels = info.channels,
		.segments = info.segments,
		.members = info.members,
	};
}

void figures_must_be(struct figures expected, struct figures seen)
{
	MUST_EQ(expected.held_records, seen.held_records);
	MUST_EQ(expected.held_bytes, seen.held_bytes);
	MUST_EQ(expected.channels, seen.channels);
	MUST_EQ(expected.segments, seen.segments);
	MUST_EQ(expected.members, seen.members);
	MUST_EQ(expected.committed_bytes, seen.committed_bytes);
}

static void fill_up(struct ipcbuf_region *region, size_t bytes)
{
	static void *records[MOST_TRIALS];
	unsigned int count = 0;
	int ret;

	while (!(ret = ipcbuf_alloc(region, bytes, &records[count])))
		MUST(++count < MOST_TRIALS);
	MUST_EQ(-ENOMEM, ret);
	while (count)
		MUST_EQ(0, ipcbuf_free(records[--count]));
	MUST_EQ(0, ipcbuf_region_trim(region));
}

void region_wear_in(struct ipcbuf_region *region)
{
	fill_up(region, SMALL_BYTES);
	fill_up(region, BIG_BYTES);
	fill_up(region, FEW_BYTES);
	MUST_EQ(0, ipcbuf_channel_close(channel_join(region, 1000,
						     IPCBUF_PRODUCER, 4)));
	MUST_EQ(0, ipcbuf_region_trim(region));
}

void handles_wear_in(struct ipcbuf_region *region)
{
	struct ipcbuf_segment *segment;
	unsigned int i;

	for (i = 0; i < MOST_HANDLES; i++) {
		MUST_EQ(0, ipcbuf_channel_close(channel_join(
				region, 1000, IPCBUF_PRODUCER, 4)));
		MUST_EQ(0, ipcbuf_segment_open(region, ipcbuf_key_id(1001), 100,
					       NULL, &segment));
		MUST_EQ(0, ipcbuf_segment_close(segment));
	}
}

void keepers_take(struct crash *crash)
{
	unsigned int i;

	for (i = 0; i < CRASH_KEEPERS; i++) {
		crash->keepers[i] = record_new(crash->region.handle,
					       keeper_bytes[i]);
		fill_write(crash->keepers[i], keeper_bytes[i], i);
	}
}

void keepers_check(struct crash *crash)
{
	unsigned int i;

	for (i = 0; i < CRASH_KEEPERS; i++)
		MUST(fill_matches(crash->keepers[i], keeper_bytes[i], i));
}

void region_must_work(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *out, *in;
	struct ipcbuf_segment *segment;
	unsigned int i;
	void *record;

	for (i = 0; i < CRASH_KEEPERS; i++)
		MUST_EQ(0, ipcbuf_free(record_new(region, keeper_bytes[i])));
	out = channel_join(region, 1001, IPCBUF_PRODUCER, 4);
	in = channel_join(region, 1001, IPCBUF_CONSUMER, 4);
	MUST_EQ(0, ipcbuf_channel_send(out, crash_message(region, 1)));
	MUST_EQ(0, ipcbuf_channel_recv(in, &record));
	MUST_EQ(1, crash_read(record));
	MUST_EQ(0, ipcbuf_channel_close(out));
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(in, &record));
	MUST_EQ(0, ipcbuf_channel_close(in));
	MUST_EQ(0, ipcbuf_segment_open(region, ipcbuf_key_id(1002), 100, NULL,
				       &segment));
	MUST_EQ(0, ipcbuf_segment_close(segment));
}
