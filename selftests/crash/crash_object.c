// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Channels and segments that come and go, killed after any instruction. */
#include "parts/tests.h"

WALK_FIXTURE(crash_object, MEMORIES);

#define TEST_OF(name) WALK_TEST(crash_object, name)
OBJECT_CASES(TEST_OF)

TEST_HARNESS_MAIN
