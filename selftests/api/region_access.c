// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Owner and mode of a region, and regions that are open for looking only.
 * What other users may do is tried as user "nobody", which takes root.
 */
#include "../common/variants.h"

#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#define NOBODY 65534u

FIXTURE(access) {
	struct ipcbuf_region_options options;
	char name[IPCBUF_NAME_MAX + 1];
	struct ipcbuf_region *region;
};

NAMED_VARIANTS(access);

/* The device has a mode of its own, which comes before a region's. */
static void open_device(uint32_t backend, mode_t mode)
{
	if (backend == IPCBUF_BACKEND_KMOD && !geteuid())
		MUST_EQ(0, chmod("/dev/ipcbuf", mode));
}

FIXTURE_SETUP(access)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	NEED_VARIANT(variant);
	options.size_bytes = 2 * MIB;
	options.backend = variant->backend;
	options.wait = variant->wait;
	self->options = options;
	region_new_name(self->name);
	open_device(variant->backend, 0666);
}

FIXTURE_TEARDOWN(access)
{
	int ret = ipcbuf_region_unlink(self->name);

	EXPECT_TRUE(ret == 0 || ret == -ENOENT);
	open_device(variant->backend, 0660);
}

static void become_nobody(void)
{
	MUST_EQ(0, setgroups(0, NULL));
	MUST_EQ(0, setgid(NOBODY));
	MUST_EQ(0, setuid(NOBODY));
}

/* Makes the region with @mode and runs a peer against it. */
static void against(struct __test_metadata *_metadata,
		    FIXTURE_DATA(access) *self, uint32_t mode,
		    int (*run)(void *))
{
	if (geteuid())
		SKIP(return, "only root can become another user");
	self->options.mode = mode;
	ASSERT_EQ(0, ipcbuf_region_create(self->name, &self->options,
					  &self->region));
	EXPECT_EQ(0, peer_wait(peer_start(run, self)));
	EXPECT_EQ(1, region_info(self->region).members);
	EXPECT_EQ(0, region_verify(self->region));
	EXPECT_EQ(0, ipcbuf_region_close(self->region));
}

static int is_refused(void *arg)
{
	FIXTURE_DATA(access) *self = arg;
	struct ipcbuf_region_options rdonly = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region = POISON;

	become_nobody();
	rdonly.flags = IPCBUF_REGION_RDONLY;
	MUST_EQ(-EACCES, ipcbuf_region_open(self->name, NULL, &region));
	MUST_EQ(-EACCES, ipcbuf_region_open(self->name, &rdonly, &region));
	MUST_EQ(-EACCES, ipcbuf_region_open_or_create(self->name, NULL,
						      &region));
	MUST_EQ(-EACCES, ipcbuf_region_create(self->name, NULL, &region));
	MUST_EQ(-EACCES, ipcbuf_region_unlink(self->name));
	MUST(region == POISON);
	return 0;
}

/* Fails if the default mode, 0600, lets anybody else in. */
TEST_F(access, default_mode)
{
	against(_metadata, self, 0, is_refused);
}

/* Fails if a mode for the group lets others in. */
TEST_F(access, group_mode)
{
	against(_metadata, self, 0660, is_refused);
}

static int is_welcome(void *arg)
{
	FIXTURE_DATA(access) *self = arg;
	struct ipcbuf_region *region;
	struct ipcbuf_channel *channel;

	become_nobody();
	MUST_EQ(0, ipcbuf_region_open(self->name, NULL, &region));
	channel = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	MUST_EQ(0, ipcbuf_channel_send(channel, record_new(region, 100)));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if mode 0666 keeps others out, or the umask is applied to it. */
TEST_F(access, mode_for_all)
{
	umask(077);
	against(_metadata, self, 0666, is_welcome);
}

static int may_look(void *arg)
{
	FIXTURE_DATA(access) *self = arg;
	struct ipcbuf_region_options rdonly = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region = POISON;

	become_nobody();
	MUST_EQ(-EACCES, ipcbuf_region_open(self->name, NULL, &region));
	MUST(region == POISON);
	rdonly.flags = IPCBUF_REGION_RDONLY;
	MUST_EQ(0, ipcbuf_region_open(self->name, &rdonly, &region));
	MUST_EQ(1, region_info(region).members);
	MUST_EQ(0, region_verify(region));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if those who may only read can write, or can't look. */
TEST_F(access, mode_for_looking)
{
	against(_metadata, self, 0644, may_look);
}

static int owner_opens(void *arg)
{
	FIXTURE_DATA(access) *self = arg;
	struct ipcbuf_region *region;

	become_nobody();
	MUST_EQ(0, ipcbuf_region_open(self->name, NULL, &region));
	MUST_EQ(NOBODY, region_info(region).uid);
	MUST_EQ(NOBODY, region_info(region).gid);
	MUST_EQ(0600, region_info(region).mode);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if a region can't be given to another owner. */
TEST_F(access, owner)
{
	if (!system_gives_away(variant->backend))
		SKIP(return, "such memory is its maker's here");
	self->options.uid = NOBODY;
	self->options.gid = NOBODY;
	against(_metadata, self, 0600, owner_opens);
}

/* Fails if what can't be given away is made all the same, or leaves something. */
TEST_F(access, owner_that_cannot_be)
{
	struct ipcbuf_region *region = POISON;

	if (system_gives_away(variant->backend))
		SKIP(return, "such memory can be given away here");
	if (geteuid())
		SKIP(return, "only root can give anything away");
	self->options.uid = NOBODY;
	EXPECT_EQ(-EPERM, ipcbuf_region_create(self->name, &self->options,
					       &region));
	EXPECT_EQ(POISON, region);
	EXPECT_EQ(-ENOENT, ipcbuf_region_open(self->name, NULL, &region));
	self->options.uid = (uid_t)-1;
	ASSERT_EQ(0, ipcbuf_region_create(self->name, &self->options,
					  &region));
	EXPECT_EQ(0, ipcbuf_region_close(region));
}

/* Fails if info doesn't tell the mode that was asked for. */
TEST_F(access, mode_in_info)
{
	const uint32_t modes[] = { 0600, 0640, 0660, 0666, 0644 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		self->options.mode = modes[i];
		ASSERT_EQ(0, ipcbuf_region_create(self->name, &self->options,
						  &self->region));
		EXPECT_EQ(modes[i], region_info(self->region).mode);
		EXPECT_EQ(0, ipcbuf_region_close(self->region));
		EXPECT_EQ(0, ipcbuf_region_unlink(self->name));
	}
}

REGION_FIXTURE(rdonly, 2 * MIB);

/* Fails if a call that would write isn't refused where nothing may be written. */
TEST_F(rdonly, calls)
{
	struct ipcbuf_region *writer = self->region.handle, *looker;
	struct ipcbuf_channel *channel = POISON;
	struct ipcbuf_segment *segment = POISON;
	struct ipcbuf_key key = ipcbuf_key_id(1);
	void *record = POISON;

	channel_join(writer, 1, IPCBUF_PRODUCER, 0);
	ASSERT_EQ(0, test_region_open(&self->region, IPCBUF_REGION_RDONLY,
				      &looker));
	EXPECT_EQ(-EROFS, ipcbuf_channel_open(looker, key, IPCBUF_CONSUMER,
					      NULL, &channel));
	EXPECT_EQ(-EROFS, ipcbuf_segment_open(looker, ipcbuf_key_id(2), 100,
					      NULL, &segment));
	EXPECT_EQ(-EROFS, ipcbuf_channel_remove(looker, key));
	EXPECT_EQ(-EROFS, ipcbuf_region_recover(looker, NULL));
	EXPECT_EQ(-EROFS, ipcbuf_alloc(looker, 100, &record));
	EXPECT_EQ(POISON, channel);
	EXPECT_EQ(POISON, segment);
	EXPECT_EQ(POISON, record);
	EXPECT_EQ(1, ipcbuf_channel_exists(looker, key));
	EXPECT_EQ(1, region_info(looker).channels);
	EXPECT_EQ(0, region_verify(looker));
	EXPECT_EQ(0, ipcbuf_region_close(looker));
}

static void *free_through_looker(void *arg)
{
	struct ipcbuf_region *writer = test_region_join(arg), *looker;
	void *record = record_new(writer, 100), *seen;
	uint64_t offset;
	unsigned int i;

	MUST_EQ(0, ipcbuf_offset_of(record, &offset));
	/* More often than closed handles are kept from use. */
	for (i = 0; i < 1500; i++) {
		MUST_EQ(0, test_region_open(arg, IPCBUF_REGION_RDONLY,
					    &looker));
		MUST_EQ(0, ipcbuf_address_of(looker, offset, &seen));
		MUST_EQ(-EINVAL, ipcbuf_free(seen));
		MUST_EQ(0, ipcbuf_region_close(looker));
	}
	MUST_EQ(0, ipcbuf_free(record));
	MUST_EQ(0, ipcbuf_region_close(writer));
	return NULL;
}

/*
 * Fails if a record can be freed where it is only looked at, or if trying to
 * leaves something in the thread that outlives the handle.
 */
TEST_F(rdonly, free)
{
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, free_through_looker,
				    &self->region));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, region_held(self->region.handle));
	EXPECT_EQ(0, region_verify(self->region.handle));
}

static void is_refused_by_hardware(int signal_number)
{
	(void)signal_number;
	_exit(0);
}

static int write_through_looker(void *arg)
{
	struct ipcbuf_region *writer = test_region_join(arg), *looker;
	void *record = record_new(writer, 100), *seen;
	uint64_t offset;

	MUST_EQ(0, test_region_open(arg, IPCBUF_REGION_RDONLY, &looker));
	MUST_EQ(0, ipcbuf_offset_of(record, &offset));
	MUST_EQ(0, ipcbuf_address_of(looker, offset, &seen));
	MUST_EQ(0, ((volatile char *)seen)[50] - ((char *)record)[50]);
	MUST(signal(SIGSEGV, is_refused_by_hardware) != SIG_ERR);
	((volatile char *)seen)[50] = 1;
	MUST(!"the memory could be written");
	return 0;
}

/* Fails if memory that is open for looking can be written after all. */
TEST_F(rdonly, memory)
{
	pid_t peer = peer_start(write_through_looker, &self->region);

	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, ipcbuf_region_recover(self->region.handle, NULL));
}

TEST_HARNESS_MAIN
