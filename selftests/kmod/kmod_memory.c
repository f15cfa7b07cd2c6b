// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A region's memory: taken when it is touched or asked for, given back, gone with
 * the region; the smallest and the largest one.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (UINT64_C(16) * 4096)

FIXTURE(memory) {
	struct kmod_region r;
};

FIXTURE_SETUP(memory)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(memory)
{
	kmod_region_end(&self->r);
}

static uint64_t shmem_bytes(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	MUST(file);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "Shmem: %llu", &kib);
	fclose(file);
	return kib << 10;
}

#define LARGE (UINT64_C(48) << 20)

/* Fails if a region that goes keeps the machine's memory. */
TEST_F(memory, memory_goes)
{
	uint64_t before = shmem_bytes();
	int fd = kmod_create(self->r.device, "", LARGE, 1);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kmod_commit(fd, 0, LARGE, 0));
	EXPECT_EQ(LARGE, kmod_stat(fd).used_bytes);
	EXPECT_LT(before + LARGE / 2, shmem_bytes());
	EXPECT_EQ(0, close(fd));
	EXPECT_GT(before + LARGE / 2, shmem_bytes());
}

/* Fails if memory is taken before it is touched, or COMMIT takes none. */
TEST_F(memory, lazily_backed)
{
	volatile uint32_t *words = self->r.words;
	uint64_t page = kmod_page_bytes();
	int fd = self->r.fd;

	EXPECT_EQ(0, kmod_stat(fd).used_bytes);
	EXPECT_EQ(0, words[page / 4]);
	words[0] = 1;
	EXPECT_LE(page, kmod_stat(fd).used_bytes);
	EXPECT_GE(2 * page, kmod_stat(fd).used_bytes);
	ASSERT_EQ(0, kmod_commit(fd, 0, BYTES, 0));
	EXPECT_EQ(BYTES, kmod_stat(fd).used_bytes);
	EXPECT_EQ(1, words[0]);
	EXPECT_EQ(0, kmod_commit(fd, 0, BYTES, 0));
	EXPECT_EQ(BYTES, kmod_stat(fd).used_bytes);
}

/* Fails if DECOMMIT keeps memory, takes other than it was told, or leaves data. */
TEST_F(memory, decommit)
{
	volatile uint32_t *words = self->r.words;
	uint64_t page = kmod_page_bytes(), i, per = page / 4;
	int fd = self->r.fd;

	for (i = 0; i < BYTES / 4; i++)
		words[i] = (uint32_t)i + 1;
	ASSERT_EQ(0, kmod_commit(fd, page, 2 * page, IPCBUF_IOC_DECOMMIT));
	EXPECT_EQ(BYTES - 2 * page, kmod_stat(fd).used_bytes);
	EXPECT_EQ(0, kmod_commit(fd, page, 2 * page, IPCBUF_IOC_DECOMMIT));
	EXPECT_EQ(BYTES - 2 * page, kmod_stat(fd).used_bytes);
	for (i = 0; i < BYTES / 4; i++)
		ASSERT_EQ(i / per == 1 || i / per == 2 ? 0 : i + 1, words[i]);
	ASSERT_EQ(0, kmod_commit(fd, 0, BYTES, IPCBUF_IOC_DECOMMIT));
	EXPECT_EQ(0, kmod_stat(fd).used_bytes);
	EXPECT_EQ(BYTES, kmod_stat(fd).size_bytes);
	words[0] = 7;
	EXPECT_EQ(7, words[0]);
}

/* Fails if COMMIT takes bad arguments, or a failed one changes something. */
TEST_F(memory, commit_refuses)
{
	uint64_t page = kmod_page_bytes();
	struct ipcbuf_ioc_commit bad[] = {
		{ .offset = 0, .bytes = 0 },
		{ .offset = 0, .bytes = page - 1 },
		{ .offset = 1, .bytes = page },
		{ .offset = 0, .bytes = BYTES + page },
		{ .offset = BYTES, .bytes = page },
		{ .offset = page, .bytes = BYTES },
		{ .offset = page, .bytes = -page },
		{ .offset = -page, .bytes = page },
		{ .offset = -page, .bytes = 2 * page },
		{ .offset = UINT64_C(1) << 63, .bytes = UINT64_C(1) << 63 },
		{ .offset = IPCBUF_IOC_CONTROL_OFFSET, .bytes = page },
		{ .offset = 0, .bytes = page, .flags = 2 },
		{ .offset = 0, .bytes = page, .pad = 1 },
	};
	unsigned int i;
	int looker;

	self->r.words[0] = 8;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, kmod_call(self->r.fd, IPCBUF_IOC_COMMIT,
					     &bad[i])) {
			TH_LOG("case %u", i);
		}
		bad[i].flags |= IPCBUF_IOC_DECOMMIT;
		EXPECT_EQ(-EINVAL, kmod_call(self->r.fd, IPCBUF_IOC_COMMIT,
					     &bad[i]));
	}
	looker = kmod_attach(self->r.fd, IPCBUF_IOC_RDONLY);
	EXPECT_EQ(-EACCES, kmod_commit(looker, 0, page, 0));
	EXPECT_EQ(-EACCES, kmod_commit(looker, 0, page, IPCBUF_IOC_DECOMMIT));
	EXPECT_EQ(0, close(looker));
	EXPECT_EQ(page, kmod_stat(self->r.fd).used_bytes);
	EXPECT_EQ(8, self->r.words[0]);
}

/* Fails if the smallest or the largest region can't be made, mapped and used at its ends. */
TEST_F(memory, sizes)
{
	uint64_t page = kmod_page_bytes();
	uint32_t *end;
	int fd;

	fd = kmod_create(self->r.device, "", page, 1);
	ASSERT_LE(0, fd);
	end = kmod_data(fd, page, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, end);
	end[page / 4 - 1] = 1;
	EXPECT_EQ(0, munmap(end, page));
	EXPECT_EQ(0, close(fd));

	fd = kmod_create(self->r.device, "", IPCBUF_IOC_MAX_BYTES, 1);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, kmod_stat(fd).used_bytes);
	end = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)(IPCBUF_IOC_MAX_BYTES - page));
	ASSERT_NE(MAP_FAILED, end);
	end[page / 4 - 1] = 1;
	EXPECT_EQ(-EAGAIN, kmod_wait(fd, IPCBUF_IOC_MAX_BYTES - 4, 0,
				     IPCBUF_IOC_FOREVER));
	EXPECT_EQ(0, kmod_commit(fd, IPCBUF_IOC_MAX_BYTES - page, page,
				 IPCBUF_IOC_DECOMMIT));
	EXPECT_EQ(0, kmod_stat(fd).used_bytes);
	EXPECT_EQ(0, munmap(end, page));
	EXPECT_EQ(0, close(fd));
}

KMOD_HARNESS_MAIN
