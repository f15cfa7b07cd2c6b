// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Making a region and taking its name away, killed after any instruction. */
#include "parts/tests.h"

WALK_FIXTURE(crash_region, NAMED_MEMORIES);

#define TEST_OF(name) WALK_TEST(crash_region, name)
REGION_CASES(TEST_OF)

TEST_HARNESS_MAIN
