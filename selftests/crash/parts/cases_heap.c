// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Allocating and freeing. Whatever the victim was doing, its death leaves
 * nothing: all that it had is free again, which the figures say. What the judge
 * holds stays the judge's.
 */
#include "cases.h"

#include "../../common/check.h"
#include "../../common/fill.h"

#include <errno.h>
#include <pthread.h>

/* Sizes for a slab, a frame, a run of frames, and a run that nobody caches. */
#define SMALL 64u
#define BIG   20000u
#define RUN   100000u
#define HUGE  1000000u
/* What a thread keeps of SMALL blocks at the most. */
#define SMALL_CACHED 64u

static void *take(struct crash *crash, size_t bytes)
{
	void *record = record_new(crash->mine, bytes);

	fill_write(record, bytes < RUN ? bytes : RUN, 7);
	return record;
}

static void alloc_one(struct crash *crash, size_t bytes)
{
	crash->records[crash->count] = record_new(crash->mine, bytes);
	crash->count++;
}

static void alloc_small(struct crash *crash)
{
	alloc_one(crash, SMALL);
}

static void alloc_big(struct crash *crash)
{
	alloc_one(crash, BIG);
}

static void alloc_run(struct crash *crash)
{
	alloc_one(crash, RUN);
}

static void alloc_huge(struct crash *crash)
{
	alloc_one(crash, HUGE);
}

/* In a region of 1 MiB. */
static void alloc_half(struct crash *crash)
{
	alloc_one(crash, 500000);
}

static void hold_small(struct crash *crash)
{
	crash->records[crash->count++] = take(crash, SMALL);
}

static void hold_big(struct crash *crash)
{
	crash->records[crash->count++] = take(crash, BIG);
}

static void hold_run(struct crash *crash)
{
	crash->records[crash->count++] = take(crash, RUN);
}

static void hold_huge(struct crash *crash)
{
	crash->records[crash->count++] = take(crash, HUGE);
}

static void free_one(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_free(crash->records[0]));
}

/* The next one that is freed is one too many for the magazine. */
static void fill_magazine(struct crash *crash)
{
	unsigned int i;

	for (i = 0; i <= SMALL_CACHED + 1; i++)
		hold_small(crash);
	while (crash->count > SMALL_CACHED / 2)
		MUST_EQ(0, ipcbuf_free(crash->records[--crash->count]));
}

static void *hold_and_end(void *arg)
{
	struct crash *crash = arg;

	crash->records[0] = crash_message(crash->region.handle, 1);
	return NULL;
}

/* The slab of the judge's record belongs to a thread that has ended. */
static void make_orphan(struct crash *crash)
{
	pthread_t thread;

	MUST_EQ(0, pthread_create(&thread, NULL, hold_and_end, crash));
	MUST_EQ(0, pthread_join(thread, NULL));
}

static void judge_record(struct crash *crash)
{
	MUST_EQ(1, crash_read(crash->records[0]));
}

/* The judge sends what it has just allocated, or what make_orphan() left. */
static void stage_sent(struct crash *crash, void *record)
{
	crash->out = channel_join(crash->region.handle, 1, IPCBUF_PRODUCER, 4);
	MUST_EQ(0, ipcbuf_channel_send(crash->out, record));
}

static void stage_remote(struct crash *crash)
{
	stage_sent(crash, crash_message(crash->region.handle, 1));
}

static void stage_remote_huge(struct crash *crash)
{
	stage_sent(crash, record_new(crash->region.handle, HUGE));
}

static void stage_orphan_sent(struct crash *crash)
{
	make_orphan(crash);
	stage_sent(crash, crash->records[0]);
}

static void receive_it(struct crash *crash)
{
	crash->in = channel_join(crash->mine, 1, IPCBUF_CONSUMER, 4);
	MUST_EQ(0, ipcbuf_channel_recv(crash->in, &crash->records[0]));
}

static void judge_sender(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_channel_close(crash->out));
}

static void stage_full(struct crash *crash)
{
	static const size_t sizes[] = { HUGE, 60000 };
	unsigned int i;
	int ret;

	crash->count = 0;
	for (i = 0; i < 2; i++) {
		do {
			MUST(crash->count < CRASH_RECORDS);
			ret = ipcbuf_alloc(crash->region.handle, sizes[i],
					   &crash->records[crash->count]);
		} while (!ret && ++crash->count);
		MUST_EQ(-ENOMEM, ret);
	}
}

static void alloc_none(struct crash *crash)
{
	void *record = POISON;

	MUST_EQ(-ENOMEM, ipcbuf_alloc(crash->mine, 60000, &record));
	MUST(record == POISON);
}

static void judge_full(struct crash *crash)
{
	while (crash->count)
		MUST_EQ(0, ipcbuf_free(crash->records[--crash->count]));
}

/* Free spans of each kind, and one that isn't. */
static void hold_and_free(struct crash *crash)
{
	hold_small(crash);
	hold_big(crash);
	hold_run(crash);
	while (crash->count)
		MUST_EQ(0, ipcbuf_free(crash->records[--crash->count]));
	alloc_one(crash, 2 * SMALL);
}

static void trim(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_region_trim(crash->mine));
}

#define PLAIN(called, prepared, operated) \
	const struct crash_case crash_##called = { \
		.name = #called, .prepare = prepared, .operate = operated, \
	}

PLAIN(alloc_small, NULL, alloc_small);
PLAIN(alloc_cached, hold_small, alloc_small);
PLAIN(alloc_big, NULL, alloc_big);
PLAIN(alloc_run, NULL, alloc_run);
PLAIN(alloc_huge, NULL, alloc_huge);
PLAIN(free_cached, hold_small, free_one);
PLAIN(free_flush, fill_magazine, free_one);
PLAIN(free_big, hold_big, free_one);
PLAIN(free_run, hold_run, free_one);
PLAIN(free_huge, hold_huge, free_one);
PLAIN(trim, hold_and_free, trim);

const struct crash_case crash_alloc_first = {
	.name = "alloc_first", .flags = CRASH_FRESH, .operate = alloc_small,
};

const struct crash_case crash_alloc_first_huge = {
	.name = "alloc_first_huge", .flags = CRASH_FRESH | CRASH_ALONE,
	.operate = alloc_half,
};

const struct crash_case crash_alloc_orphan = {
	.name = "alloc_orphan", .stage = make_orphan, .operate = alloc_small,
	.judge = judge_record,
};

const struct crash_case crash_alloc_full = {
	.name = "alloc_full", .flags = CRASH_ALONE, .stage = stage_full,
	.operate = alloc_none, .judge = judge_full,
};

const struct crash_case crash_free_remote = {
	.name = "free_remote", .stage = stage_remote, .prepare = receive_it,
	.operate = free_one, .judge = judge_sender,
};

const struct crash_case crash_free_adopt = {
	.name = "free_adopt", .stage = stage_orphan_sent,
	.prepare = receive_it, .operate = free_one, .judge = judge_sender,
};

const struct crash_case crash_free_remote_huge = {
	.name = "free_remote_huge", .stage = stage_remote_huge,
	.prepare = receive_it, .operate = free_one, .judge = judge_sender,
};
