// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* System V memory and semaphores by macOS's rules and default limits. */
#include "../common/variants.h"

#include "parts/refused.h"

#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define SHMMAX_BYTES (4 * MIB)
#define SHMALL_BYTES (1024 * UINT64_C(4096))
#define SHMMNI 32
#define SHMSEG 8
#define SEMMNI 8
#define MOST   64

/* What a test makes. Others' objects aren't in this namespace. */
FIXTURE(sysv) {
	int segments[MOST];
	int sets[MOST];
	unsigned int segment_count;
	unsigned int set_count;
};

static unsigned long long number_in(const char *path)
{
	unsigned long long number = 0;
	FILE *file = fopen(path, "re");

	if (file) {
		if (fscanf(file, "%llu", &number) != 1)
			number = 0;
		fclose(file);
	}
	return number;
}

/* Where there are no namespaces for tests, the limits are the machine's. */
FIXTURE_SETUP(sysv)
{
	self->segment_count = self->set_count = 0;
	if (number_in("/proc/sys/kernel/shmmax") != SHMMAX_BYTES)
		SKIP(longjmp(_metadata->env, 1), "can't set limits here");
}

FIXTURE_TEARDOWN(sysv)
{
	unsigned int i;

	for (i = 0; i < self->segment_count; i++)
		EXPECT_EQ(0, shmctl(self->segments[i], IPC_RMID, NULL));
	for (i = 0; i < self->set_count; i++)
		EXPECT_EQ(0, semctl(self->sets[i], 0, IPC_RMID));
}

static int segment_new(FIXTURE_DATA(sysv) *self, size_t bytes)
{
	int id = shmget(IPC_PRIVATE, bytes, 0600);

	if (id >= 0)
		self->segments[self->segment_count++] = id;
	return id;
}

TEST_F(sysv, shmmax)
{
	EXPECT_REFUSED(EINVAL, segment_new(self, SHMMAX_BYTES + 1));
	EXPECT_LE(0, segment_new(self, SHMMAX_BYTES));
}

TEST_F(sysv, shmall)
{
	EXPECT_LE(0, segment_new(self, SHMALL_BYTES / 2));
	EXPECT_LE(0, segment_new(self, SHMALL_BYTES / 2));
	EXPECT_REFUSED(ENOSPC, segment_new(self, 1));
}

TEST_F(sysv, shmmni)
{
	unsigned int i;

	for (i = 0; i < SHMMNI; i++)
		ASSERT_LE(0, segment_new(self, 1));
	EXPECT_REFUSED(ENOSPC, segment_new(self, 1));
}

/* Wherever they are attached to, and whichever segments they are. */
TEST_F(sysv, shmseg)
{
	void *memory[SHMSEG];
	int ids[2] = { segment_new(self, 1), segment_new(self, 1) };
	unsigned int i;

	for (i = 0; i < SHMSEG; i++) {
		memory[i] = shmat(ids[i % 2], NULL, 0);
		ASSERT_NE((void *)-1, memory[i]);
	}
	EXPECT_REFUSED(EMFILE, shmat(ids[0], NULL, 0));
	EXPECT_EQ(0, shmdt(memory[0]));
	memory[0] = shmat(ids[0], NULL, SHM_RDONLY);
	EXPECT_NE((void *)-1, memory[0]);
	for (i = 0; i < SHMSEG; i++)
		EXPECT_EQ(0, shmdt(memory[i]));
}

TEST_F(sysv, semmni)
{
	unsigned int i;
	int id;

	for (i = 0; i < SEMMNI; i++) {
		id = semget(IPC_PRIVATE, 1, 0600);
		ASSERT_LE(0, id);
		self->sets[self->set_count++] = id;
	}
	EXPECT_REFUSED(ENOSPC, semget(IPC_PRIVATE, 1, 0600));
}

TEST_F(sysv, linux_flags)
{
	int id = segment_new(self, 1);
	void *memory = shmat(id, NULL, 0);

	EXPECT_REFUSED(EINVAL, shmget(IPC_PRIVATE, 1, SHM_NORESERVE | 0600));
	EXPECT_REFUSED(EINVAL, shmget(IPC_PRIVATE, 1, SHM_HUGETLB | 0600));
	ASSERT_NE((void *)-1, memory);
	EXPECT_REFUSED(EINVAL, shmat(id, memory, SHM_REMAP));
	EXPECT_REFUSED(EINVAL, shmat(id, memory, 0));
	EXPECT_EQ(0, shmdt(memory));
}

TEST_F(sysv, no_timed_wait)
{
	struct sembuf down = { .sem_op = -1, .sem_flg = IPC_NOWAIT };
	struct timespec soon = { 0, 1 };
	int id = semget(IPC_PRIVATE, 1, 0600);

	ASSERT_LE(0, id);
	self->sets[self->set_count++] = id;
	EXPECT_REFUSED(ENOSYS, semtimedop(id, &down, 1, &soon));
	EXPECT_REFUSED(EAGAIN, semop(id, &down, 1));
}

TEST_HARNESS_MAIN
