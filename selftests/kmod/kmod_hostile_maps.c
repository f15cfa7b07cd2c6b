// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Mappings that nobody means: every offset, length, protection and kind in a
 * table, and what can be done to a mapping afterwards. What mustn't be written
 * or executed never is, by whatever way; nothing outside of the region is seen;
 * and a neighbour doesn't notice.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/fill.h"
#include "../common/module.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 16u
#define SEED  99

FIXTURE(kmod_hostile_maps) {
	struct neighbour neighbour;
	size_t page;
	size_t bytes;
	size_t control_bytes;
	int device;
	int region;
	int rdonly;
	void *data;
};

FIXTURE_SETUP(kmod_hostile_maps)
{
	self->page = kmod_page_bytes();
	self->bytes = PAGES * self->page;
	self->control_bytes = kmod_control_bytes(IPCBUF_IOC_MAX_SLOTS);
	self->device = kmod_device();
	ASSERT_LE(0, self->device);
	neighbour_begin(&self->neighbour, self->device);
	self->region = kmod_create(self->device, "", self->bytes,
				   IPCBUF_IOC_MAX_SLOTS);
	self->rdonly = kmod_attach(self->region, IPCBUF_IOC_RDONLY);
	self->data = kmod_data(self->region, self->bytes,
			       PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, self->data);
	fill_write(self->data, self->bytes, SEED);
}

FIXTURE_TEARDOWN(kmod_hostile_maps)
{
	EXPECT_TRUE(fill_matches(self->data, self->bytes, SEED));
	neighbour_check(&self->neighbour);
	neighbour_end(&self->neighbour);
}

static void *try_map(int fd, size_t bytes, int protection, int flags,
		     uint64_t offset)
{
	void *at = mmap(NULL, bytes, protection, flags, fd, (off_t)offset);

	return at == MAP_FAILED ? NULL : at;
}

/* What mmap() is to say of a mapping; 0: it is there. */
static int expected(FIXTURE_DATA(kmod_hostile_maps) *self, bool writable,
		    size_t bytes, int protection, bool shared, uint64_t offset)
{
	bool control = offset == IPCBUF_IOC_CONTROL_OFFSET;

	if (!shared)
		return EINVAL;
	if (protection & PROT_EXEC)
		return EPERM;
	if (control && bytes != self->control_bytes)
		return EINVAL;
	if (!control && (offset > self->bytes || bytes > self->bytes - offset))
		return EINVAL;
	if ((protection & PROT_WRITE) && (control || !writable))
		return EACCES;
	return 0;
}

/* More than one thing may be wrong: then any of the refusals will do. */
static bool is_refusal(int error)
{
	return error == EINVAL || error == EACCES || error == EPERM ||
	       error == ENOMEM || error == EOVERFLOW;
}

static void check_map(struct __test_metadata *_metadata,
		      FIXTURE_DATA(kmod_hostile_maps) *self, bool writable,
		      size_t bytes, int protection, int flags, uint64_t offset)
{
	int wanted = expected(self, writable, bytes, protection,
			      flags == MAP_SHARED ||
			      flags == MAP_SHARED_VALIDATE, offset);
	void *at = try_map(writable ? self->region : self->rdonly, bytes,
			   protection, flags, offset);

	if (!wanted) {
		ASSERT_NE(NULL, at)
			TH_LOG("%zu bytes at %llx, protection %d, flags %x: %s",
			       bytes, (unsigned long long)offset, protection,
			       flags, strerror(errno));
		ASSERT_EQ(0, munmap(at, bytes));
		return;
	}
	ASSERT_EQ(NULL, at)
		TH_LOG("%zu bytes at %llx, protection %d, flags %x", bytes,
		       (unsigned long long)offset, protection, flags);
	ASSERT_TRUE(is_refusal(errno));
}

/*
 * Fails if there is a mapping that there mustn't be, or none where there must.
 */
TEST_F_TIMEOUT(kmod_hostile_maps, table, 120)
{
	static const int flags[] = {
		MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE,
		MAP_PRIVATE | MAP_NORESERVE,
	};
	const uint64_t offsets[] = {
		0, self->page, self->bytes - self->page, self->bytes,
		self->bytes + self->page, 1ull << 32,
		IPCBUF_IOC_MAX_BYTES - self->page, IPCBUF_IOC_CONTROL_OFFSET,
		IPCBUF_IOC_CONTROL_OFFSET + self->page,
		IPCBUF_IOC_CONTROL_OFFSET + self->control_bytes,
		2 * IPCBUF_IOC_CONTROL_OFFSET, 1ull << 62,
		(1ull << 63) - self->page,
	};
	const size_t sizes[] = {
		self->page, self->control_bytes - self->page,
		self->control_bytes, self->control_bytes + self->page,
		self->bytes - self->page, self->bytes, self->bytes + self->page,
		1ul << 30,
	};
	size_t offset, size, flag;
	int protection, writable;

	for (offset = 0; offset < ARRAY_SIZE(offsets); offset++)
		for (size = 0; size < ARRAY_SIZE(sizes); size++)
			for (flag = 0; flag < ARRAY_SIZE(flags); flag++)
				for (protection = 0; protection < 8; protection++)
					for (writable = 0; writable < 2; writable++)
						check_map(_metadata, self,
							  writable,
							  sizes[size],
							  protection,
							  flags[flag],
							  offsets[offset]);
}

/* Fails if the page behind the region's or the control page's end is seen. */
TEST_F(kmod_hostile_maps, odd_lengths)
{
	char *at = try_map(self->region, self->bytes - 1, PROT_READ, MAP_SHARED,
			   0);

	ASSERT_NE(NULL, at);
	EXPECT_EQ(0, munmap(at, self->bytes));
	EXPECT_EQ(NULL, try_map(self->region, self->bytes + 1, PROT_READ,
				MAP_SHARED, 0));
	EXPECT_EQ(NULL, try_map(self->region, SIZE_MAX - 4095, PROT_READ,
				MAP_SHARED, 4096));
	EXPECT_EQ(NULL, try_map(self->region, self->control_bytes + 1,
				PROT_READ, MAP_SHARED,
				IPCBUF_IOC_CONTROL_OFFSET));
}

/* Fails if a doorbell or the device can be mapped. */
TEST_F(kmod_hostile_maps, other_kinds)
{
	int bell = kmod_doorbell(self->region, 0, 0);

	EXPECT_EQ(NULL, try_map(bell, 4096, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(NULL, try_map(self->device, 4096, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(NULL, try_map(self->device, 4096, PROT_READ, MAP_SHARED,
				IPCBUF_IOC_CONTROL_OFFSET));
	EXPECT_EQ(ENODEV, errno);
}

/*
 * As a new mapping of the same file, at the same offset in it: nobody asks the
 * descriptor then. Return: is it another one now?
 */
static bool remap(void *at, size_t bytes, uint64_t offset)
{
	return !syscall(SYS_remap_file_pages, at, bytes, 0,
			offset / kmod_page_bytes(), 0);
}

/* All ways to write into memory that may only be read. */
static void must_not_be_writable(struct __test_metadata *_metadata, void *at,
				 size_t bytes, uint64_t offset)
{
	struct iovec remote = { at, 8 };
	char zero[8] = { 0 };
	struct iovec local = { zero, sizeof(zero) };
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int null = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	EXPECT_EQ(-1, mprotect(at, bytes, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(at, bytes, PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, read(null, at, 8));
	EXPECT_EQ(EFAULT, errno);
	if (memory >= 0) {
		EXPECT_EQ(-1, pwrite(memory, zero, 8, (off_t)(uintptr_t)at));
		EXPECT_EQ(EIO, errno);
		close(memory);
	}
	if (remap(at, bytes, offset)) {
		EXPECT_EQ(-1, mprotect(at, bytes, PROT_READ | PROT_WRITE));
		EXPECT_EQ(EACCES, errno);
	}
	close(null);
}

static void must_not_be_executable(struct __test_metadata *_metadata, void *at,
				   size_t bytes, uint64_t offset)
{
	EXPECT_EQ(-1, mprotect(at, bytes, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	if (remap(at, bytes, offset)) {
		EXPECT_EQ(-1, mprotect(at, bytes, PROT_READ | PROT_EXEC));
		EXPECT_EQ(EACCES, errno);
	}
}

/* Fails if a read-only descriptor's mapping comes to be written. */
TEST_F(kmod_hostile_maps, rdonly_stays)
{
	char *at = try_map(self->rdonly, self->bytes, PROT_READ, MAP_SHARED, 0);
	char *moved;

	ASSERT_NE(NULL, at);
	must_not_be_writable(_metadata, at, self->bytes, 0);
	must_not_be_executable(_metadata, at, self->bytes, 0);
	moved = mremap(at, self->bytes, self->bytes * 2, MREMAP_MAYMOVE);
	if (moved != MAP_FAILED)
		must_not_be_writable(_metadata, moved, self->bytes, 0);
	else
		moved = at;
	/* Another mapping of the same, as of a shared one. */
	at = mremap(moved, 0, self->bytes, MREMAP_MAYMOVE);
	if (at != MAP_FAILED)
		must_not_be_writable(_metadata, at, self->bytes, 0);
	/* Its own copy it may write, but has none. */
	madvise(moved, self->bytes, MADV_DONTNEED);
	madvise(moved, self->bytes, MADV_REMOVE);
	madvise(moved, self->bytes, MADV_FREE);
	EXPECT_TRUE(fill_matches(self->data, self->bytes, SEED));
}

/* Fails if memory that may be written comes to be executed. */
TEST_F(kmod_hostile_maps, never_executed)
{
	char *at = try_map(self->region, self->bytes, PROT_READ | PROT_WRITE,
			   MAP_SHARED, 0);

	ASSERT_NE(NULL, at);
	must_not_be_executable(_metadata, at, self->bytes, 0);
}

/* Fails if the control page comes to be written, or executed. */
TEST_F(kmod_hostile_maps, control_stays)
{
	char *at = try_map(self->region, self->control_bytes, PROT_READ,
			   MAP_SHARED, IPCBUF_IOC_CONTROL_OFFSET);

	ASSERT_NE(NULL, at);
	must_not_be_writable(_metadata, at, self->control_bytes,
			     IPCBUF_IOC_CONTROL_OFFSET);
	must_not_be_executable(_metadata, at, self->control_bytes,
			       IPCBUF_IOC_CONTROL_OFFSET);
	madvise(at, self->control_bytes, MADV_DONTNEED);
	madvise(at, self->control_bytes, MADV_REMOVE);
	EXPECT_EQ(IPCBUF_IOC_VERSION, *(uint32_t *)at);
}

/*
 * The control page is one piece. Fails if a part of it can be taken away, or
 * something be added, or if an attempt at it is the member's death.
 */
TEST_F(kmod_hostile_maps, control_is_whole)
{
	const struct ipcbuf_control *control;
	char *at, *place;

	at = try_map(self->region, self->control_bytes, PROT_READ, MAP_SHARED,
		     IPCBUF_IOC_CONTROL_OFFSET);
	ASSERT_NE(NULL, at);
	control = (const void *)at;
	ASSERT_EQ(0, kmod_join(self->region, 0, NULL));

	EXPECT_EQ(-1, munmap(at, self->page));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, munmap(at + self->page, self->page));
	EXPECT_EQ(-1, munmap(at + self->page, self->control_bytes - self->page));
	EXPECT_EQ(MAP_FAILED, mmap(at + self->page, self->page, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
				   0));
	EXPECT_EQ(-1, mprotect(at, self->page, PROT_NONE));
	EXPECT_EQ(MAP_FAILED, mremap(at, self->control_bytes, self->page, 0));
	EXPECT_EQ(MAP_FAILED, mremap(at, self->control_bytes,
				     2 * self->control_bytes, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(at, self->page, self->page * 2,
				     MREMAP_MAYMOVE));
	madvise(at, self->page, MADV_DONTFORK);
	madvise(at, self->page, MADV_DOFORK);
	mlock(at, self->page);
	EXPECT_EQ(kmod_slot_word(1, IPCBUF_SLOT_ALIVE), kmod_slot(control, 0));

	/* Moved as a whole it is still there. */
	place = mmap(NULL, self->control_bytes, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mremap(at, self->control_bytes, self->control_bytes,
		   MREMAP_MAYMOVE | MREMAP_FIXED, place) != MAP_FAILED)
		at = place;
	control = (const void *)at;
	EXPECT_EQ(kmod_slot_word(1, IPCBUF_SLOT_ALIVE), kmod_slot(control, 0));
	EXPECT_EQ(0, kmod_deaths(control));

	/* It may be made unreadable, and is mapped all the same. */
	EXPECT_EQ(0, mprotect(at, self->control_bytes, PROT_NONE));
	EXPECT_EQ(0, kmod_stat(self->region).deaths);
	EXPECT_EQ(0, mprotect(at, self->control_bytes, PROT_READ));
	EXPECT_EQ(0, munmap(at, self->control_bytes));
	EXPECT_EQ(1, kmod_stat(self->region).deaths);
}

/* Touches a byte; for a child. */
static int touch(volatile char *at)
{
	pid_t child = fork();
	int status;

	MUST(child >= 0);
	if (!child) {
		signal(SIGBUS, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		(void)*at;
		_exit(0);
	}
	MUST_EQ(child, waitpid(child, &status, 0));
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Fails if a mapping that grew shows what is behind the region's end. */
TEST_F(kmod_hostile_maps, grown)
{
	char *at = try_map(self->region, self->bytes, PROT_READ, MAP_SHARED, 0);
	char *grown;

	ASSERT_NE(NULL, at);
	grown = mremap(at, self->bytes, 2 * self->bytes, MREMAP_MAYMOVE);
	if (grown == MAP_FAILED)
		return;
	EXPECT_EQ(0, touch(grown + self->bytes - 1));
	EXPECT_EQ(SIGBUS, touch(grown + self->bytes));
	EXPECT_EQ(SIGBUS, touch(grown + 2 * self->bytes - 1));
}

/* Fails if a child has the control page, or hasn't the memory. */
TEST_F(kmod_hostile_maps, inherited)
{
	char *control = try_map(self->region, self->control_bytes, PROT_READ,
				MAP_SHARED, IPCBUF_IOC_CONTROL_OFFSET);

	ASSERT_NE(NULL, control);
	EXPECT_EQ(SIGSEGV, touch(control));
	EXPECT_EQ(0, touch(self->data));
	/* Up to 6.12 it can be made to; then it reads the same there. */
	if (!madvise(control, self->control_bytes, MADV_DOFORK))
		EXPECT_EQ(0, touch(control));
}

/*
 * Fails if a mapping that is refused half-way costs something: the numbers of
 * mappings, and of references, are as before.
 */
TEST_F(kmod_hostile_maps, refused_often)
{
	struct module_look before = module_look();
	char *place = mmap(NULL, self->control_bytes, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	for (i = 0; i < 1000; i++) {
		EXPECT_EQ(NULL, try_map(self->rdonly, self->bytes,
					PROT_READ | PROT_WRITE, MAP_SHARED, 0));
		EXPECT_EQ(NULL, try_map(self->region, self->control_bytes,
					PROT_READ | PROT_WRITE, MAP_SHARED,
					IPCBUF_IOC_CONTROL_OFFSET));
		EXPECT_EQ(NULL, try_map(self->region, self->bytes, PROT_EXEC,
					MAP_SHARED, 0));
		EXPECT_EQ(MAP_FAILED,
			  mmap(place, self->control_bytes, PROT_READ,
			       MAP_SHARED | MAP_FIXED_NOREPLACE, self->region,
			       (off_t)IPCBUF_IOC_CONTROL_OFFSET));
	}
	module_await(&before);
}

KMOD_HARNESS_MAIN
