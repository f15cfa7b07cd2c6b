// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who pays for a region's memory: the memory cgroup of whoever touches or
 * COMMITs a page first, not of who made the region, so that nobody can fill the
 * machine at somebody else's expense; and a group that may have no more gets
 * none, which its neighbours don't notice.
 *
 * Needs root, and the memory controller in version 2 of the cgroups.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/module.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define MEBIBYTE (UINT64_C(1) << 20)
#define BYTES	 (32 * MEBIBYTE)
#define PART	 (8 * MEBIBYTE)

FIXTURE(kmod_charge) {
	struct neighbour neighbour;
	int device;
	bool able;
	bool mounted;
	char top[64];		/* where the cgroups are */
	char maker[128];
	char toucher[128];
	char name[IPCBUF_IOC_NAME_BYTES];
};

static bool write_file(const char *folder, const char *file, const char *text)
{
	char path[256];
	bool written;
	FILE *opened;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	opened = fopen(path, "we");
	if (!opened)
		return false;
	written = fputs(text, opened) >= 0;
	return !fclose(opened) && written;
}

static uint64_t read_number(const char *folder, const char *file)
{
	unsigned long long number;
	char path[256];
	FILE *opened;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	opened = fopen(path, "re");
	MUST(opened);
	MUST_EQ(1, fscanf(opened, "%llu", &number));
	fclose(opened);
	return number;
}

static bool make_group(char path[128], const char *top, const char *kind)
{
	snprintf(path, 128, "%s/ipcbuf-%s-%d", top, kind, (int)getpid());
	return !mkdir(path, 0755);
}

/* In its usual place, or in one of our own. */
static bool find_cgroups(FIXTURE_DATA(kmod_charge) *self)
{
	char path[128];

	strcpy(self->top, "/sys/fs/cgroup");
	snprintf(path, sizeof(path), "%s/cgroup.controllers", self->top);
	if (!access(path, R_OK))
		return write_file(self->top, "cgroup.subtree_control",
				  "+memory");
	strcpy(self->top, "/tmp/ipcbuf-cgroup-XXXXXX");
	if (!mkdtemp(self->top))
		return false;
	self->mounted = !mount("none", self->top, "cgroup2", 0, NULL);
	if (!self->mounted)
		rmdir(self->top);
	return self->mounted && write_file(self->top, "cgroup.subtree_control",
					   "+memory");
}

static void enter(const char *group)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)getpid());
	MUST(write_file(group, "cgroup.procs", text));
}

FIXTURE_SETUP(kmod_charge)
{
	self->able = !geteuid() && find_cgroups(self) &&
		     make_group(self->maker, self->top, "maker") &&
		     make_group(self->toucher, self->top, "toucher");
	if (!self->able)
		return;
	self->device = kmod_device();
	ASSERT_LE(0, self->device);
	neighbour_begin(&self->neighbour, self->device);
	kmod_new_name(self->name);
}

FIXTURE_TEARDOWN(kmod_charge)
{
	if (self->able) {
		EXPECT_EQ(0, kmod_unlink(self->device, self->name));
		neighbour_check(&self->neighbour);
		neighbour_end(&self->neighbour);
	}
	if (self->maker[0])
		rmdir(self->maker);
	if (self->toucher[0])
		rmdir(self->toucher);
	if (self->mounted) {
		umount(self->top);
		rmdir(self->top);
	}
}

static int make_region(void *arg)
{
	FIXTURE_DATA(kmod_charge) *self = arg;

	enter(self->maker);
	return kmod_create(self->device, self->name, BYTES, 1) < 0;
}

/* By touching the first part, and asking for the second. */
static int touch(void *arg)
{
	FIXTURE_DATA(kmod_charge) *self = arg;
	char *data;
	int fd;

	enter(self->toucher);
	fd = kmod_open(self->device, self->name, 0);
	MUST(fd >= 0);
	data = kmod_data(fd, BYTES, PROT_READ | PROT_WRITE);
	MUST(data);
	memset(data, 1, PART);
	return kmod_commit(fd, PART, PART, 0);
}

/* Fails if the memory is charged to who made the region, or to nobody. */
TEST_F_TIMEOUT(kmod_charge, who_touches_first, 60)
{
	if (!self->able)
		SKIP(return, "no memory cgroups here");
	ASSERT_EQ(0, peer_wait(peer_start(make_region, self)));
	ASSERT_EQ(0, peer_wait(peer_start(touch, self)));
	EXPECT_LE(2 * PART, read_number(self->toucher, "memory.current"));
	EXPECT_GT(PART / 2, read_number(self->maker, "memory.current"));
}

/* Until the group has no more. */
static int ask_for_all(void *arg)
{
	FIXTURE_DATA(kmod_charge) *self = arg;
	int fd;

	enter(self->toucher);
	fd = kmod_open(self->device, self->name, 0);
	MUST(fd >= 0);
	return -kmod_commit(fd, 0, BYTES, 0);
}

/*
 * Fails if a group gets more than it may have, or if what it didn't get has
 * another end than an error or its own.
 */
TEST_F_TIMEOUT(kmod_charge, limit, 60)
{
	char text[32];
	int status;

	if (!self->able)
		SKIP(return, "no memory cgroups here");
	ASSERT_EQ(0, peer_wait(peer_start(make_region, self)));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)PART);
	ASSERT_TRUE(write_file(self->toucher, "memory.max", text));
	(void)write_file(self->toucher, "memory.swap.max", "0");
	status = peer_wait(peer_start(ask_for_all, self));
	EXPECT_TRUE(status == ENOMEM || status == ENOSPC || status == -SIGKILL);
	EXPECT_GE(PART, read_number(self->toucher, "memory.current"));
}

KMOD_HARNESS_MAIN
