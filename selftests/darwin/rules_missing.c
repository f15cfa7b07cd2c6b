// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What macOS hasn't got, or has for show. */
#include "../common/variants.h"

#include "parts/refused.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define BYTES 65536u

FIXTURE(pages) {
	char *memory;
};

FIXTURE_SETUP(pages)
{
	self->memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
}

FIXTURE_TEARDOWN(pages)
{
	EXPECT_EQ(0, munmap(self->memory, BYTES));
}

TEST(unnamed_semaphores)
{
	struct timespec until = { 0, 0 };
	int value = 77;
	sem_t sem;

	memset(&sem, 0, sizeof(sem));
	EXPECT_REFUSED(ENOSYS, sem_init(&sem, 1, 1));
	EXPECT_REFUSED(ENOSYS, sem_destroy(&sem));
	EXPECT_REFUSED(ENOSYS, sem_getvalue(&sem, &value));
	EXPECT_REFUSED(ENOSYS, sem_timedwait(&sem, &until));
	EXPECT_REFUSED(ENOSYS, sem_clockwait(&sem, CLOCK_MONOTONIC, &until));
	EXPECT_EQ(77, value);
}

TEST(named_semaphores)
{
	char name[32];
	sem_t *sem;

	snprintf(name, sizeof(name), "/ipcbuf-rule-%d", (int)getpid());
	sem = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
	ASSERT_NE(SEM_FAILED, sem);
	EXPECT_EQ(0, sem_unlink(name));
	EXPECT_EQ(0, sem_wait(sem));
	EXPECT_EQ(0, sem_close(sem));
	errno = 0;
	EXPECT_EQ(SEM_FAILED, sem_open("/345678901234567890123456789012",
				       O_CREAT | O_EXCL, 0600, 1));
	EXPECT_EQ(ENAMETOOLONG, errno);
}

TEST(locks_of_descriptions)
{
	struct flock lock = { .l_type = F_WRLCK };
	FILE *file = tmpfile();
	int fd;

	ASSERT_NE(NULL, file);
	fd = fileno(file);
	EXPECT_REFUSED(EINVAL, fcntl(fd, F_OFD_GETLK, &lock));
	EXPECT_REFUSED(EINVAL, fcntl(fd, F_OFD_SETLK, &lock));
	EXPECT_REFUSED(EINVAL, fcntl(fd, F_OFD_SETLKW, &lock));
	EXPECT_EQ(0, fcntl(fd, F_SETLK, &lock));
	EXPECT_EQ(0, fclose(file));
}

/* Seen from another process: does anybody hold the first byte? */
static int is_locked(void *arg)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 1 };

	MUST_EQ(0, fcntl(*(int *)arg, F_GETLK, &lock));
	return lock.l_type != F_UNLCK;
}

/* POSIX's own rule, that macOS has no other locks to get around. */
TEST(locks_go_with_any_close)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 1 };
	char path[32];
	FILE *file = tmpfile();
	int fd;

	ASSERT_NE(NULL, file);
	fd = fileno(file);
	ASSERT_EQ(0, fcntl(fd, F_SETLK, &lock));
	EXPECT_EQ(1, peer_wait(peer_start(is_locked, &fd)));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(0, close(open(path, O_RDWR | O_CLOEXEC)));
	EXPECT_EQ(0, peer_wait(peer_start(is_locked, &fd)));
	EXPECT_EQ(0, fclose(file));
}

TEST(system_calls)
{
	uint32_t word = 0;

	EXPECT_REFUSED(ENOSYS, syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL,
				       NULL, 0));
	EXPECT_REFUSED(ENOSYS, syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0,
				       0));
	EXPECT_REFUSED(ENOSYS, syscall(SYS_memfd_create, "rule", 0));
	EXPECT_REFUSED(ENOSYS, memfd_create("rule", 0));
	EXPECT_EQ(getpid(), syscall(SYS_getpid));
}

TEST(robust_mutexes)
{
	pthread_mutexattr_t attributes;

	ASSERT_EQ(0, pthread_mutexattr_init(&attributes));
	EXPECT_EQ(ENOTSUP, pthread_mutexattr_setrobust(&attributes,
						       PTHREAD_MUTEX_ROBUST));
	EXPECT_EQ(0, pthread_mutexattr_destroy(&attributes));
}

TEST_F(pages, advice)
{
	EXPECT_REFUSED(EINVAL, madvise(self->memory, BYTES, MADV_DONTFORK));
	EXPECT_REFUSED(EINVAL, madvise(self->memory, BYTES, MADV_REMOVE));
	EXPECT_REFUSED(EINVAL, madvise(self->memory, BYTES, MADV_HUGEPAGE));
	EXPECT_EQ(0, madvise(self->memory, BYTES, MADV_WILLNEED));
}

TEST_F(pages, mapping)
{
	const int flags[] = { MAP_POPULATE, MAP_LOCKED, MAP_HUGETLB };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_REFUSED(EINVAL, mmap(NULL, BYTES, PROT_READ,
					    MAP_PRIVATE | MAP_ANONYMOUS |
					    flags[i], -1, 0));
	EXPECT_REFUSED(ENOSYS, mremap(self->memory, BYTES, BYTES / 2, 0));
}

TEST(allocation_of_files)
{
	FILE *file = tmpfile();

	ASSERT_NE(NULL, file);
	EXPECT_REFUSED(ENOSYS, fallocate(fileno(file), 0, 0, 100));
	EXPECT_EQ(ENOSYS, posix_fallocate(fileno(file), 0, 100));
	EXPECT_EQ(0, fclose(file));
}

TEST(sleep_until)
{
	struct timespec none = { 0, 0 };

	EXPECT_EQ(ENOSYS, clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL));
	EXPECT_EQ(0, nanosleep(&none, NULL));
}

TEST_HARNESS_MAIN
