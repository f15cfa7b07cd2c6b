/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The fixture of the programs that kill at every instruction. Included once by
 * each. What differs between wait backends is waking and the pool of
 * semaphores, between region backends opening and committing: these few
 * combinations have each of them.
 */
#ifndef SELFTESTS_CRASH_VARIANTS_H
#define SELFTESTS_CRASH_VARIANTS_H

#include "variants.h"

#include "crash.h"

#include <stdlib.h>

#define CRASH_REGION_BYTES (8 * MIB)
#define CRASH_SECONDS      3600

#define CRASH_FIXTURE(fixture) \
	FIXTURE(fixture) { \
		struct test_region region; \
	}; \
	VARIANT_FIELDS(fixture); \
	REGION_VARIANT(fixture, posix_futex, POSIX, FUTEX); \
	REGION_VARIANT(fixture, posix_posixsem, POSIX, POSIX_SEM); \
	REGION_VARIANT(fixture, sysv_sysvsem, SYSV, SYSV_SEM); \
	REGION_VARIANT(fixture, memfd_futex, MEMFD, FUTEX); \
	REGION_VARIANT(fixture, kmod_kmod, KMOD, KMOD); \
	FIXTURE_SETUP(fixture) \
	{ \
		NEED_BACKEND(variant->backend); \
		ASSERT_EQ(0, test_region_create(&self->region, \
						variant->backend, \
						variant->wait, \
						CRASH_REGION_BYTES)); \
	} \
	FIXTURE_TEARDOWN(fixture) \
	{ \
		EXPECT_EQ(0, region_verify(self->region.handle)); \
		EXPECT_EQ(0, test_region_end(&self->region)); \
	} \
	struct fixture##_needs_a_semicolon

/* A test of one operation; what follows is its struct crash_op. */
#define CRASH_TEST(fixture, test, ...) \
	TEST_F_TIMEOUT(fixture, test, CRASH_SECONDS) \
	{ \
		static const struct crash_op op = { __VA_ARGS__ }; \
		if (getenv("KSFT_SLOW")) \
			SKIP(return, "single steps would take too long here"); \
		if (crash_not_chosen(#test)) \
			SKIP(return, "CRASH_ONLY chose another one"); \
		if (!crash_run(&self->region, #test, &op)) \
			SKIP(return, "nobody may trace here"); \
	}

#endif
