// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who waits uses no CPU. What is measured is the CPU time that the kernel has
 * charged to the waiting process, which doesn't depend on what else the
 * machine does; the time that passes is made of waits, too, and needn't be
 * exact: a thread that spins uses all of it, one that sleeps nearly none.
 */
#include "../common/variants.h"

#include <signal.h>

#define WAITS         20
#define WAIT_NS       UINT64_C(40000000)
#define MOST_OF_PASSED 10		/* one part in so many */

REGION_FIXTURE(idle, 4 * MIB);

struct waiter {
	const struct test_region *region;
	int started;
};

/* Each of these waits for ever and is killed in the end. */
static int wait_for_record(void *arg)
{
	struct waiter *waiter = arg;
	struct ipcbuf_region *region = test_region_join(waiter->region);
	struct ipcbuf_channel *in;
	void *record;

	in = channel_join(region, 1, IPCBUF_CONSUMER, 0);
	gate_post(waiter->started, 1);
	MUST_EQ(0, ipcbuf_channel_recv(in, &record));
	return 0;
}

static int wait_for_room(void *arg)
{
	struct waiter *waiter = arg;
	struct ipcbuf_region *region = test_region_join(waiter->region);
	struct ipcbuf_channel *out;

	out = channel_join(region, 2, IPCBUF_PRODUCER, 1);
	MUST_EQ(0, ipcbuf_channel_send(out, record_new(region, 64)));
	gate_post(waiter->started, 1);
	MUST_EQ(0, ipcbuf_channel_send(out, record_new(region, 64)));
	return 0;
}

static int wait_for_channel(void *arg)
{
	struct waiter *waiter = arg;
	struct ipcbuf_region *region = test_region_join(waiter->region);

	gate_post(waiter->started, 1);
	MUST_EQ(0, ipcbuf_channel_wait(region, ipcbuf_key_id(77),
				       IPCBUF_FOREVER));
	return 0;
}

static int (*const waits[])(void *) = {
	wait_for_record, wait_for_room, wait_for_channel,
};

/* Lets time pass, asleep in the library like those who are watched. */
static void pass_time(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *empty;
	void *record;
	int i;

	empty = channel_join(region, 3, IPCBUF_CONSUMER, 0);
	for (i = 0; i < WAITS; i++)
		MUST_EQ(-ETIMEDOUT,
			ipcbuf_channel_recv_until(
				empty, &record, ipcbuf_deadline_ns(WAIT_NS)));
	MUST_EQ(0, ipcbuf_channel_close(empty));
}

/* Fails if a thread polls where it should sleep, here or in the peers. */
TEST_F(idle, nobody_spins)
{
	struct waiter waiter = { &self->region, gate_new() };
	uint64_t used[ARRAY_SIZE(waits)], own;
	pid_t peers[ARRAY_SIZE(waits)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		peers[i] = peer_start(waits[i], &waiter);
		gate_wait(waiter.started);
		thread_await_sleep(peers[i]);
		used[i] = process_cpu_ns(peers[i]);
	}
	own = process_cpu_ns(getpid());
	pass_time(self->region.handle);
	own = process_cpu_ns(getpid()) - own;
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		used[i] = process_cpu_ns(peers[i]) - used[i];
		EXPECT_GE(WAITS * WAIT_NS / MOST_OF_PASSED, used[i]);
		EXPECT_EQ(-SIGKILL, peer_kill(peers[i]));
	}
	EXPECT_GE(WAITS * WAIT_NS / MOST_OF_PASSED, own);
	EXPECT_EQ(0, ipcbuf_region_recover(self->region.handle, NULL));
	EXPECT_EQ(0, region_held(self->region.handle));
}

TEST_HARNESS_MAIN
