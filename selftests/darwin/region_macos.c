// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the library does where macOS is unlike Linux: an older one without
 * os_sync_wait_on_address(), segments that one process may attach, names that
 * are longer than an object's may be. Limits of both are in api/region_limits.c.
 */
#include "../common/variants.h"
#include "../common/fill.h"

#include <string.h>
#include <sys/stat.h>

#define SHMSEG 8

FIXTURE(macos) {
	struct ipcbuf_region_options options;
	char name[IPCBUF_NAME_MAX + 1];
};

FIXTURE_SETUP(macos)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	options.size_bytes = 1 * MIB;
	self->options = options;
	region_new_name(self->name);
}

FIXTURE_TEARDOWN(macos)
{
	int ret = ipcbuf_region_unlink(self->name);

	EXPECT_TRUE(ret == 0 || ret == -ENOENT);
}

/* The wait of a region that is made with these options; -errno: none is. */
static int wait_of_new(FIXTURE_DATA(macos) *self)
{
	struct ipcbuf_region *region;
	int ret = ipcbuf_region_create(self->name, &self->options, &region);

	if (ret)
		return ret;
	ret = (int)region_info(region).wait;
	MUST_EQ(0, ipcbuf_free(record_new(region, 100)));
	MUST_EQ(0, region_verify(region));
	MUST_EQ(0, ipcbuf_region_close(region));
	MUST_EQ(0, ipcbuf_region_unlink(self->name));
	return ret;
}

/* Fails if an older macOS gets what it hasn't got, or nothing. */
TEST_F(macos, older_than_14_4)
{
	ASSERT_EQ(0, unsetenv("DARWIN_OS_SYNC"));
	EXPECT_EQ(IPCBUF_WAIT_SYSV_SEM, wait_of_new(self));
	self->options.backend = IPCBUF_BACKEND_SYSV;
	EXPECT_EQ(IPCBUF_WAIT_SYSV_SEM, wait_of_new(self));
	self->options.wait = IPCBUF_WAIT_FUTEX;
	EXPECT_EQ(-EOPNOTSUPP, wait_of_new(self));
	self->options.wait = IPCBUF_WAIT_DEFAULT;
	ASSERT_EQ(0, setenv("IPCBUF_WAIT", "futex", 1));
	EXPECT_EQ(-EOPNOTSUPP, wait_of_new(self));
}

/* Fails if a newer one sleeps by the slower way. */
TEST_F(macos, from_14_4_on)
{
	ASSERT_EQ(0, setenv("DARWIN_OS_SYNC", "1", 1));
	EXPECT_EQ(IPCBUF_WAIT_FUTEX, wait_of_new(self));
	self->options.wait = IPCBUF_WAIT_SYSV_SEM;
	EXPECT_EQ(IPCBUF_WAIT_SYSV_SEM, wait_of_new(self));
}

/* Fails if one handle too many takes the region with it, or isn't explained. */
TEST_F(macos, attached_once_too_often)
{
	struct ipcbuf_region *regions[SHMSEG], *more = POISON;
	unsigned int i;

	self->options.backend = IPCBUF_BACKEND_SYSV;
	ASSERT_EQ(0, ipcbuf_region_create(self->name, &self->options,
					  &regions[0]));
	for (i = 1; i < SHMSEG; i++)
		ASSERT_EQ(0, ipcbuf_region_open(self->name, NULL, &regions[i]));
	EXPECT_EQ(-EMFILE, ipcbuf_region_open(self->name, NULL, &more));
	EXPECT_NE(NULL, strstr(ipcbuf_hint(), "kern.sysv.shmseg is 8"));
	EXPECT_NE(NULL, strstr(ipcbuf_hint(), "kern.sysv.shmseg=16"));
	EXPECT_EQ(-EMFILE, ipcbuf_region_open_or_create(self->name,
							&self->options, &more));
	EXPECT_EQ(POISON, more);
	EXPECT_EQ(SHMSEG, region_info(regions[0]).members);
	EXPECT_EQ(0, ipcbuf_region_close(regions[1]));
	EXPECT_EQ(0, ipcbuf_region_open(self->name, NULL, &regions[1]));
	EXPECT_STREQ("", ipcbuf_hint());
	EXPECT_EQ(0, region_verify(regions[0]));
	for (i = 0; i < SHMSEG; i++)
		EXPECT_EQ(0, ipcbuf_region_close(regions[i]));
}

/* Two names that are the same as far as an object's name goes. */
static void long_names(char names[2][IPCBUF_NAME_MAX + 1])
{
	size_t end;

	region_new_name(names[0]);
	end = strlen(names[0]);
	memset(names[0] + end, 'x', IPCBUF_NAME_MAX - end);
	names[0][IPCBUF_NAME_MAX] = '\0';
	memcpy(names[1], names[0], sizeof(names[0]));
	names[1][IPCBUF_NAME_MAX - 1] = 'y';
}

static int write_by_name(void *name)
{
	struct ipcbuf_region *region;
	struct ipcbuf_channel *channel;
	void *record;

	MUST_EQ(0, ipcbuf_region_open(name, NULL, &region));
	channel = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	record = record_new(region, 1000);
	message_write(record, 1000, 7);
	MUST_EQ(0, ipcbuf_channel_send(channel, record));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if long names are cut, or others don't find what they stand for. */
TEST_F(macos, names_longer_than_an_objects)
{
	char names[2][IPCBUF_NAME_MAX + 1];
	struct ipcbuf_region *regions[2], *again = POISON;
	struct ipcbuf_channel *channel;
	uint64_t serial;
	size_t usable;
	void *record;
	int i;

	long_names(names);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, ipcbuf_region_create(names[i], &self->options,
						  &regions[i]));
	EXPECT_EQ(-EEXIST, ipcbuf_region_create(names[0], &self->options,
						&again));
	channel = channel_join(regions[1], 1, IPCBUF_CONSUMER, 0);
	EXPECT_EQ(0, peer_wait(peer_start(write_by_name, names[1])));
	EXPECT_EQ(0, ipcbuf_channel_exists(regions[0], ipcbuf_key_id(1)));
	ASSERT_EQ(0, ipcbuf_channel_recv(channel, &record));
	ASSERT_EQ(0, ipcbuf_usable_size(record, &usable));
	EXPECT_TRUE(message_read(record, usable, &serial));
	EXPECT_EQ(7, serial);
	EXPECT_EQ(0, ipcbuf_free(record));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, region_verify(regions[i]));
		EXPECT_EQ(0, ipcbuf_region_close(regions[i]));
		EXPECT_EQ(0, ipcbuf_region_unlink(names[i]));
		EXPECT_EQ(-ENOENT, ipcbuf_region_open(names[i], NULL, &again));
	}
	EXPECT_EQ(POISON, again);
}

TEST_HARNESS_MAIN
