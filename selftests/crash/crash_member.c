// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Joining a region and leaving it, killed after any instruction. */
#include "parts/tests.h"

WALK_FIXTURE(crash_member, MEMORIES);

#define TEST_OF(name) WALK_TEST(crash_member, name)
MEMBER_CASES(TEST_OF)

TEST_HARNESS_MAIN
