// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who closes waits for a thread that is inside, and for no more than that call of its:
 * G3 of lib/reader.h. How far the closer is, is told by how often it has slept.
 */
#include "../common/variants.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "reader.h"

#define SLEEPS 20u

struct looker {
	int begun, next;		/* gates */
	int has_flag;
};

struct closer {
	int begun;
	pid_t tid;
	atomic_int is_over;
};

/* Inside all the time, but for a moment between two calls. */
static void *look_twice(void *arg)
{
	struct looker *looker = arg;

	ipcb_reader_join();
	looker->has_flag = !!ipcb_reader;
	if (looker->has_flag)
		ipcb_reader_enter(ipcb_reader);
	gate_post(looker->begun, 1);
	gate_wait(looker->next);
	if (!looker->has_flag)
		return NULL;
	ipcb_reader_look(ipcb_reader);
	gate_post(looker->begun, 1);
	gate_wait(looker->next);
	ipcb_reader_leave(ipcb_reader);
	ipcb_reader_enter(ipcb_reader);
	ipcb_reader_look(ipcb_reader);
	gate_wait(looker->next);
	ipcb_reader_leave(ipcb_reader);
	return NULL;
}

static void *wait_for_all(void *arg)
{
	struct closer *closer = arg;

	closer->tid = thread_id();
	gate_post(closer->begun, 1);
	ipcb_grace_period(NULL);
	atomic_store(&closer->is_over, 1);
	return NULL;
}

/* It looks each time that it has slept. */
static void await_looks(struct closer *closer)
{
	uint64_t enough = thread_look(closer->tid).voluntary_switches + SLEEPS;

	while (!atomic_load(&closer->is_over) &&
	       thread_look(closer->tid).voluntary_switches < enough)
		sched_yield();
}

/*
 * Fails if a thread is thought to be outside that may be in the same call as before (the
 * first two expectations), or hangs if one that is inside whenever somebody looks is
 * waited for.
 */
TEST(inside_whenever_looked_at)
{
	struct looker looker = { gate_new(), gate_new(), 0 };
	struct closer closer = { .begun = gate_new() };
	struct test_region region;
	pthread_t looks, closes;

	ASSERT_EQ(0, test_region_create(&region, IPCBUF_BACKEND_DEFAULT,
					IPCBUF_WAIT_DEFAULT, 2 * MIB));
	ASSERT_EQ(0, pthread_create(&looks, NULL, look_twice, &looker));
	gate_wait(looker.begun);
	if (looker.has_flag) {
		ASSERT_EQ(0, pthread_create(&closes, NULL, wait_for_all, &closer));
		gate_wait(closer.begun);
		await_looks(&closer);
		EXPECT_EQ(0, atomic_load(&closer.is_over));
		gate_post(looker.next, 1);
		gate_wait(looker.begun);
		await_looks(&closer);
		EXPECT_EQ(0, atomic_load(&closer.is_over));
		gate_post(looker.next, 1);
		ASSERT_EQ(0, pthread_join(closes, NULL));
	}
	gate_post(looker.next, 1);
	ASSERT_EQ(0, pthread_join(looks, NULL));
	EXPECT_EQ(0, test_region_end(&region));
	if (!looker.has_flag)
		SKIP(return, "threads have no flags here");
}

TEST_HARNESS_MAIN
