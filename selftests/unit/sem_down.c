// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Waiting for a System V semaphore until a time, which some systems leave to the
 * library (lib/sem_down_*.c). In a region that a hostile member spoils somebody
 * else may sleep on the same semaphore and get what was meant for this one.
 */
#include "../common/peer.h"
#include "kselftest_harness.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include <ipcbuf/base.h>

#include "os.h"
#include "util.h"

#define SOON (20 * IPCB_NS_PER_MS)

FIXTURE(sem_down) {
	int sem_id;
};

FIXTURE_SETUP(sem_down)
{
	self->sem_id = semget(IPC_PRIVATE, 1, 0600);
	ASSERT_LE(0, self->sem_id);
}

FIXTURE_TEARDOWN(sem_down)
{
	EXPECT_EQ(0, semctl(self->sem_id, 0, IPC_RMID));
}

static int add(const FIXTURE_DATA(sem_down) *self, short count)
{
	struct sembuf operation = { .sem_op = count };

	return semop(self->sem_id, &operation, 1) ? -errno : 0;
}

static int take_one(void *arg)
{
	return add(arg, -1) ? 1 : 0;
}

/* Fails if there is a wait where there is nothing to wait for. */
TEST_F(sem_down, there_is_one)
{
	ASSERT_EQ(0, add(self, 1));
	EXPECT_EQ(0, ipcb_os_sem_down(self->sem_id, 0, UINT64_MAX));
	EXPECT_EQ(0, semctl(self->sem_id, 0, GETVAL));
}

/* Fails if it comes back too early, or with another answer, or never. */
TEST_F(sem_down, late)
{
	uint64_t deadline_ns;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		deadline_ns = ipcbuf_deadline_ns(SOON);
		EXPECT_EQ(-ETIMEDOUT, ipcb_os_sem_down(self->sem_id, 0,
						       deadline_ns));
		EXPECT_LE(deadline_ns, ipcbuf_now_ns());
	}
}

/*
 * Those who slept first are woken first. Fails (never ends) if the one whose time
 * has come is woken by a single count, which the thief gets where counts are what
 * wakes it.
 */
TEST_F(sem_down, robbed)
{
	pid_t thief = peer_start(take_one, self);

	thread_await_sleep(thief);
	EXPECT_EQ(-ETIMEDOUT, ipcb_os_sem_down(self->sem_id, 0,
					       ipcbuf_deadline_ns(SOON)));
	EXPECT_EQ(0, add(self, 1));
	EXPECT_EQ(0, peer_wait(thief));
}

TEST_HARNESS_MAIN
