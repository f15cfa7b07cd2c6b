/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Tests of walks: one for each case of a table, over regions of each kind of
 * memory, or of waiting where that matters. Each fails if a victim that is
 * killed somewhere in its operation leaves anything but what walk.h says, or if
 * anybody hangs; and is skipped where children can't be stepped. Under
 * a sanitizer or an emulator there are many times the instructions, or no steps.
 * CRASH_ONLY= chooses one case.
 */
#ifndef SELFTESTS_CRASH_TESTS_H
#define SELFTESTS_CRASH_TESTS_H

#include "../../common/variants.h"

#include "cases.h"
#include "points.h"

#include <stdlib.h>
#include <string.h>

/* A kill has a limit of its own, see walk.c. */
#define WALK_SECONDS 36000

#ifdef FEW_VARIANTS
#define WALK_NOT "not under a sanitizer or an emulator"
#else
#define WALK_NOT step_why_not()
#endif

#define NAMED_MEMORIES(fixture) \
	VARIANT_FIELDS(fixture); \
	REGION_VARIANT(fixture, posix_futex, POSIX, FUTEX); \
	REGION_VARIANT(fixture, sysv_futex, SYSV, FUTEX); \
	REGION_VARIANT(fixture, kmod_kmod, KMOD, KMOD)

#define MEMORIES(fixture) \
	NAMED_MEMORIES(fixture); \
	REGION_VARIANT(fixture, memfd_futex, MEMFD, FUTEX)

#define WALK_FIXTURE(fixture, variants) \
	FIXTURE(fixture) { \
		const char *why_not; \
	}; \
	variants(fixture); \
	FIXTURE_SETUP(fixture) \
	{ \
		NEED_VARIANT(variant); \
		self->why_not = WALK_NOT; \
	} \
	FIXTURE_TEARDOWN(fixture) \
	{ \
	} \
	struct fixture##_needs_a_semicolon

/* NULL: walk it. */
static inline const char *walk_why_not(const char *name)
{
	const char *only = getenv("CRASH_ONLY");

	return only && strcmp(only, name) ? "CRASH_ONLY chose another one" :
					    NULL;
}

/* Where a step takes so long, a few stand for all. */
static inline const char *rescue_why_not(const char *name)
{
	static const char *const few[] = {
		"send_called", "channel_keep_joining",
	};
	unsigned int i;

	if (!getenv("KSFT_SLOW") || points_exhaustive())
		return NULL;
	for (i = 0; i < ARRAY_SIZE(few); i++)
		if (!strcmp(few[i], name))
			return NULL;
	return "a few of them have to do on an emulated machine";
}

#define WALK_UNLESS(name) \
	if (!self->why_not) \
		self->why_not = walk_why_not(#name); \
	if (self->why_not) \
		SKIP(return, "%s", self->why_not)

#define WALK_TEST(fixture, name) \
	TEST_F_TIMEOUT(fixture, name, WALK_SECONDS) \
	{ \
		WALK_UNLESS(name); \
		EXPECT_EQ(0, crash_walk(variant->backend, variant->wait, \
					&crash_##name)); \
	}

#define RESCUE_TEST(fixture, name, way, rescue) \
	TEST_F_TIMEOUT(fixture, name##_##way, WALK_SECONDS) \
	{ \
		if (!self->why_not) \
			self->why_not = rescue_why_not(#name "_" #way); \
		WALK_UNLESS(name); \
		EXPECT_EQ(0, crash_walk_rescue(variant->backend, \
					       variant->wait, \
					       &crash_##name, rescue)); \
	}

#endif
