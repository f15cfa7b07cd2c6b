// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Killed at every instruction: allocating and freeing, of each kind. Fails if
 * anything that the victim had in its hands, or was about to have or to give
 * back, stays; crash.h tells how.
 */
#include "../common/crash_variants.h"

#define SMALL 200u
#define BIG   20000u
#define RUN   200000u
#define HUGE  (3 * MIB)

CRASH_FIXTURE(crash_heap);

static void have(struct crash_scene *scene, unsigned int count, size_t bytes)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		scene->records[i] = record_new(scene->mine, bytes);
}

static void give(struct crash_scene *scene, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		MUST_EQ(0, ipcbuf_free(scene->records[i]));
}

static void one_small(struct crash_scene *scene)
{
	have(scene, 1, SMALL);
}

static void small_and_back(struct crash_scene *scene)
{
	have(scene, 1, SMALL);
	give(scene, 1);
}

static void many_small(struct crash_scene *scene)
{
	have(scene, CRASH_RECORDS, SMALL);
}

static void one_big(struct crash_scene *scene)
{
	have(scene, 1, BIG);
}

static void one_run(struct crash_scene *scene)
{
	have(scene, 1, RUN);
}

static void one_huge(struct crash_scene *scene)
{
	have(scene, 1, HUGE);
}

static void give_one(struct crash_scene *scene)
{
	give(scene, 1);
}

static void give_many(struct crash_scene *scene)
{
	give(scene, CRASH_RECORDS);
}

static void close_region(struct crash_scene *scene)
{
	MUST_EQ(0, ipcbuf_region_close(scene->mine));
}

static void open_region(struct crash_scene *scene)
{
	scene->mine = test_region_join(scene->region);
}

/* Only one has died, unless it had left or hadn't come. */
static void one_death(struct crash_scene *scene)
{
	MUST_EQ(1, scene->recovered);
}

static void at_most_one_death(struct crash_scene *scene)
{
	MUST(scene->recovered <= 1);
}

#define HEAP_TEST(test, prepare_it, operate_it, judge_it) \
	CRASH_TEST(crash_heap, test, \
		   .before = crash_nothing, .prepare = prepare_it, \
		   .operate = operate_it, .judge = judge_it) \
	CRASH_TEST(crash_heap, test##_beside_others, \
		   .before = crash_nothing, .prepare = prepare_it, \
		   .operate = operate_it, .judge = crash_nothing, \
		   .peer = crash_peer_allocates)

HEAP_TEST(alloc_first, crash_nothing, one_small, one_death)
HEAP_TEST(alloc_again, small_and_back, one_small, one_death)
HEAP_TEST(alloc_many, crash_nothing, many_small, one_death)
HEAP_TEST(alloc_big, crash_nothing, one_big, one_death)
HEAP_TEST(alloc_run, crash_nothing, one_run, one_death)
HEAP_TEST(alloc_huge, crash_nothing, one_huge, one_death)
HEAP_TEST(free_one, one_small, give_one, one_death)
HEAP_TEST(free_many, many_small, give_many, one_death)
HEAP_TEST(free_big, one_big, give_one, one_death)
HEAP_TEST(free_run, one_run, give_one, one_death)
HEAP_TEST(free_huge, one_huge, give_one, one_death)
HEAP_TEST(close, many_small, close_region, at_most_one_death)

CRASH_TEST(crash_heap, open,
	   .before = crash_nothing, .prepare = crash_nothing,
	   .operate = open_region, .judge = at_most_one_death,
	   .joins_late = true)

TEST_HARNESS_MAIN
