// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A child of a process with other threads has none of them, but what they had locked
 * stays locked. liburcu has one lock that no handler of fork() takes: that under which
 * a thread is registered, and under which one that ends is counted out. So who forks must
 * be registered before, and wait for threads that are just ending: lib/rcu.c.
 */
#include "../common/variants.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
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

/* A thread whose end is held up where liburcu's part of it is over, and ours isn't. */
static struct {
	struct test_region region;
	pthread_key_t key;		/* made after liburcu's, before ours */
	pid_t forker;
	atomic_int has_begun, has_forked, is_over;
} ending;

static void end_slowly(void *unused)
{
	(void)unused;
	atomic_store(&ending.has_begun, 1);
	while (!atomic_load(&ending.has_forked) &&
	       thread_look(ending.forker).state != 'S')
		sched_yield();
	atomic_store(&ending.is_over, 1);
}

static void *register_and_end(void *unused)
{
	(void)unused;
	MUST_EQ(0, pthread_detach(pthread_self()));
	MUST_EQ(0, pthread_setspecific(ending.key, &ending));
	MUST_EQ(0, ipcbuf_channel_exists(ending.region.handle,
					 ipcbuf_key_id(1)));
	MUST(URCU_TLS(urcu_bp_reader) != NULL);
	return NULL;
}

static int was_over(void *unused)
{
	(void)unused;
	_exit(!atomic_load(&ending.is_over));
}

/* Fails if a child can be forked while another thread may have liburcu's lock. */
TEST(ending_thread)
{
	pthread_t thread;
	pid_t child;

	ending.forker = thread_id();
	ASSERT_EQ(0, pthread_key_create(&ending.key, end_slowly));
	ASSERT_EQ(0, test_region_create(&ending.region, IPCBUF_BACKEND_DEFAULT,
					IPCBUF_WAIT_DEFAULT, 2 * MIB));
	ASSERT_EQ(0, pthread_create(&thread, NULL, register_and_end, NULL));
	/* Never asleep before it forks. */
	while (!atomic_load(&ending.has_begun))
		sched_yield();
	child = peer_start(was_over, NULL);
	atomic_store(&ending.has_forked, 1);
	EXPECT_EQ(0, peer_wait(child));
	EXPECT_EQ(0, test_region_end(&ending.region));
}

TEST_HARNESS_MAIN
