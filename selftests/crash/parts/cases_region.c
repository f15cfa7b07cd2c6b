// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Regions: joining one and leaving it with all that a member can have; making
 * one, and taking its name away. A name is there, and of use, or it isn't, and
 * can be had.
 */
#include "cases.h"
#include "peers.h"

#include "../../common/check.h"
#include "../../common/fill.h"

#include <errno.h>

#define IN_FLIGHT 3u

/* --- a member comes and goes ------------------------------------------------ */

static void join_region(struct crash *crash)
{
	crash->mine = test_region_join(&crash->region);
}

static void stage_consumer(struct crash *crash)
{
	crash->in = channel_join(crash->region.handle, 1, IPCBUF_CONSUMER, 4);
}

/* Records held and sent, blocks cached, a segment, a channel of its own. */
static void have_everything(struct crash *crash)
{
	struct ipcbuf_region *region = crash->mine;
	uint32_t serial;

	crash->out = channel_join(region, 1, IPCBUF_PRODUCER, 4);
	for (serial = 1; serial <= IN_FLIGHT; serial++)
		MUST_EQ(0, ipcbuf_channel_send(crash->out,
					       crash_message(region, serial)));
	record_new(region, 64);
	record_new(region, 30000);
	record_new(region, 1000000);
	MUST_EQ(0, ipcbuf_free(record_new(region, 5000)));
	MUST_EQ(0, ipcbuf_segment_open(region, ipcbuf_key_id(2), 500, NULL,
				       &crash->segment));
	crash->out = channel_join(region, 3, IPCBUF_PRODUCER, 4);
	MUST_EQ(0, ipcbuf_channel_send(crash->out, crash_message(region, 1)));
}

static void close_region(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_region_close(crash->mine));
}

/* What it had sent to the judge is there, all of it. */
static void judge_closed(struct crash *crash)
{
	int ret = drain(crash, crash->in, false);
	void *record;

	MUST_EQ(1, crash->page->first);
	MUST_EQ(IN_FLIGHT, crash->page->last);
	if (crash->ended)
		MUST_EQ(-EPIPE, ret);
	else if (ret != -EPIPE)
		MUST_EQ(-EOWNERDEAD, ret);
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(crash->in, &record));
	MUST_EQ(0, ipcbuf_channel_close(crash->in));
}

/* --- a name comes and goes -------------------------------------------------- */

static struct ipcbuf_region_options options_of(const struct crash *crash)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	options.size_bytes = 1 * MIB;
	options.backend = crash->backend;
	options.wait = crash->wait;
	return options;
}

static struct ipcbuf_region *create(struct crash *crash)
{
	struct ipcbuf_region_options options = options_of(crash);
	struct ipcbuf_region *region;

	MUST_EQ(0, ipcbuf_region_create(crash->region.name, &options, &region));
	return region;
}

static struct ipcbuf_region *open_or_create(struct crash *crash)
{
	struct ipcbuf_region_options options = options_of(crash);
	struct ipcbuf_region *region;

	MUST_EQ(0, ipcbuf_region_open_or_create(crash->region.name, &options,
						&region));
	return region;
}

static void create_region(struct crash *crash)
{
	crash->mine = create(crash);
}

static void open_or_create_region(struct crash *crash)
{
	crash->mine = open_or_create(crash);
}

/* One name for all rounds; the first round of a walk chooses it. */
static void stage_name(struct crash *crash)
{
	if (!crash->region.name[0])
		region_new_name(crash->region.name);
}

static void stage_region(struct crash *crash)
{
	stage_name(crash);
	MUST_EQ(0, ipcbuf_region_close(create(crash)));
}

static void unlink_region(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_region_unlink(crash->region.name));
}

static void use_and_close(struct ipcbuf_region *region)
{
	MUST_EQ(0, ipcbuf_free(record_new(region, 1000)));
	MUST_EQ(0, ipcbuf_channel_close(channel_join(region, 1,
						     IPCBUF_PRODUCER, 4)));
	MUST_EQ(0, ipcbuf_region_recover(region, NULL));
	MUST_EQ(1, region_info(region).members);
	MUST_EQ(0, region_verify(region));
	MUST_EQ(0, ipcbuf_region_close(region));
}

static int open_again(struct crash *crash)
{
	struct ipcbuf_region *region = POISON;
	int ret = ipcbuf_region_open(crash->region.name, NULL, &region);

	if (ret)
		MUST(region == POISON);
	else
		use_and_close(region);
	return ret;
}

static void name_must_work(struct crash *crash)
{
	use_and_close(open_or_create(crash));
	MUST_EQ(0, ipcbuf_region_unlink(crash->region.name));
	MUST_EQ(-ENOENT, ipcbuf_region_open(crash->region.name, NULL,
					    &crash->mine));
}

static void judge_created(struct crash *crash)
{
	int ret = open_again(crash);

	if (crash->ended || !ret)
		MUST_EQ(0, ret);
	else
		MUST_EQ(-ENOENT, ret);
	if (ret)
		use_and_close(create(crash));
	name_must_work(crash);
}

static void judge_unlinked(struct crash *crash)
{
	int ret = open_again(crash);

	if (crash->ended || ret)
		MUST_EQ(-ENOENT, ret);
	name_must_work(crash);
}

const struct crash_case crash_region_open = {
	.name = "region_open", .flags = CRASH_OUTSIDE, .operate = join_region,
};

const struct crash_case crash_region_close = {
	.name = "region_close", .stage = stage_consumer,
	.prepare = have_everything, .operate = close_region,
	.judge = judge_closed,
};

const struct crash_case crash_region_create = {
	.name = "region_create", .flags = CRASH_NOWHERE | CRASH_ALONE,
	.stage = stage_name, .operate = create_region, .judge = judge_created,
};

const struct crash_case crash_region_open_or_create = {
	.name = "region_open_or_create",
	.flags = CRASH_NOWHERE | CRASH_ALONE, .stage = stage_name,
	.operate = open_or_create_region, .judge = judge_created,
};

const struct crash_case crash_region_unlink = {
	.name = "region_unlink", .flags = CRASH_NOWHERE | CRASH_ALONE,
	.stage = stage_region, .operate = unlink_region,
	.judge = judge_unlinked,
};
