// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Recovery itself, killed after any instruction: of members that died in the
 * middle of what leaves most behind, by a member that calls for it and by one
 * that joins.
 */
#include "parts/tests.h"

WALK_FIXTURE(crash_rescue, MEMORIES);

#define TEST_OF(name) \
	RESCUE_TEST(crash_rescue, name, called, CRASH_CALL) \
	RESCUE_TEST(crash_rescue, name, joining, CRASH_JOIN)
RESCUE_CASES(TEST_OF)

TEST_HARNESS_MAIN
