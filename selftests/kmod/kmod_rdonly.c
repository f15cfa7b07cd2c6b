// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Descriptors that are for reading: whoever has nothing else can't change the
 * region by any way there is.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define BYTES 65536

FIXTURE(rdonly) {
	struct kmod_region r;
	int looker;
	uint32_t *seen;
};

FIXTURE_SETUP(rdonly)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
	self->r.words[0] = 1234;
	self->looker = kmod_open(self->r.device, self->r.name,
				 IPCBUF_IOC_RDONLY);
	ASSERT_LE(0, self->looker);
	self->seen = kmod_data(self->looker, BYTES, PROT_READ);
	ASSERT_NE(NULL, self->seen);
}

FIXTURE_TEARDOWN(rdonly)
{
	EXPECT_EQ(1234, self->r.words[0]);
	EXPECT_EQ(4096, kmod_stat(self->r.fd).used_bytes);
	EXPECT_EQ(0, munmap(self->seen, BYTES));
	EXPECT_EQ(0, close(self->looker));
	kmod_region_end(&self->r);
}

/* Fails if what others write isn't seen. */
TEST_F(rdonly, sees)
{
	EXPECT_EQ(1234, self->seen[0]);
	__atomic_store_n(self->r.words, 5, __ATOMIC_SEQ_CST);
	EXPECT_EQ(5, __atomic_load_n(self->seen, __ATOMIC_SEQ_CST));
	self->r.words[0] = 1234;
}

/* Fails if it can be mapped for writing, by mmap() or afterwards. */
TEST_F(rdonly, mappings)
{
	EXPECT_EQ(NULL, kmod_data(self->looker, BYTES, PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(NULL, kmod_data(self->looker, BYTES, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(self->seen, BYTES, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(self->seen, 4096, PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, madvise(self->seen, BYTES, MADV_REMOVE));
}

/* Fails if a mapping that was remapped page by page can be made writable. */
TEST_F(rdonly, remapped)
{
	if (!syscall(SYS_remap_file_pages, self->seen, BYTES, 0, 0, 0))
		EXPECT_EQ(-1, mprotect(self->seen, BYTES,
				       PROT_READ | PROT_WRITE));
}

/* Fails if a mapping that was moved or copied can be made writable. */
TEST_F(rdonly, moved)
{
	void *copy = mremap(self->seen, 0, BYTES, MREMAP_MAYMOVE);
	uint32_t *moved;

	if (copy != MAP_FAILED) {
		EXPECT_EQ(-1, mprotect(copy, BYTES, PROT_READ | PROT_WRITE));
		EXPECT_EQ(0, munmap(copy, BYTES));
	}
	moved = mremap(self->seen, BYTES, BYTES, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, moved);
	self->seen = moved;
	EXPECT_EQ(-1, mprotect(moved, BYTES, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
}

static int store(void *arg)
{
	*(volatile uint32_t *)arg = 1;
	return 0;
}

/* Fails if a store doesn't end the process. */
TEST_F(rdonly, store)
{
	EXPECT_EQ(-SIGSEGV, peer_wait(peer_start(store, self->seen)));
}

/* Fails if the kernel writes for it: read() into it, another's memory, a debugger's way. */
TEST_F(rdonly, kernel_writes)
{
	struct iovec from = { .iov_base = "abcd", .iov_len = 4 };
	struct iovec to = { .iov_base = self->seen, .iov_len = 4 };
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	EXPECT_EQ(-1, read(zero, self->seen, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, process_vm_writev(getpid(), &from, 1, &to, 1, 0));
	if (memory >= 0)
		EXPECT_NE(4, pwrite(memory, "abcd", 4,
				    (off_t)(uintptr_t)self->seen));
	/* Into a page that isn't there yet, too. */
	to.iov_base = self->seen + 2048;
	EXPECT_EQ(-1, process_vm_writev(getpid(), &from, 1, &to, 1, 0));
	EXPECT_EQ(0, close(zero));
	close(memory);
}

/* Fails if a new file for writing can be had from the descriptor. */
TEST_F(rdonly, reopen)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->looker);
	EXPECT_EQ(-1, open(path, O_RDWR | O_CLOEXEC));
	EXPECT_EQ(-1, open(path, O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(-1, fcntl(self->looker, F_SETFL, O_RDWR) |
		      ((fcntl(self->looker, F_GETFL) & O_ACCMODE) ? 0 : -1));
	EXPECT_EQ(NULL, kmod_data(self->looker, BYTES, PROT_WRITE));
	EXPECT_EQ(-1, write(self->looker, "x", 1));
	EXPECT_EQ(-1, ftruncate(self->looker, 0));
	EXPECT_EQ(-1, fallocate(self->looker, 0, 0, BYTES));
	EXPECT_EQ(-1, truncate(path, 0));
}

/* Fails if the file of a descriptor for writing is more than what it is made for. */
TEST_F(rdonly, files)
{
	char path[64], byte;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->r.fd);
	EXPECT_EQ(-1, open(path, O_RDWR | O_CLOEXEC));
	EXPECT_EQ(-1, write(self->r.fd, "x", 1));
	EXPECT_EQ(-1, pwrite(self->r.fd, "x", 1, 0));
	EXPECT_EQ(-1, read(self->r.fd, &byte, 1));
	EXPECT_EQ(-1, pread(self->r.fd, &byte, 1, 0));
	EXPECT_EQ(-1, ftruncate(self->r.fd, 0));
	EXPECT_EQ(-1, ftruncate(self->r.fd, 2 * BYTES));
	EXPECT_EQ(-1, truncate(path, 0));
	EXPECT_EQ(-1, fallocate(self->r.fd, FALLOC_FL_KEEP_SIZE |
				FALLOC_FL_PUNCH_HOLE, 0, 4096));
}

/* Fails if a call that changes something isn't refused, or one that doesn't is. */
TEST_F(rdonly, calls)
{
	struct ipcbuf_ioc_region stat = kmod_stat(self->looker);
	int looker = self->looker;

	EXPECT_EQ(-EACCES, kmod_wake(looker, 0, 1));
	EXPECT_EQ(-EACCES, kmod_commit(looker, 0, 4096, 0));
	EXPECT_EQ(-EACCES, kmod_commit(looker, 0, 4096, IPCBUF_IOC_DECOMMIT));
	EXPECT_EQ(-EACCES, kmod_join(looker, 0, NULL));
	EXPECT_EQ(-EACCES, kmod_reap(looker, 0, 0));
	EXPECT_EQ(-ENOTCONN, kmod_leave(looker));
	EXPECT_EQ(-EBADF, kmod_lock(looker, F_WRLCK, 0));
	EXPECT_EQ(-EBADF, kmod_lock(looker, F_RDLCK, 0));
	EXPECT_EQ(-EAGAIN, kmod_wait(looker, 0, 0, IPCBUF_IOC_FOREVER));
	EXPECT_EQ(-ETIMEDOUT, kmod_wait(looker, 0, 1234, 0));
	EXPECT_EQ(IPCBUF_IOC_READONLY | IPCBUF_IOC_LINKED, stat.flags);
}

KMOD_HARNESS_MAIN
