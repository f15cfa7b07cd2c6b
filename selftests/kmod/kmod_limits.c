// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The module's parameters: how many regions a user may have, which is set for a
 * test and set back, and takes root; how much memory all regions may take, which
 * is as it was when the module was loaded.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define BYTES (UINT64_C(16) * 4096)
#define USER  54321u
#define OTHER 54322u

FIXTURE(limits) {
	struct kmod_region r;
	bool may_set;
	unsigned int regions;		/* the parameter before */
};

FIXTURE_SETUP(limits)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
	self->may_set = !geteuid() && kmod_may_set("max_regions_per_user");
	if (!self->may_set)
		return;
	self->regions = kmod_set("max_regions_per_user", 3);
}

FIXTURE_TEARDOWN(limits)
{
	if (self->may_set)
		kmod_set("max_regions_per_user", self->regions);
	kmod_region_end(&self->r);
}

#define NEED_PARAMETERS() \
	if (!self->may_set) \
		SKIP(return, "only root can set the limit")

static int new_region(const struct kmod_region *region)
{
	return kmod_create(region->device, "", 4096, 1);
}

static int64_t create_three(void *arg)
{
	const struct kmod_region *region = arg;
	struct ipcbuf_ioc_create fourth, before;
	char name[IPCBUF_IOC_NAME_BYTES];
	int fds[3], i;

	kmod_become(USER);
	for (i = 0; i < 3; i++) {
		fds[i] = new_region(region);
		MUST(fds[i] >= 0);
	}
	kmod_new_name(name);
	fourth = before = kmod_create_args(name, 4096, 1);
	MUST_EQ(-EDQUOT, kmod_call(region->device, IPCBUF_IOC_CREATE, &fourth));
	MUST(!memcmp(&before, &fourth, sizeof(before)));
	MUST_EQ(-ENOENT, kmod_open(region->device, name, 0));
	/* More descriptors of what there is aren't more regions. */
	MUST(kmod_attach(fds[0], 0) >= 0);
	/* One less makes room for one. */
	MUST_EQ(0, close(fds[1]));
	fds[1] = new_region(region);
	MUST(fds[1] >= 0);
	MUST_EQ(-EDQUOT, new_region(region));
	return 0;
}

/* Fails if a user can have more regions than the limit, or fewer. */
TEST_F(limits, regions)
{
	NEED_PARAMETERS();
	EXPECT_EQ(0, kmod_ask(create_three, &self->r));
	/* They are gone with the process. */
	EXPECT_EQ(0, kmod_ask(create_three, &self->r));
}

static int64_t name_and_leave(void *arg)
{
	struct kmod_region *region = arg;

	int fd;

	kmod_become(USER);
	fd = kmod_create(region->device, region->name, 4096, 1);
	return fd < 0 ? fd : 0;
}

/* Fails if regions that only their names keep don't count. */
TEST_F(limits, named_regions)
{
	struct kmod_region named[4];
	int i;

	NEED_PARAMETERS();
	for (i = 0; i < 4; i++) {
		named[i].device = self->r.device;
		kmod_new_name(named[i].name);
		EXPECT_EQ(i < 3 ? 0 : -EDQUOT,
			  kmod_ask(name_and_leave, &named[i]));
	}
	EXPECT_EQ(0, kmod_unlink(self->r.device, named[1].name));
	EXPECT_EQ(0, kmod_ask(name_and_leave, &named[1]));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, kmod_unlink(self->r.device, named[i].name));
	EXPECT_EQ(0, kmod_ask(create_three, &self->r));
}

static int use_up(void *arg)
{
	struct { struct kmod_region *region; int full, go; } *at = arg;
	int i;

	kmod_become(USER);
	for (i = 0; i < 3; i++)
		MUST(new_region(at->region) >= 0);
	MUST_EQ(-EDQUOT, new_region(at->region));
	gate_post(at->full, 1);
	gate_wait(at->go);
	return 0;
}

static int64_t create_one_as_other(void *arg)
{
	kmod_become(OTHER);
	return new_region(arg) >= 0;
}

static int64_t create_one_more(void *arg)
{
	int fd;

	kmod_become(USER);
	fd = new_region(arg);
	return fd < 0 ? fd : 0;
}

/* Fails if one user's regions count as another's, or not in all of a user's processes. */
TEST_F(limits, regions_of_others)
{
	struct { struct kmod_region *region; int full, go; } at = {
		&self->r, gate_new(), gate_new()
	};
	pid_t peer;

	NEED_PARAMETERS();
	peer = peer_start(use_up, &at);
	gate_wait(at.full);
	EXPECT_EQ(1, kmod_ask(create_one_as_other, &self->r));
	EXPECT_EQ(-EDQUOT, kmod_ask(create_one_more, &self->r));
	kmod_set("max_regions_per_user", 4);
	EXPECT_EQ(0, kmod_ask(create_one_more, &self->r));
	gate_post(at.go, 1);
	EXPECT_EQ(0, peer_wait(peer));
}

static int64_t create_many(void *arg)
{
	int i;

	kmod_become(USER);
	for (i = 0; i < 100; i++)
		MUST(new_region(arg) >= 0);
	return 0;
}

/* Fails if 0 isn't "no limit". */
TEST_F(limits, no_limit)
{
	NEED_PARAMETERS();
	kmod_set("max_regions_per_user", 0);
	EXPECT_EQ(0, kmod_ask(create_many, &self->r));
}

/*
 * What all regions together may take, in whole pages; 0: no limit. It is tried
 * with what is taken at once or not at all, and with half of it, once.
 */
static uint64_t memory_limit(void)
{
	unsigned int percent = 0;
	struct sysinfo info;
	FILE *file = fopen("/sys/module/ipcbuf/parameters/max_percent", "re");

	MUST(file);
	MUST_EQ(1, fscanf(file, "%u", &percent));
	fclose(file);
	MUST_EQ(0, sysinfo(&info));
	return info.totalram * info.mem_unit / 100 * percent & ~UINT64_C(4095);
}

#define MIB (UINT64_C(1) << 20)

/* Fails if COMMIT takes more than the limit, or something of what it refuses. */
TEST_F(limits, memory)
{
	uint64_t limit = memory_limit();
	int fd = kmod_create(self->r.device, "", IPCBUF_IOC_MAX_BYTES, 1);

	if (!limit)
		SKIP(return, "there is no limit of memory");
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOSPC, kmod_commit(fd, 0, limit + 16 * MIB, 0));
	EXPECT_EQ(-ENOSPC, kmod_commit(fd, 0, IPCBUF_IOC_MAX_BYTES, 0));
	EXPECT_EQ(0, kmod_stat(fd).used_bytes);
	EXPECT_EQ(0, kmod_commit(fd, 0, MIB, 0));
	EXPECT_EQ(-ENOSPC, kmod_commit(fd, MIB, limit + 16 * MIB, 0));
	EXPECT_EQ(MIB, kmod_stat(fd).used_bytes);
	EXPECT_EQ(0, close(fd));
}

/*
 * Fails if the limit isn't for all regions together, one that goes still counts,
 * or touching memory gets around it.
 */
TEST_F_TIMEOUT(limits, memory_of_all, 120)
{
	uint64_t limit = memory_limit(), most = limit * 3 / 4 & ~(MIB - 1);
	uint64_t rest = (limit - most + 16 * MIB) & ~(MIB - 1);
	int first, second;
	char *at;

	if (!limit || limit > 4096 * MIB)
		SKIP(return, "too much memory to take nearly all of it");
	first = kmod_create(self->r.device, "", most, 1);
	second = kmod_create(self->r.device, "", rest, 1);
	ASSERT_LE(0, first);
	ASSERT_LE(0, second);
	ASSERT_EQ(0, kmod_commit(first, 0, most, 0));
	EXPECT_EQ(-ENOSPC, kmod_commit(second, 0, rest, 0));
	EXPECT_EQ(0, kmod_stat(second).used_bytes);
	/* As a store would, which ends with SIGBUS. */
	at = kmod_data(second, rest, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, at);
	ASSERT_EQ(-1, madvise(at, rest, MADV_POPULATE_WRITE));
	/* tmpfs rounds up. */
	EXPECT_GE(limit + 4096, most + kmod_stat(second).used_bytes);
	EXPECT_EQ(0, munmap(at, rest));
	EXPECT_EQ(0, close(first));
	EXPECT_EQ(0, kmod_commit(second, 0, rest, 0));
	EXPECT_EQ(0, close(second));
}

KMOD_HARNESS_MAIN
