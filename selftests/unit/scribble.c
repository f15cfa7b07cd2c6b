// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A peer gone mad, or hostile: it writes whatever it likes into the tables of a
 * region, the objects in its heap, and everywhere else, while others work in
 * it and die in it. What they get may be an error or nonsense. What they mustn't
 * do is crash, touch memory outside of the region (which has guards), or never
 * come back from a call.
 *
 * A region that is ruined has little left to go wrong in. So there are many
 * short episodes, each in a new region, from a word now and then to a storm. A
 * few of them by default; $SCRIBBLE_SECONDS has as many as so long takes.
 */
#include "../common/guard.h"
#include "../common/variants.h"
#include "../common/worker.h"

#include <time.h>

#include "channel.h"

#define EPISODES     10u
#define PACES	     15u
#define WORKERS	     2u
#define STEPS	     400u
#define REGION_BYTES (8 * MIB)
/* Of the region's own memory, a table at most. */
#define BURST_BYTES  512u

FIXTURE(scribble) {
	struct test_region region;
	int started;
	int go;
	int halfway;
	int done;
	uint64_t seed;
	uint64_t pace;			/* turns between two words, at most */
};

ALL_VARIANTS(scribble);

FIXTURE_SETUP(scribble)
{
	NEED_VARIANT(variant);
	self->started = gate_new();
	self->go = gate_new();
	self->halfway = gate_new();
	self->done = gate_new();
}

FIXTURE_TEARDOWN(scribble)
{
}

static int work(void *arg)
{
	FIXTURE_DATA(scribble) *self = arg;
	struct worker worker;
	unsigned int i;

	worker_begin(&worker, &self->region, self->seed, self->seed % 2);
	gate_post(self->started, 1);
	gate_wait(self->go);
	for (i = 0; i < STEPS; i++) {
		if (i == STEPS / 2)
			gate_post(self->halfway, 1);
		worker_step(&worker);
	}
	worker_end(&worker);
	return 0;
}

/* It has both ends of a channel, and is killed over whatever it does. */
static int work_for_ever(void *arg)
{
	FIXTURE_DATA(scribble) *self = arg;
	struct worker worker;

	worker_begin(&worker, &self->region, self->seed, self->seed % 2);
	gate_post(self->started, 1);
	gate_wait(self->go);
	for (;;)
		worker_step(&worker);
	return 0;
}

struct hostile {
	struct ipcbuf_region *region;
	struct random random;
};

struct part {
	uint64_t offset;
	uint64_t bytes;
};

/* One of the directory's objects: its ends, and the first of its slots. */
static struct part some_object(struct hostile *hostile)
{
	const struct ipcb_geometry *g = &hostile->region->g;
	uint64_t level = ipcb_load_relaxed(
		&hostile->region->header->dir_level[0]);
	uint64_t *words, i, offset;

	level &= ~UINT64_C(7);
	if (level - g->heap_offset > g->heap_bytes - 4096)
		return (struct part){ g->heap_offset, g->heap_bytes };
	words = ipcb_at(hostile->region, level);
	for (i = 0; i < 256; i++) {
		offset = ipcb_load_relaxed(&words[2 * i + 1]) >> 3 << 6;
		if (offset - g->heap_offset <= g->heap_bytes - 1024 &&
		    random_below(&hostile->random, 3) == 0)
			return (struct part){ offset, 1024 };
	}
	return (struct part){ level, 4096 };
}

static struct part some_part(struct hostile *hostile)
{
	const struct ipcb_geometry *g = &hostile->region->g;
	uint64_t all = g->size_bytes;

	switch (random_below(&hostile->random, 12)) {
	case 0:
		return (struct part){ 0, sizeof(struct ipcb_header) };
	case 1:
		return (struct part){ g->members_offset, 16 * 64 };
	case 2:
		return (struct part){ g->waiters_offset, 16 * 64 };
	case 3:
		return (struct part){ g->sems_offset, 256 };
	case 4:
		return (struct part){ g->frames_offset, 8 * g->frames };
	case 5:
		return (struct part){ g->slabs_offset, 8 * g->frames <<
				      g->slabs_per_frame_shift };
	case 6:
		return (struct part){ g->few_own_offset,
				      g->own_offset - g->few_own_offset };
	case 7:
		return (struct part){ g->own_offset,
				      g->heap_offset - g->own_offset };
	case 8:
		return (struct part){ 0, g->heap_offset };
	case 9:
		return (struct part){ 0, all };
	default:
		return some_object(hostile);
	}
}

static uint64_t word_of(const struct hostile *hostile, uint64_t word)
{
	return ipcb_load_relaxed((uint64_t *)ipcb_at(hostile->region, 8 * word));
}

/* What a frame or a slab could say, or what a slot could. */
static uint64_t likely(struct hostile *hostile)
{
	const struct ipcb_geometry *g = &hostile->region->g;
	struct random *random = &hostile->random;
	unsigned int kind = (unsigned int)random_below(random, 9);
	unsigned int member = (unsigned int)random_below(random, 6);

	switch (random_below(random, 3)) {
	case 0:
		return ipcb_frame_word(kind, member,
				       random_below(random, 2 * g->frames));
	case 1:
		return ipcb_slab_word(kind, (unsigned int)random_below(
					      random, IPCB_CLASSES + 2),
				      member, (uint32_t)member);
	default:
		return (g->heap_offset + random_below(random, g->heap_bytes)) >>
		       6 << 2 | random_below(random, 4);
	}
}

/* Bits turned over, small numbers, copies of other words, and noise. */
static uint64_t nonsense(struct hostile *hostile, uint64_t old)
{
	struct random *random = &hostile->random;

	switch (random_below(random, 6)) {
	case 0:
		return old ^ UINT64_C(1) << random_below(random, 64);
	case 1:
		return random_below(random, 300);
	case 2:
		return word_of(hostile, random_below(
			random, hostile->region->g.size_bytes / 8));
	case 3:
		return old + random_below(random, 5) - 2;
	case 4:
		return likely(hostile);
	default:
		return random_next(random);
	}
}

/* A word, or a 16-bit word, as own words are; or a stretch without a zero. */
static void write_nonsense(struct hostile *hostile)
{
	struct random *random = &hostile->random;
	struct part part = some_part(hostile);
	uint64_t at = part.offset + random_below(random, part.bytes) / 8 * 8;
	uint64_t *word = ipcb_at(hostile->region, at);
	uint64_t value = nonsense(hostile, ipcb_load_relaxed(word));
	uint16_t *half;

	switch (random_below(random, 16)) {
	case 0:
		memset(word, 'x', (size_t)random_below(random, ipcb_min(
			BURST_BYTES, hostile->region->g.size_bytes - at)));
		break;
	case 1 ... 5:
		half = (uint16_t *)(void *)word + random_below(random, 4);
		ipcb_store_relaxed(half, (uint16_t)value);
		break;
	default:
		ipcb_store_relaxed(word, value);
	}
}

static int scribble(void *arg)
{
	FIXTURE_DATA(scribble) *self = arg;
	struct hostile hostile = { .random = { self->seed } };

	hostile.region = test_region_join(&self->region);
	gate_post(self->started, 1);
	gate_wait(self->go);
	while (!gate_is_open(self->done)) {
		write_nonsense(&hostile);
		random_delay(&hostile.random, self->pace);
	}
	_exit(0);
}

static pid_t start(FIXTURE_DATA(scribble) *self, int (*run)(void *arg))
{
	pid_t peer;

	self->seed++;
	peer = peer_start(run, self);
	gate_wait(self->started);
	return peer;
}

/* The region is ruined in the end; its name must still be removable. */
static void episode(struct __test_metadata *_metadata,
		    FIXTURE_DATA(scribble) *self)
{
	pid_t workers[WORKERS], mortal, hostile;
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		workers[i] = start(self, work);
	mortal = start(self, work_for_ever);
	hostile = start(self, scribble);
	gate_post(self->go, WORKERS + 2);
	gate_wait(self->halfway);
	EXPECT_EQ(-SIGKILL, peer_kill(mortal));
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(0, peer_wait(workers[i]));
	gate_post(self->done, 1);
	EXPECT_EQ(0, peer_wait(hostile));
	gate_wait(self->done);
	gate_wait(self->halfway);
	worker_watch("recover and verify");
	worker_sane(ipcbuf_region_recover(self->region.handle, NULL));
	worker_sane(ipcbuf_region_verify(self->region.handle, NULL, NULL));
}

static void one_more(struct __test_metadata *_metadata,
		     FIXTURE_DATA(scribble) *self, uint64_t number,
		     uint32_t backend, uint32_t wait)
{
	void *record;

	self->seed = number << 8;
	self->pace = UINT64_C(16) << number * 4 % PACES;
	ASSERT_EQ(0, test_region_create(&self->region, backend, wait,
					REGION_BYTES));
	record = record_new(self->region.handle, 64);
	ASSERT_TRUE(guard_has(record));
	episode(_metadata, self);
	worker_watch("end of the region");
	EXPECT_EQ(0, test_region_end(&self->region));
	EXPECT_FALSE(guard_has(record));
	alarm(0);
}

/* 0: until so many episodes are over. */
static uint64_t seconds_wanted(void)
{
	const char *seconds = getenv("SCRIBBLE_SECONDS");

	return seconds ? strtoull(seconds, NULL, 10) : 0;
}

/* Fails if anybody but the region is the worse for it. */
TEST_F_TIMEOUT(scribble, episodes, 100000)
{
	uint64_t seconds = seconds_wanted(), number = 0;
	uint64_t end_ns = ipcbuf_deadline_ns(seconds * UINT64_C(1000000000));

	while (_metadata->passed && (seconds ? ipcbuf_now_ns() < end_ns :
					       number < EPISODES))
		one_more(_metadata, self, number++, variant->backend,
			 variant->wait);
	if (seconds || !_metadata->passed)
		TH_LOG("%llu episodes, the last from seed %#llx",
		       (unsigned long long)number,
		       (unsigned long long)(number - 1) << 8);
}

TEST_HARNESS_MAIN
