// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Channels and segments that come and go. Half a channel is none; one that
 * somebody else has open stays, with all that is in it; what nobody has and
 * nobody wants to keep goes. An initialiser that came to its end isn't run
 * again, one that didn't is, from zeroes.
 */
#include "cases.h"
#include "peers.h"

#include "../../common/check.h"
#include "../../common/fill.h"

#include <errno.h>

#define IN_FLIGHT     3u
#define SEGMENT_BYTES 1000u
#define SEGMENT_KEY   ipcbuf_key_id(2)
/* Enough for a second level of the directory's table. */
#define MOST_CHANNELS 256
/* Of the block that holds it. */
#define LEVEL_BYTES   8192u

static struct ipcbuf_channel *keep(struct ipcbuf_region *region, int64_t id)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel;

	options.depth_slots = 4;
	options.flags = IPCBUF_CHANNEL_KEEP;
	MUST_EQ(0, ipcbuf_channel_open(region, ipcbuf_key_id(id),
				       IPCBUF_PRODUCER, &options, &channel));
	return channel;
}

static int exists(struct crash *crash, struct ipcbuf_key key)
{
	return ipcbuf_channel_exists(crash->region.handle, key);
}

/* --- a channel that comes --------------------------------------------------- */

static void open_channel(struct crash *crash)
{
	crash->out = channel_join(crash->mine, 1, IPCBUF_PRODUCER, 4);
}

static void open_kept(struct crash *crash)
{
	crash->out = keep(crash->mine, 1);
}

static void judge_none(struct crash *crash)
{
	MUST_EQ(0, exists(crash, ipcbuf_key_id(1)));
}

/* It is there or it isn't; either way one can be had. */
static void judge_kept(struct crash *crash)
{
	struct ipcbuf_region *region = crash->region.handle;

	if (crash->ended)
		MUST_EQ(1, exists(crash, ipcbuf_key_id(1)));
	MUST_EQ(0, ipcbuf_channel_close(keep(region, 1)));
	MUST_EQ(0, ipcbuf_channel_remove(region, ipcbuf_key_id(1)));
	MUST_EQ(0, exists(crash, ipcbuf_key_id(1)));
}

static int note_level(const struct ipcbuf_class_info *class, void *arg)
{
	if (class->block_bytes == LEVEL_BYTES)
		*(bool *)arg = class->held_blocks;
	return 0;
}

static bool has_two_levels(struct ipcbuf_region *region)
{
	bool found = false;

	MUST_EQ(0, ipcbuf_region_list_classes(region, note_level, &found));
	return found;
}

/* The number of the first channel for which there is no room: found once. */
static int64_t level_full_at(const struct crash *crash)
{
	static int64_t found;
	struct test_region region;
	int64_t id = 0;

	if (found)
		return found;
	MUST_EQ(0, test_region_create(&region, crash->backend, crash->wait,
				      1 * MIB));
	do {
		MUST_EQ(0, ipcbuf_channel_close(keep(region.handle, ++id)));
		MUST(id < MOST_CHANNELS);
	} while (!has_two_levels(region.handle));
	MUST_EQ(0, test_region_end(&region));
	found = id;
	return id;
}

static void stage_level(struct crash *crash)
{
	int64_t id;

	for (id = 1; id < level_full_at(crash); id++)
		MUST_EQ(0, ipcbuf_channel_close(keep(crash->region.handle,
						     id)));
	MUST(!has_two_levels(crash->region.handle));
}

static void open_one_more(struct crash *crash)
{
	crash->out = keep(crash->mine, level_full_at(crash));
}

/* The level is made in any case: levels stay. */
static void judge_level(struct crash *crash)
{
	struct ipcbuf_region *region = crash->region.handle;
	int64_t last = level_full_at(crash), id;

	if (crash->ended)
		MUST_EQ(1, exists(crash, ipcbuf_key_id(last)));
	MUST_EQ(0, ipcbuf_channel_close(keep(region, last)));
	MUST(has_two_levels(region));
	for (id = 1; id <= last; id++)
		MUST_EQ(0, ipcbuf_channel_remove(region, ipcbuf_key_id(id)));
}

/* --- a channel that the judge has open -------------------------------------- */

static void send_some(struct ipcbuf_region *region, struct ipcbuf_channel *out)
{
	uint32_t serial;

	for (serial = 1; serial <= IN_FLIGHT; serial++)
		MUST_EQ(0, ipcbuf_channel_send(out,
					       crash_message(region, serial)));
}

static void stage_producer(struct crash *crash)
{
	crash->out = channel_join(crash->region.handle, 1, IPCBUF_PRODUCER, 4);
	send_some(crash->region.handle, crash->out);
}

static void stage_consumer(struct crash *crash)
{
	crash->in = channel_join(crash->region.handle, 1, IPCBUF_CONSUMER, 4);
}

static void open_consumer(struct crash *crash)
{
	crash->in = channel_join(crash->mine, 1, IPCBUF_CONSUMER, 4);
}

static void open_producer_and_send(struct crash *crash)
{
	open_channel(crash);
	send_some(crash->mine, crash->out);
}

static void close_producer(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_channel_close(crash->out));
}

static void close_consumer(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_channel_close(crash->in));
}

static void all_in_flight(struct crash *crash)
{
	MUST_EQ(1, crash->page->first);
	MUST_EQ(IN_FLIGHT, crash->page->last);
}

/* A new consumer gets everything. */
static void judge_new_consumer(struct crash *crash)
{
	crash->in = channel_join(crash->region.handle, 1, IPCBUF_CONSUMER, 4);
	MUST_EQ(-EAGAIN, drain(crash, crash->in, false));
	all_in_flight(crash);
	MUST_EQ(0, ipcbuf_channel_close(crash->in));
	MUST_EQ(0, ipcbuf_channel_close(crash->out));
}

/* Whoever has left isn't dead; told once, and not before the last record. */
static void judge_producer_left(struct crash *crash)
{
	int ret = drain(crash, crash->in, false);
	void *record;

	all_in_flight(crash);
	if (crash->ended)
		MUST_EQ(-EPIPE, ret);
	else if (ret != -EPIPE)
		MUST_EQ(-EOWNERDEAD, ret);
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(crash->in, &record));
	MUST_EQ(0, ipcbuf_channel_close(crash->in));
}

static void open_both_and_send(struct crash *crash)
{
	open_producer_and_send(crash);
	open_consumer(crash);
	MUST_EQ(0, ipcbuf_channel_close(crash->in));
}

/* --- a channel that is removed ---------------------------------------------- */

static void stage_kept(struct crash *crash)
{
	crash->out = keep(crash->region.handle, 1);
	send_some(crash->region.handle, crash->out);
	MUST_EQ(0, ipcbuf_channel_close(crash->out));
}

static void stage_kept_and_join(struct crash *crash)
{
	stage_kept(crash);
	stage_consumer(crash);
}

static void remove_channel(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_channel_remove(crash->mine, ipcbuf_key_id(1)));
}

static void judge_removed(struct crash *crash)
{
	int ret = ipcbuf_channel_remove(crash->region.handle, ipcbuf_key_id(1));

	if (crash->ended || ret)
		MUST_EQ(-ENOENT, ret);
	MUST_EQ(0, exists(crash, ipcbuf_key_id(1)));
}

/* Before it is removed there are records; then, nothing but -EPIPE. */
static void judge_removed_attached(struct crash *crash)
{
	void *record;
	int ret = drain(crash, crash->in, false);

	MUST_EQ(-EPIPE, ret);
	if (crash->page->first)
		all_in_flight(crash);
	if (crash->ended)
		MUST_EQ(0, crash->page->first);
	judge_removed(crash);
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(crash->in, &record));
	MUST_EQ(0, ipcbuf_channel_close(crash->in));
}

/* --- segments --------------------------------------------------------------- */

static int initialise(void *address, size_t bytes, void *arg)
{
	struct crash *crash = arg;
	unsigned char *memory = address;
	size_t i;

	for (i = 0; i < bytes; i++)
		MUST(!memory[i]);
	fill_write(address, bytes, 3);
	__atomic_fetch_add(&crash->page->inits, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void open_segment(struct crash *crash, struct ipcbuf_region *region,
			 uint32_t flags)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	void *address;

	options.init = initialise;
	options.arg = crash;
	options.flags = flags;
	MUST_EQ(0, ipcbuf_segment_open(region, SEGMENT_KEY, SEGMENT_BYTES,
				       &options, &crash->segment));
	MUST_EQ(0, ipcbuf_segment_address(crash->segment, &address, NULL));
	MUST(fill_matches(address, SEGMENT_BYTES, 3));
}

static void open_plain_segment(struct crash *crash)
{
	open_segment(crash, crash->mine, 0);
}

static void open_kept_segment(struct crash *crash)
{
	open_segment(crash, crash->mine, IPCBUF_SEGMENT_KEEP);
}

static void stage_segment(struct crash *crash)
{
	open_segment(crash, crash->region.handle, 0);
}

static void stage_kept_segment(struct crash *crash)
{
	open_segment(crash, crash->region.handle, IPCBUF_SEGMENT_KEEP);
	MUST_EQ(0, ipcbuf_segment_close(crash->segment));
}

static void close_segment(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_segment_close(crash->segment));
}

static void remove_segment(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_segment_remove(crash->mine, SEGMENT_KEY));
}

static void judge_no_segment(struct crash *crash)
{
	MUST_EQ(0, exists(crash, SEGMENT_KEY));
}

/* The next one has it at once, or makes it what it is to be. */
static void judge_kept_segment(struct crash *crash)
{
	uint32_t inits = crash->page->inits;

	open_segment(crash, crash->region.handle, IPCBUF_SEGMENT_KEEP);
	MUST(crash->page->inits <= inits + 1);
	if (!inits)
		MUST_EQ(1, crash->page->inits);
	if (crash->ended)
		MUST_EQ(1, crash->page->inits);
	MUST_EQ(0, ipcbuf_segment_close(crash->segment));
	MUST_EQ(0, ipcbuf_segment_remove(crash->region.handle, SEGMENT_KEY));
	judge_no_segment(crash);
}

static void judge_own_segment(struct crash *crash)
{
	void *address;

	MUST_EQ(1, crash->page->inits);
	MUST_EQ(1, exists(crash, SEGMENT_KEY));
	MUST_EQ(0, ipcbuf_segment_address(crash->segment, &address, NULL));
	MUST(fill_matches(address, SEGMENT_BYTES, 3));
	MUST_EQ(0, ipcbuf_segment_close(crash->segment));
	judge_no_segment(crash);
}

static void judge_segment_removed(struct crash *crash)
{
	int ret = ipcbuf_segment_remove(crash->region.handle, SEGMENT_KEY);

	if (crash->ended || ret)
		MUST_EQ(-ENOENT, ret);
	judge_no_segment(crash);
}

#define OBJECT(called, bits, staged, prepared, operated, judged) \
	const struct crash_case crash_##called = { \
		.name = #called, .flags = bits, .stage = staged, \
		.prepare = prepared, .operate = operated, .judge = judged, \
	}

OBJECT(channel_first, CRASH_FRESH, NULL, NULL, open_channel, judge_none);
/* Its entry in the directory has never said another key. */
OBJECT(channel_first_keep, CRASH_FRESH | CRASH_ALONE, NULL, NULL, open_kept,
       judge_kept);
OBJECT(channel_level, CRASH_FRESH | CRASH_ALONE, stage_level, NULL,
       open_one_more, judge_level);
OBJECT(channel_create, 0, NULL, NULL, open_channel, judge_none);
OBJECT(channel_keep, 0, NULL, NULL, open_kept, judge_kept);
OBJECT(channel_join, 0, stage_producer, NULL, open_consumer,
       judge_new_consumer);
OBJECT(channel_leave_producer, 0, stage_consumer, open_producer_and_send,
       close_producer, judge_producer_left);
OBJECT(channel_leave_consumer, 0, stage_producer, open_consumer,
       close_consumer, judge_new_consumer);
OBJECT(channel_leave_last, 0, NULL, open_both_and_send, close_producer,
       judge_none);
OBJECT(channel_remove, 0, stage_kept, NULL, remove_channel, judge_removed);
OBJECT(channel_remove_attached, 0, stage_kept_and_join, NULL, remove_channel,
       judge_removed_attached);
OBJECT(segment_create, 0, NULL, NULL, open_plain_segment, judge_no_segment);
OBJECT(segment_keep, 0, NULL, NULL, open_kept_segment, judge_kept_segment);
OBJECT(segment_join, 0, stage_segment, NULL, open_plain_segment,
       judge_own_segment);
OBJECT(segment_leave, 0, NULL, open_plain_segment, close_segment,
       judge_no_segment);
OBJECT(segment_remove, 0, stage_kept_segment, NULL, remove_segment,
       judge_segment_removed);
