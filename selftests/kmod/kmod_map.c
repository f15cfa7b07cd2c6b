// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What can be mapped of a region's descriptor, and how: its memory, within its
 * size; its control page, as a whole, for reading, by one process.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGES 16
#define HUGE  (UINT64_C(2) << 20)

FIXTURE(map) {
	struct kmod_region r;
	uint64_t page;
};

FIXTURE_SETUP(map)
{
	memset(&self->r, 0, sizeof(self->r));
	self->page = kmod_page_bytes();
	kmod_region_begin(&self->r, PAGES * self->page);
}

FIXTURE_TEARDOWN(map)
{
	kmod_region_end(&self->r);
}

/* 0 and unmapped again, or -errno. */
static int try_map(int fd, uint64_t bytes, int protection, int flags,
		   uint64_t offset)
{
	void *at = mmap(NULL, bytes, protection, flags, fd, (off_t)offset);

	if (at == MAP_FAILED)
		return -errno;
	MUST_EQ(0, munmap(at, bytes));
	return 0;
}

/* Fails if memory can be mapped so that writes are private, or run as a program. */
TEST_F(map, kinds)
{
	const int rw = PROT_READ | PROT_WRITE;
	uint64_t bytes = self->r.bytes;
	int fd = self->r.fd;

	EXPECT_EQ(-EINVAL, try_map(fd, bytes, rw, MAP_PRIVATE, 0));
	EXPECT_EQ(-EINVAL, try_map(fd, bytes, PROT_READ, MAP_PRIVATE, 0));
	EXPECT_EQ(-EPERM, try_map(fd, bytes, rw | PROT_EXEC, MAP_SHARED, 0));
	EXPECT_EQ(-EPERM, try_map(fd, bytes, PROT_READ | PROT_EXEC,
				  MAP_SHARED, 0));
	EXPECT_EQ(-EPERM, try_map(fd, bytes, PROT_EXEC, MAP_SHARED, 0));
	EXPECT_EQ(0, try_map(fd, bytes, rw, MAP_SHARED, 0));
	EXPECT_EQ(0, try_map(fd, bytes, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(0, try_map(fd, bytes, PROT_NONE, MAP_SHARED, 0));
	EXPECT_EQ(0, try_map(fd, bytes, rw, MAP_SHARED | MAP_POPULATE, 0));
	EXPECT_EQ(bytes, kmod_stat(fd).used_bytes);
}

/* Fails if what couldn't be mapped for running can be made so afterwards. */
TEST_F(map, never_exec)
{
	uint64_t bytes = self->r.bytes;

	EXPECT_EQ(-1, mprotect(self->r.words, bytes, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(self->r.words, self->page, PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect((void *)(uintptr_t)self->r.control,
			       kmod_control_bytes(KMOD_SLOTS), PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
}

/* Fails if a mapping that was remapped page by page can be run. */
TEST_F(map, never_exec_remapped)
{
	uint64_t bytes = self->r.bytes;

	if (syscall(SYS_remap_file_pages, self->r.words, bytes, 0, 0, 0))
		SKIP(return, "no remap_file_pages()");
	EXPECT_EQ(-1, mprotect(self->r.words, bytes, PROT_READ | PROT_EXEC));
}

/* Fails if a mapping can reach beyond the region, or not to its ends. */
TEST_F(map, bounds)
{
	const uint64_t page = self->page, bytes = self->r.bytes;
	const uint64_t control = IPCBUF_IOC_CONTROL_OFFSET;
	const struct { uint64_t offset, bytes; int expected; } cases[] = {
		{ 0, bytes - 1, 0 },
		{ bytes - page, page, 0 },
		{ bytes - page, 1, 0 },
		{ page, bytes - page, 0 },
		{ 3 * page, 2 * page, 0 },
		{ 0, bytes + 1, -EINVAL },
		{ 0, bytes + page, -EINVAL },
		{ 0, UINT64_C(1) << 32, -EINVAL },
		{ page, bytes, -EINVAL },
		{ bytes, page, -EINVAL },
		{ bytes + page, page, -EINVAL },
		{ UINT64_C(1) << 32, page, -EINVAL },
		{ UINT64_C(1) << 44, page, -EINVAL },
		{ control - page, page, -EINVAL },
		{ control - page, 2 * page, -EINVAL },
		{ control + page, page, -EINVAL },
		{ control * 2, page, -EINVAL },
		{ (UINT64_C(1) << 63) - page, page, -EINVAL },
		{ (UINT64_C(1) << 62), page, -EINVAL },
		{ 0, 0, -EINVAL },
		{ 1, page, -EINVAL },
	};
	unsigned int i;
	int got;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		got = try_map(self->r.fd, cases[i].bytes, PROT_READ, MAP_SHARED,
			      cases[i].offset);
		/* The largest sums are refused before the module is asked. */
		if (got == -EOVERFLOW)
			got = -EINVAL;
		EXPECT_EQ(cases[i].expected, got) {
			TH_LOG("case %u", i);
		}
	}
}

/* Fails if a mapping can be made to reach beyond the region afterwards, and used. */
TEST_F(map, grown)
{
	const uint64_t page = self->page, bytes = self->r.bytes;
	uint32_t *part = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			      self->r.fd, 0);
	uint32_t *grown;
	int pipes[2];

	ASSERT_NE(MAP_FAILED, part);
	grown = mremap(part, bytes, bytes + page, MREMAP_MAYMOVE);
	if (grown == MAP_FAILED) {
		grown = part;
	} else {
		/* As with any file: there is nothing behind its end. */
		ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
		EXPECT_EQ(-1, write(pipes[1], (char *)grown + bytes, 1));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_EQ(0, munmap((char *)grown + bytes, page));
	}
	grown[0] = 9;
	EXPECT_EQ(9, self->r.words[0]);
	EXPECT_EQ(0, munmap(grown, bytes));
}

/* Fails if mapped parts aren't the parts that were asked for. */
TEST_F(map, parts)
{
	const uint64_t page = self->page;
	uint32_t *part;
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		part = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED,
			    self->r.fd, (off_t)(i * page));
		ASSERT_NE(MAP_FAILED, part);
		EXPECT_EQ(0, part[0]);
		part[1] = i + 1;
		EXPECT_EQ(0, munmap(part, page));
	}
	for (i = 0; i < PAGES; i++)
		EXPECT_EQ(i + 1, self->r.words[i * page / 4 + 1]);
}

/* Fails if a new region's memory isn't zero, or holds what another had. */
TEST_F(map, zero)
{
	const uint64_t bytes = self->r.bytes;
	uint64_t *words;
	unsigned int round, i;
	int fd;

	for (round = 0; round < 20; round++) {
		fd = kmod_create(self->r.device, "", bytes, 1);
		ASSERT_LE(0, fd);
		words = kmod_data(fd, bytes, PROT_READ | PROT_WRITE);
		ASSERT_NE(NULL, words);
		if (round & 1)
			EXPECT_EQ(0, kmod_commit(fd, 0, bytes, 0));
		for (i = 0; i < bytes / 8; i++)
			ASSERT_EQ(0, words[i]);
		memset(words, 0xa5, bytes);
		EXPECT_EQ(0, munmap(words, bytes));
		EXPECT_EQ(0, close(fd));
	}
}

static int64_t write_as_child(void *arg)
{
	struct kmod_region *region = arg;
	uint32_t *words;
	int fd = kmod_open(region->device, region->name, 0);

	MUST_EQ(77, region->words[7]);
	words = kmod_data(fd, region->bytes, PROT_READ | PROT_WRITE);
	MUST(words && words != region->words);
	MUST_EQ(77, words[7]);
	words[8] = 88;
	region->words[9] = 99;
	return 0;
}

/* Fails if what one process writes isn't another one's, over a new or an inherited mapping. */
TEST_F(map, shared)
{
	self->r.words[7] = 77;
	EXPECT_EQ(0, kmod_ask(write_as_child, &self->r));
	EXPECT_EQ(88, self->r.words[8]);
	EXPECT_EQ(99, self->r.words[9]);
}

/* Fails if memory needs its descriptor once it is mapped. */
TEST_F(map, closed)
{
	uint32_t *words = kmod_data(self->r.fd, self->r.bytes,
				    PROT_READ | PROT_WRITE);
	int fd = kmod_attach(self->r.fd, 0);

	ASSERT_EQ(0, close(self->r.fd));
	self->r.fd = fd;
	words[self->r.bytes / 4 - 1] = 4;
	EXPECT_EQ(4, self->r.words[self->r.bytes / 4 - 1]);
	EXPECT_EQ(0, munmap(words, self->r.bytes));
}

/* Fails if the control page can be mapped otherwise than whole, shared and for reading. */
TEST_F(map, control)
{
	const uint64_t page = self->page, offset = IPCBUF_IOC_CONTROL_OFFSET;
	const uint64_t bytes = kmod_control_bytes(IPCBUF_IOC_MAX_SLOTS);
	int fd = kmod_create(self->r.device, "", page, IPCBUF_IOC_MAX_SLOTS);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, try_map(fd, bytes, PROT_READ, MAP_SHARED, offset));
	EXPECT_EQ(0, try_map(fd, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE,
			     offset));
	EXPECT_EQ(-EINVAL, try_map(fd, bytes - page, PROT_READ, MAP_SHARED,
				   offset));
	EXPECT_EQ(-EINVAL, try_map(fd, bytes + page, PROT_READ, MAP_SHARED,
				   offset));
	EXPECT_EQ(-EINVAL, try_map(fd, page, PROT_READ, MAP_SHARED, offset));
	EXPECT_EQ(-EINVAL, try_map(fd, bytes - page, PROT_READ, MAP_SHARED,
				   offset + page));
	EXPECT_EQ(-EINVAL, try_map(fd, bytes, PROT_READ, MAP_PRIVATE, offset));
	EXPECT_EQ(-EACCES, try_map(fd, bytes, PROT_READ | PROT_WRITE,
				   MAP_SHARED, offset));
	EXPECT_EQ(-EACCES, try_map(fd, bytes, PROT_WRITE, MAP_SHARED, offset));
	EXPECT_EQ(-EPERM, try_map(fd, bytes, PROT_READ | PROT_EXEC, MAP_SHARED,
				  offset));
	EXPECT_EQ(0, close(fd));
}

/* Fails if the control page can be written after all, by its owner, too. */
TEST_F(map, control_is_read_only)
{
	void *control = (void *)(uintptr_t)self->r.control;
	uint64_t bytes = kmod_control_bytes(KMOD_SLOTS);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	EXPECT_EQ(-1, mprotect(control, bytes, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, read(zero, control, 8));
	EXPECT_EQ(EFAULT, errno);
	if (memory >= 0)
		EXPECT_NE(1, pwrite(memory, "x", 1, (off_t)(uintptr_t)control));
	EXPECT_EQ(IPCBUF_IOC_VERSION, self->r.control->version);
	EXPECT_EQ(0, close(zero));
	close(memory);
}

/*
 * Fails if the control page can lose a part, or grow; or if trying to is taken
 * for a death.
 */
TEST_F(map, control_is_one)
{
	const uint32_t slots = IPCBUF_IOC_MAX_SLOTS;
	const uint64_t page = self->page, bytes = kmod_control_bytes(slots);
	int fd = kmod_create(self->r.device, "", page, slots);
	const struct ipcbuf_control *control = kmod_control(fd, slots);
	char *at = (char *)(uintptr_t)control;

	ASSERT_NE(NULL, control);
	ASSERT_EQ(0, kmod_join(fd, 0, NULL));
	EXPECT_EQ(-1, munmap(at, page));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, munmap(at + page, page));
	EXPECT_EQ(-1, munmap(at + bytes - page, page));
	EXPECT_EQ(-1, mprotect(at, page, PROT_NONE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, mprotect(at + page, page, PROT_NONE));
	EXPECT_EQ(MAP_FAILED, mremap(at, bytes, bytes + page, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(at, bytes, bytes - page, 0));
	EXPECT_EQ(MAP_FAILED, mremap(at, 0, bytes, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(at, page, page, MREMAP_MAYMOVE |
				     MREMAP_FIXED, self->r.words));
	/* Its place may be taken only whole. */
	EXPECT_EQ(MAP_FAILED, mmap(at + page, page, PROT_READ, MAP_FIXED |
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	EXPECT_EQ(0, kmod_deaths(control));
	EXPECT_EQ(kmod_slot_word(1, IPCBUF_SLOT_ALIVE), kmod_slot(control, 0));
	EXPECT_EQ(1, kmod_stat(fd).members);
	EXPECT_EQ(at, mmap(at, bytes, PROT_READ, MAP_FIXED | MAP_PRIVATE |
			   MAP_ANONYMOUS, -1, 0));
	EXPECT_EQ(1, kmod_stat(fd).deaths);
	EXPECT_EQ(0, kmod_stat(fd).members);
	EXPECT_EQ(0, munmap(at, bytes));
	EXPECT_EQ(0, close(fd));
}

/* Fails if a member whose control page is moved dies, or doesn't when that ends. */
TEST_F(map, control_moved)
{
	uint64_t bytes = kmod_control_bytes(KMOD_SLOTS);
	void *at = (void *)(uintptr_t)self->r.control, *to, *moved;

	ASSERT_EQ(1, kmod_join(self->r.fd, 1, NULL));
	to = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, to);
	moved = mremap(at, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_EQ(to, moved);
	self->r.control = moved;
	EXPECT_EQ(self->r.id, self->r.control->region_id);
	EXPECT_EQ(kmod_slot_word(1, IPCBUF_SLOT_ALIVE),
		  kmod_slot(self->r.control, 1));
	EXPECT_EQ(0, kmod_stat(self->r.fd).deaths);
	kmod_unmap_control(self->r.control, KMOD_SLOTS);
	self->r.control = NULL;
	EXPECT_EQ(1, kmod_stat(self->r.fd).deaths);
}

/* Fails if the end of one of two mappings of the control page is a death, or of both isn't. */
TEST_F(map, control_twice)
{
	const struct ipcbuf_control *second = kmod_control(self->r.fd,
							   KMOD_SLOTS);

	ASSERT_NE(NULL, second);
	ASSERT_EQ(1, kmod_join(self->r.fd, 1, NULL));
	kmod_unmap_control(self->r.control, KMOD_SLOTS);
	self->r.control = NULL;
	EXPECT_EQ(0, kmod_deaths(second));
	EXPECT_EQ(1, kmod_stat(self->r.fd).members);
	kmod_unmap_control(second, KMOD_SLOTS);
	EXPECT_EQ(0, kmod_stat(self->r.fd).members);
	EXPECT_EQ(1, kmod_stat(self->r.fd).deaths);
}

/* Fails if a member dies of closing its descriptor, though its control page is mapped. */
TEST_F(map, control_closed)
{
	const struct ipcbuf_control *control;
	int fd = kmod_member(self->r.fd, 2, &control, NULL);

	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(1, kmod_stat(self->r.fd).members);
	EXPECT_EQ(0, kmod_deaths(self->r.control));
	EXPECT_EQ(self->r.id, control->region_id);
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(0, kmod_stat(self->r.fd).members);
	EXPECT_EQ(1, kmod_deaths(self->r.control));
}

static int64_t look_in_child(void *arg)
{
	struct kmod_region *region = arg;
	void *control = (void *)(uintptr_t)region->control;

	MUST_EQ(-1, msync(control, kmod_page_bytes(), MS_ASYNC));
	MUST_EQ(ENOMEM, errno);
	MUST_EQ(-ENXIO, kmod_join(region->fd, 0, NULL));
	return 0;
}

/* Fails if a child has its parent's control page, or could join in its stead. */
TEST_F(map, control_not_inherited)
{
	EXPECT_EQ(0, kmod_ask(look_in_child, &self->r));
	EXPECT_EQ(0, kmod_join(self->r.fd, 0, NULL));
	EXPECT_EQ(0, kmod_stat(self->r.fd).deaths);
}

/*
 * Fails if a mapping and the region don't have places for huge pages at the same
 * offsets, or none are taken where they are wanted.
 */
TEST_F(map, huge)
{
	uint64_t bytes, held;
	unsigned int i;
	char *at;
	int fd;

	fd = kmod_create(self->r.device, "", 8 * HUGE, 1);
	ASSERT_LE(0, fd);
	for (i = 0; i < 8; i++) {
		bytes = 8 * HUGE - i * HUGE / 8;
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  (off_t)(i * HUGE / 8));
		ASSERT_NE(MAP_FAILED, at);
		if (madvise(at, bytes, MADV_HUGEPAGE))
			SKIP(return, "the kernel has no huge pages");
		EXPECT_EQ(i * HUGE / 8, (uintptr_t)at % HUGE);
		at[0] = 1;
		EXPECT_EQ(0, munmap(at, bytes));
	}
	held = kmod_stat(fd).used_bytes;
	EXPECT_EQ(0, close(fd));
	if (held < HUGE)
		SKIP(return, "no huge page is free, or they are denied");
}

KMOD_HARNESS_MAIN
