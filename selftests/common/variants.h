/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The harness, and the combinations of region and wait backend that every
 * test of a fixture runs over. A new backend is one more line here.
 *
 * Included once by each test program. REGION_FIXTURE() is what most use: each
 * test gets self->region, an empty region; when the test has ended, that region
 * must verify clean.
 */
#ifndef SELFTESTS_VARIANTS_H
#define SELFTESTS_VARIANTS_H

#include "kselftest_harness.h"

#include "check.h"
#include "peer.h"
#include "region.h"
#include "system.h"

#define REGION_VARIANT(fixture, label, backend_name, wait_name) \
	FIXTURE_VARIANT_ADD(fixture, label) { \
		.backend = IPCBUF_BACKEND_##backend_name, \
		.wait = IPCBUF_WAIT_##wait_name, \
	}

#define VARIANT_FIELDS(fixture) \
	FIXTURE_VARIANT(fixture) { \
		uint32_t backend; \
		uint32_t wait; \
	}

/*
 * The first thing in the setup of a fixture that has variants: one that this
 * machine hasn't got, or that $IPCBUF_TEST_BACKEND doesn't name,
 * is skipped. A failed assertion's way out ends it here, since the harness would
 * go on with a test whose setup was skipped.
 */
#define NEED_VARIANT(which) \
	do { \
		const char *variant_missing = \
			region_why_not((which)->backend, (which)->wait); \
		if (variant_missing) \
			SKIP(longjmp(_metadata->env, 1), "%s", \
			     variant_missing); \
	} while (0)

/* The first thing in a test that can't do with a smaller region. */
#define NEED_BYTES(which, bytes) \
	do { \
		const char *bytes_missing = \
			system_why_smaller((which)->backend, bytes); \
		if (bytes_missing) \
			SKIP(return, "%s", bytes_missing); \
	} while (0)

/* The first thing in a test of a backend that it names itself. */
#define NEED_BACKEND(backend_name, wait_name) \
	do { \
		const char *backend_missing = \
			system_why_not(IPCBUF_BACKEND_##backend_name, \
				       IPCBUF_WAIT_##wait_name); \
		if (backend_missing) \
			SKIP(return, "%s", backend_missing); \
	} while (0)

/*
 * Under a sanitizer or an emulator every test is many times slower: there two
 * combinations stand for all.
 */
#ifdef FEW_VARIANTS
#define FILE_VARIANTS(fixture) \
	VARIANT_FIELDS(fixture); \
	REGION_VARIANT(fixture, posix_futex, POSIX, FUTEX); \
	REGION_VARIANT(fixture, sysv_posixsem, SYSV, POSIX_SEM)

#define NAMED_VARIANTS(fixture) \
	FILE_VARIANTS(fixture); \
	REGION_VARIANT(fixture, kmod_kmod, KMOD, KMOD)

#define ALL_VARIANTS(fixture) \
	NAMED_VARIANTS(fixture)
#else
/* Those whose names are files. */
#define FILE_VARIANTS(fixture) \
	VARIANT_FIELDS(fixture); \
	REGION_VARIANT(fixture, posix_futex, POSIX, FUTEX); \
	REGION_VARIANT(fixture, posix_posixsem, POSIX, POSIX_SEM); \
	REGION_VARIANT(fixture, posix_sysvsem, POSIX, SYSV_SEM); \
	REGION_VARIANT(fixture, sysv_futex, SYSV, FUTEX); \
	REGION_VARIANT(fixture, sysv_posixsem, SYSV, POSIX_SEM); \
	REGION_VARIANT(fixture, sysv_sysvsem, SYSV, SYSV_SEM)

#define NAMED_VARIANTS(fixture) \
	FILE_VARIANTS(fixture); \
	REGION_VARIANT(fixture, kmod_futex, KMOD, FUTEX); \
	REGION_VARIANT(fixture, kmod_kmod, KMOD, KMOD)

#define ALL_VARIANTS(fixture) \
	NAMED_VARIANTS(fixture); \
	REGION_VARIANT(fixture, memfd_futex, MEMFD, FUTEX)
#endif

#define REGION_FIXTURE_OVER(variants, fixture, bytes) \
	FIXTURE(fixture) { \
		struct test_region region; \
	}; \
	variants(fixture); \
	FIXTURE_SETUP(fixture) \
	{ \
		NEED_VARIANT(variant); \
		ASSERT_EQ(0, test_region_create(&self->region, \
						variant->backend, \
						variant->wait, bytes)); \
	} \
	FIXTURE_TEARDOWN(fixture) \
	{ \
		EXPECT_EQ(0, region_verify(self->region.handle)); \
		EXPECT_EQ(0, test_region_end(&self->region)); \
	} \
	struct fixture##_needs_a_semicolon

#define REGION_FIXTURE(fixture, bytes) \
	REGION_FIXTURE_OVER(ALL_VARIANTS, fixture, bytes)

#endif
