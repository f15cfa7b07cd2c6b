// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A child of a process with other threads has none of them, but what they had locked
 * stays locked. liburcu has one lock that no handler of fork() takes: that under which
 * a thread is registered, and under which one that ends is counted out. So a child must
 * be registered from the start.
 */
#include "../common/variants.h"

#include <pthread.h>
#include <unistd.h>

#include "rcu.h"

REGION_FIXTURE(forked, 2 * MIB);

/*
 * It doesn't look for leaks in the end: what its parent's other thread knows alone is lost
 * to it.
 */
static int is_registered(void *unused)
{
	(void)unused;
	MUST(URCU_TLS(urcu_bp_reader) != NULL);
	_exit(0);
}

/* Fresh: it has never been inside a call that reads under RCU. */
static void *fork_from_here(void *result)
{
	MUST(!URCU_TLS(urcu_bp_reader));
	*(int *)result = peer_wait(peer_start(is_registered, NULL));
	return NULL;
}

/*
 * Fails if the child of a thread that has looked up nothing yet would have to take
 * liburcu's lock for its own first look-up, and could wait for a thread that it hasn't.
 */
TEST_F(forked, registered_before)
{
	pthread_t forker;
	int result = 1;

	ASSERT_EQ(0, pthread_create(&forker, NULL, fork_from_here, &result));
	ASSERT_EQ(0, pthread_join(forker, NULL));
	EXPECT_EQ(0, result);
}

TEST_HARNESS_MAIN
