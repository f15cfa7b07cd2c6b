// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Allocating and freeing, of each kind, killed after any instruction. */
#include "parts/tests.h"

WALK_FIXTURE(crash_heap, MEMORIES);

#define TEST_OF(name) WALK_TEST(crash_heap, name)
HEAP_CASES(TEST_OF)

TEST_HARNESS_MAIN
