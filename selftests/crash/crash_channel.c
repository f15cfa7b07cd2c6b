// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Sending and receiving and handing on, killed after any instruction. */
#include "parts/tests.h"

WALK_FIXTURE(crash_channel, MEMORIES);

#define TEST_OF(name) WALK_TEST(crash_channel, name)
CHANNEL_CASES(TEST_OF)

TEST_HARNESS_MAIN
