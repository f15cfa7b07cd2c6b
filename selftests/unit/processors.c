// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Does the library spin before it sleeps? Where the machine has more than one
 * processor, whichever of them the thread that asks first is kept to.
 */
#define _GNU_SOURCE
#include "../common/peer.h"
#include "kselftest_harness.h"

#include <sched.h>

#include "os.h"

/* @arg: what a thread says that isn't kept to one. */
static int says_otherwise(void *arg)
{
	const int *answer = arg;
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : (unsigned int)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return -1;
	return ipcb_os_is_multiprocessor() != *answer;
}

/* Fails if a thread that is kept to a processor takes it for the only one. */
TEST(kept_to_one)
{
	int answer = ipcb_os_is_multiprocessor();

	EXPECT_EQ(0, peer_wait(peer_start(says_otherwise, &answer)));
}

TEST_HARNESS_MAIN
