// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Waking one that sleeps, and going to sleep, killed after any instruction. */
#include "parts/tests.h"

WALK_FIXTURE(crash_wait, ALL_VARIANTS);

#define TEST_OF(name) WALK_TEST(crash_wait, name)
WAIT_CASES(TEST_OF)

TEST_HARNESS_MAIN
