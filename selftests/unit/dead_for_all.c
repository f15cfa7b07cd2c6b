// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Whether a member lives is seen by a lock that its recoverer takes, too. A
 * successor that comes while somebody else is about to recover the dead one must
 * not be told that it lives.
 */
#include "../common/variants.h"

#include <signal.h>
#include <unistd.h>

#include "directory.h"

REGION_FIXTURE(dead_for_all, 8 * MIB);

struct peer {
	const struct test_region *region;
	int gate;
};

static int produce_until_killed(void *arg)
{
	const struct peer *peer = arg;
	struct ipcbuf_region *region = test_region_join(peer->region);

	channel_join(region, 1, IPCBUF_PRODUCER, 4);
	gate_post(peer->gate, 1);
	while (pause())
		;
	return 0;
}

static int come_and_go(void *arg)
{
	const struct peer *peer = arg;
	struct ipcbuf_region *region;

	gate_post(peer->gate, 1);
	region = test_region_join(peer->region);
	return ipcbuf_region_close(region);
}

/*
 * Somebody opens the region, finds the slot of the dead producer, and has to
 * wait for the directory, which we have. Fails if that keeps us from its end.
 */
TEST_F(dead_for_all, while_another_recovers)
{
	struct ipcbuf_region *region = self->region.handle;
	struct peer peer = { &self->region, gate_new() };
	struct ipcbuf_channel *producer = NULL;
	pid_t dead, opener;

	dead = peer_start(produce_until_killed, &peer);
	gate_wait(peer.gate);
	ASSERT_EQ(0, ipcb_directory_lock(region));
	EXPECT_EQ(-SIGKILL, peer_kill(dead));
	opener = peer_start(come_and_go, &peer);
	gate_wait(peer.gate);
	thread_await_sleep(opener);
	EXPECT_EQ(0, ipcbuf_channel_open(region, ipcbuf_key_id(1),
					 IPCBUF_PRODUCER, NULL, &producer));
	ipcb_directory_unlock(region);
	EXPECT_EQ(0, peer_wait(opener));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
}

TEST_HARNESS_MAIN
