// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What is different about regions that the kernel module keeps: names beside
 * those that are files, descriptors for regions that have a name, deaths that
 * are certain though a child has inherited everything.
 */
#include "../common/variants.h"
#include "../common/kmod.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In the header: magic, version of the layout, features. */
#define MAGIC_OFFSET    0
#define VERSION_OFFSET  8
#define FEATURES_OFFSET 12

FIXTURE(module) {
	struct test_region region;
	int fd;
	unsigned char *header;
};

VARIANT_FIELDS(module);
REGION_VARIANT(module, kmod_kmod, KMOD, KMOD);

FIXTURE_SETUP(module)
{
	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 2 * MIB));
	ASSERT_EQ(0, ipcbuf_region_get_fd(self->region.handle, &self->fd));
	self->header = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			    self->fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->header);
}

FIXTURE_TEARDOWN(module)
{
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, test_region_end(&self->region));
	EXPECT_EQ(0, munmap(self->header, 4096));
	EXPECT_EQ(0, close(self->fd));
}

static int open_once(FIXTURE_DATA(module) *self, uint32_t flags)
{
	struct ipcbuf_region *region = POISON;
	int ret = test_region_open(&self->region, flags, &region);

	if (!ret)
		MUST_EQ(0, ipcbuf_region_close(region));
	else
		MUST(region == POISON);
	return ret;
}

static int open_fd_once(int fd, uint32_t flags)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region = POISON;
	int ret;

	options.flags = flags;
	ret = ipcbuf_region_open_fd(fd, &options, &region);
	if (!ret)
		MUST_EQ(0, ipcbuf_region_close(region));
	else
		MUST(region == POISON);
	return ret;
}

/* Fails if a region of another version, or with unknown features, is used. */
TEST_F(module, other_layout)
{
	self->header[VERSION_OFFSET]++;
	EXPECT_EQ(-EPROTO, open_once(self, 0));
	EXPECT_EQ(-EPROTO, open_once(self, IPCBUF_REGION_RDONLY));
	EXPECT_EQ(-EPROTO, open_fd_once(self->fd, 0));
	self->header[VERSION_OFFSET]--;
	self->header[FEATURES_OFFSET + 3] ^= 0x80;
	EXPECT_EQ(-EPROTO, open_once(self, 0));
	self->header[FEATURES_OFFSET + 3] ^= 0x80;
	EXPECT_EQ(0, open_once(self, 0));
}

struct search {
	const char *name;
	unsigned int found;
	int status;
};

static int look_for(const struct ipcbuf_region_entry *entry, void *arg)
{
	struct search *search = arg;

	if (!strcmp(entry->name, search->name)) {
		search->found++;
		search->status = entry->status;
	}
	return 0;
}

static struct search search_for(const char *name)
{
	struct search search = { .name = name };

	MUST_EQ(0, ipcbuf_region_list(look_for, &search));
	return search;
}

/*
 * What a creator leaves that dies after its first step, made as it would make
 * it: memory of that name, of zeros.
 */
static void leave_half_made(const char *name)
{
	int device = kmod_device();

	MUST(device >= 0);
	close(kmod_create(device, name, 1 * MIB, 128));
	close(device);
}

static int create_in_module(const char *name, struct ipcbuf_region **ret)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	options.backend = IPCBUF_BACKEND_KMOD;
	options.size_bytes = 1 * MIB;
	return ipcbuf_region_create(name, &options, ret);
}

/* Fails if what is half-made is taken for a region, or stays. */
TEST_F(module, half_made_is_no_region)
{
	struct ipcbuf_region_options rdonly = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region = POISON;
	char name[IPCBUF_NAME_MAX + 1];
	struct search search;

	region_new_name(name);
	leave_half_made(name);
	rdonly.flags = IPCBUF_REGION_RDONLY;
	EXPECT_EQ(-ENOENT, ipcbuf_region_open(name, &rdonly, &region));
	search = search_for(name);
	EXPECT_EQ(1, search.found);
	EXPECT_EQ(-ENOENT, search.status);
	EXPECT_EQ(-ENOENT, ipcbuf_region_open(name, NULL, &region));
	EXPECT_EQ(POISON, region);
	EXPECT_EQ(0, search_for(name).found);
}

/* Fails if it is in the way of the next creator. */
TEST_F(module, half_made_is_replaced)
{
	struct ipcbuf_region *region;
	char name[IPCBUF_NAME_MAX + 1];

	region_new_name(name);
	leave_half_made(name);
	ASSERT_EQ(0, create_in_module(name, &region));
	EXPECT_EQ(-EEXIST, create_in_module(name, &region));
	EXPECT_EQ(1, region_info(region).members);
	EXPECT_EQ(0, ipcbuf_region_close(region));
	EXPECT_EQ(0, ipcbuf_region_unlink(name));

	leave_half_made(name);
	ASSERT_EQ(0, ipcbuf_region_open_or_create(name, NULL, &region));
	EXPECT_EQ(1, region_info(region).members);
	EXPECT_EQ(0, ipcbuf_region_close(region));
	EXPECT_EQ(0, ipcbuf_region_unlink(name));
}

/* Fails if it can't be unlinked, or counts as there. */
TEST_F(module, half_made_is_unlinked)
{
	char name[IPCBUF_NAME_MAX + 1];

	region_new_name(name);
	leave_half_made(name);
	EXPECT_EQ(-ENOENT, ipcbuf_region_unlink(name));
	EXPECT_EQ(0, search_for(name).found);
}

/* Fails if a member can take the region's name away by scribbling. */
TEST_F(module, scribbled_magic)
{
	uint64_t magic;

	memcpy(&magic, self->header + MAGIC_OFFSET, sizeof(magic));
	memset(self->header + MAGIC_OFFSET, 0, sizeof(magic));
	EXPECT_EQ(-EPROTO, open_once(self, 0));
	EXPECT_EQ(-EPROTO, open_once(self, IPCBUF_REGION_RDONLY));
	EXPECT_EQ(1, search_for(self->region.name).found);
	memcpy(self->header + MAGIC_OFFSET, &magic, sizeof(magic));
	EXPECT_EQ(0, open_once(self, 0));
}

/* Fails if a name can be had twice, once of each kind, or only one is found. */
TEST_F(module, name_of_another_kind)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region = POISON;
	char name[IPCBUF_NAME_MAX + 1];

	options.backend = IPCBUF_BACKEND_POSIX;
	options.size_bytes = 1 * MIB;
	EXPECT_EQ(-EEXIST, ipcbuf_region_create(self->region.name, &options,
						&region));
	EXPECT_EQ(POISON, region);
	ASSERT_EQ(0, ipcbuf_region_open_or_create(self->region.name, &options,
						  &region));
	EXPECT_EQ(IPCBUF_BACKEND_KMOD, region_info(region).backend);
	EXPECT_EQ(0, ipcbuf_region_close(region));

	region_new_name(name);
	ASSERT_EQ(0, ipcbuf_region_create(name, &options, &region));
	EXPECT_EQ(0, ipcbuf_region_close(region));
	region = POISON;
	options.backend = IPCBUF_BACKEND_KMOD;
	EXPECT_EQ(-EEXIST, ipcbuf_region_create(name, &options, &region));
	EXPECT_EQ(POISON, region);
	ASSERT_EQ(0, ipcbuf_region_open_or_create(name, &options, &region));
	EXPECT_EQ(IPCBUF_BACKEND_POSIX, region_info(region).backend);
	EXPECT_EQ(0, ipcbuf_region_close(region));
	EXPECT_EQ(1, search_for(name).found);
	EXPECT_EQ(0, ipcbuf_region_unlink(name));
	EXPECT_EQ(-ENOENT, ipcbuf_region_unlink(name));
}

/* Fails if a descriptor doesn't keep the region, or doesn't lead to it. */
TEST_F(module, descriptor)
{
	struct ipcbuf_region_info info;
	struct ipcbuf_region *again;

	EXPECT_EQ(0, ipcbuf_region_unlink(self->region.name));
	EXPECT_EQ(0, ipcbuf_region_close(self->region.handle));
	EXPECT_EQ(-ENOENT, open_once(self, 0));
	ASSERT_EQ(0, ipcbuf_region_open_fd(self->fd, NULL, &again));
	EXPECT_EQ(1, region_info(again).members);
	info = region_info(again);
	EXPECT_STREQ(self->region.name, info.name);
	EXPECT_EQ(0, ipcbuf_free(record_new(again, 1000)));
	EXPECT_EQ(0, open_fd_once(self->fd, IPCBUF_REGION_RDONLY));
	EXPECT_EQ(0, ipcbuf_region_close(again));
	/* For the teardown. */
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 1 * MIB));
}

/* Fails if what was opened for looking leads to more than that. */
TEST_F(module, descriptor_of_an_observer)
{
	struct ipcbuf_region *observer;
	int fd;

	ASSERT_EQ(0, test_region_open(&self->region, IPCBUF_REGION_RDONLY,
				      &observer));
	ASSERT_EQ(0, ipcbuf_region_get_fd(observer, &fd));
	EXPECT_EQ(-EACCES, open_fd_once(fd, 0));
	EXPECT_EQ(0, open_fd_once(fd, IPCBUF_REGION_RDONLY));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, ipcbuf_region_close(observer));
}

/*
 * The descriptor that was given away is no member's: fails if its end, or
 * locks through it, are taken for the member's own.
 */
TEST_F(module, descriptor_is_not_the_members)
{
	struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
	struct ipcbuf_region *other = test_region_join(&self->region);
	int fd;

	ASSERT_EQ(0, ipcbuf_region_get_fd(other, &fd));
	EXPECT_EQ(0, fcntl(fd, F_OFD_SETLK, &lock));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, ipcbuf_region_recover(self->region.handle, NULL));
	EXPECT_EQ(2, region_info(self->region.handle).members);
	EXPECT_EQ(0, ipcbuf_region_close(other));
	EXPECT_EQ(1, region_info(self->region.handle).members);
}

/* Fails if a size that the module can't do is tried, or isn't had elsewhere. */
TEST_F(module, too_large)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	char name[IPCBUF_NAME_MAX + 1];
	struct ipcbuf_region *region = POISON;

	region_new_name(name);
	options.size_bytes = IPCBUF_REGION_MAX_BYTES;
	options.backend = IPCBUF_BACKEND_KMOD;
	EXPECT_EQ(-EOPNOTSUPP, ipcbuf_region_create(name, &options, &region));
	EXPECT_EQ(POISON, region);
}

struct dynasty {
	const struct test_region *region;
	int ready;
	pid_t *heir;			/* shared by all of them */
};

/*
 * A child that nothing has told of fork(), so that it keeps all descriptors.
 * It is the test's own child, too, and so can be awaited.
 */
static int has_an_heir(void *arg)
{
	struct dynasty *dynasty = arg;
	struct ipcbuf_region *region = test_region_join(dynasty->region);
	long pid;

	channel_join(region, 1, IPCBUF_PRODUCER, 0);
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL,
		      NULL);
	if (pid) {
		MUST(pid > 0);
		*dynasty->heir = (pid_t)pid;
		gate_post(dynasty->ready, 1);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (pause())
		;
	return 0;
}

/* Fails if a dead member's child keeps it alive. */
TEST_F(module, heir)
{
	pid_t *heir = mmap(NULL, sizeof(*heir), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct dynasty dynasty = { &self->region, gate_new(), heir };
	pid_t peer = peer_start(has_an_heir, &dynasty);
	struct ipcbuf_channel *channel;
	void *record;

	gate_wait(dynasty.ready);
	channel = channel_join(self->region.handle, 1, IPCBUF_CONSUMER, 0);
	EXPECT_EQ(1, ipcbuf_channel_has_producer(channel));
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	EXPECT_EQ(-EOWNERDEAD, ipcbuf_channel_recv(channel, &record));
	EXPECT_EQ(1, region_info(self->region.handle).members);
	EXPECT_EQ(-SIGKILL, peer_kill(*heir));
}

TEST_HARNESS_MAIN
