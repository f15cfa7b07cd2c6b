// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who waits for the directory has an entry in the region's table of waiters,
 * and a semaphore of its pool where that is how the region waits. There are so
 * many of each, and no more: those of the dead must come back.
 */
#include "../common/variants.h"

#include <sched.h>
#include <signal.h>

#include "directory.h"

REGION_FIXTURE(dead_waiters, 2 * MIB);

static unsigned int entries(const struct ipcbuf_region *region)
{
	unsigned int count = 0;
	uint32_t i;

	for (i = 0; i < region->g.max_waiters; i++)
		count += ipcb_load_acquire(&region->waiters[i].own) != 0;
	return count;
}

static unsigned int semaphores(const struct ipcbuf_region *region)
{
	unsigned int count = 0;
	uint32_t i;

	for (i = 0; i < region->g.max_sems; i++)
		count += ipcb_load_acquire(&region->wait.sem_claims[i]) != 0;
	return count;
}

/* Without ticks it keeps what it has until it is killed. */
static int wait_for_ever(void *arg)
{
	const struct test_region *region = arg;

	ipcb_wait_tick_ns = UINT64_MAX;
	return ipcbuf_channel_wait(test_region_join(region), ipcbuf_key_id(1),
				   IPCBUF_FOREVER);
}

/* Fails if recovery leaves either to a waiter that is dead. */
TEST_F(dead_waiters, come_back)
{
	const struct ipcbuf_region *region = self->region.handle;
	unsigned int pooled = region->wait.ops->uses_pool ? 1 : 0;
	pid_t waiter = peer_start(wait_for_ever, &self->region);

	while (entries(region) != 1 || semaphores(region) != pooled)
		sched_yield();
	EXPECT_EQ(-SIGKILL, peer_kill(waiter));
	EXPECT_EQ(1, entries(region));
	EXPECT_EQ(pooled, semaphores(region));
	EXPECT_EQ(0, ipcbuf_region_recover(self->region.handle, NULL));
	EXPECT_EQ(0, entries(region));
	EXPECT_EQ(0, semaphores(region));
}

TEST_HARNESS_MAIN
