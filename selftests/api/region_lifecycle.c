// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The life of a region: created, opened again, unlinked while in use, gone.
 * One process; races between processes are in region_race.c.
 */
#include "../common/variants.h"
#include "../common/fill.h"

#include <string.h>

#define MANY 50

REGION_FIXTURE(lifecycle, 16 * MIB);

/* Fails if a second handle isn't a mapping of the very same memory. */
TEST_F(lifecycle, twice_in_one_process)
{
	struct ipcbuf_region *first = self->region.handle;
	struct ipcbuf_region *second = test_region_join(&self->region);
	void *here = record_new(first, 1000), *there;
	uint64_t offset;

	ASSERT_EQ(0, ipcbuf_offset_of(here, &offset));
	ASSERT_EQ(0, ipcbuf_address_of(second, offset, &there));
	EXPECT_NE(here, there);
	fill_write(here, 1000, 1);
	EXPECT_TRUE(fill_matches(there, 1000, 1));
	fill_write(there, 1000, 2);
	EXPECT_TRUE(fill_matches(here, 1000, 2));
	EXPECT_EQ(0, ipcbuf_free(here));
	EXPECT_EQ(2, region_info(first).members);
	EXPECT_EQ(0, ipcbuf_region_close(second));
	EXPECT_EQ(1, region_info(first).members);
}

/* Fails if closing one handle takes the other's memory or records away. */
TEST_F(lifecycle, handles_close_in_any_order)
{
	struct ipcbuf_region *second = test_region_join(&self->region);
	void *mine, *record;

	mine = record_new(second, 5000);
	fill_write(mine, 5000, 7);
	EXPECT_EQ(0, ipcbuf_region_close(self->region.handle));
	EXPECT_TRUE(fill_matches(mine, 5000, 7));
	record = record_new(second, 5000);
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, ipcbuf_free(mine));
	self->region.handle = second;
}

/* Fails if what a later opener asks for overrides what the creator chose. */
TEST_F(lifecycle, creators_choice_stands)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region_info made = region_info(self->region.handle);
	struct ipcbuf_region_info seen;
	struct ipcbuf_region *second;

	if (self->region.fd >= 0)
		ASSERT_EQ(0, ipcbuf_region_open_fd(self->region.fd, NULL,
						   &second));
	options.size_bytes = 64 * MIB;
	options.backend = variant->backend == IPCBUF_BACKEND_POSIX ?
			  IPCBUF_BACKEND_SYSV : IPCBUF_BACKEND_POSIX;
	options.wait = variant->wait == IPCBUF_WAIT_SYSV_SEM ?
		       IPCBUF_WAIT_FUTEX : IPCBUF_WAIT_SYSV_SEM;
	options.mode = 0666;
	if (self->region.fd < 0)
		ASSERT_EQ(0, ipcbuf_region_open_or_create(self->region.name,
							  &options, &second));
	seen = region_info(second);
	EXPECT_EQ(made.size_bytes, seen.size_bytes);
	EXPECT_EQ(variant->backend, seen.backend);
	EXPECT_EQ(variant->wait, seen.wait);
	EXPECT_EQ(0600, seen.mode);
	EXPECT_STREQ(self->region.name, seen.name);
	EXPECT_EQ(0, ipcbuf_region_close(second));
}

/* Fails if the figures don't describe what was asked for. */
TEST_F(lifecycle, info)
{
	struct ipcbuf_region_info info = region_info(self->region.handle);
	uint64_t wanted = system_region_bytes(variant->backend, 16 * MIB);

	EXPECT_EQ(variant->backend, info.backend);
	EXPECT_EQ(variant->wait, info.wait);
	EXPECT_STREQ(self->region.name, info.name);
	EXPECT_LE(wanted, info.size_bytes);
	EXPECT_LT(info.heap_bytes, info.size_bytes);
	EXPECT_LE(info.max_record_bytes, info.heap_bytes);
	EXPECT_LE(wanted / 2, info.max_record_bytes);
	EXPECT_EQ(0, info.held_bytes);
	EXPECT_EQ(1, info.members);
	EXPECT_EQ(0, info.channels);
	EXPECT_EQ(0, info.segments);
	EXPECT_EQ(geteuid(), info.uid);
	EXPECT_LT(0, info.layout_version);
	EXPECT_LT(0, strlen(info.backend_name));
	EXPECT_LT(0, strlen(info.wait_name));
}

/* Fails if a region doesn't outlive a time in which nobody has it open. */
TEST_F(lifecycle, stays_while_nobody_has_it)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_key key = ipcbuf_key_name("stays");
	struct ipcbuf_channel *channel;
	struct ipcbuf_region *again;

	options.flags = IPCBUF_CHANNEL_KEEP;
	ASSERT_EQ(0, ipcbuf_channel_open(self->region.handle, key,
					 IPCBUF_PRODUCER, &options, &channel));
	ASSERT_EQ(0, ipcbuf_region_close(self->region.handle));
	again = test_region_join(&self->region);
	self->region.handle = again;
	EXPECT_EQ(1, ipcbuf_channel_exists(again, key));
	EXPECT_EQ(1, region_info(again).members);
	EXPECT_EQ(0, ipcbuf_channel_remove(again, key));
}

/* Fails if regions of one process get in one another's way. */
TEST_F(lifecycle, many_in_one_process)
{
	unsigned int count = system_regions(variant->backend, variant->wait,
					    MANY), i;
	struct test_region regions[MANY];
	void *records[MANY];

	for (i = 0; i < count; i++) {
		ASSERT_EQ(0, test_region_create(&regions[i], variant->backend,
						variant->wait, 1 * MIB));
		records[i] = record_new(regions[i].handle, 3000);
		fill_write(records[i], 3000, i);
	}
	for (i = 0; i < count; i++) {
		EXPECT_TRUE(fill_matches(records[i], 3000, i));
		EXPECT_LE(3000, region_held(regions[i].handle));
		EXPECT_EQ(0, ipcbuf_free(records[i]));
		EXPECT_EQ(0, ipcbuf_region_trim(regions[i].handle));
		EXPECT_EQ(0, region_held(regions[i].handle));
		EXPECT_EQ(0, region_verify(regions[i].handle));
		EXPECT_EQ(0, test_region_end(&regions[i]));
	}
}

REGION_FIXTURE_OVER(NAMED_VARIANTS, named, 16 * MIB);

/* Fails if a name is given twice, or a failed call touches its output. */
TEST_F(named, create_is_exclusive)
{
	struct ipcbuf_region *second = POISON;

	EXPECT_EQ(-EEXIST, ipcbuf_region_create(self->region.name, NULL,
						&second));
	EXPECT_EQ(POISON, second);
	EXPECT_EQ(1, region_info(self->region.handle).members);
}

/* Fails if opening what isn't there makes it, or does anything but say so. */
TEST_F(named, open_of_nothing)
{
	struct ipcbuf_region *region = POISON;
	char name[IPCBUF_NAME_MAX + 1];

	region_new_name(name);
	EXPECT_EQ(-ENOENT, ipcbuf_region_open(name, NULL, &region));
	EXPECT_EQ(-ENOENT, ipcbuf_region_open(name, NULL, &region));
	EXPECT_EQ(POISON, region);
	EXPECT_EQ(-ENOENT, ipcbuf_region_unlink(name));
}

/*
 * Fails if unlinking disturbs those who have it open, if the name isn't free
 * at once, or if the old and the new region of that name are mixed up.
 */
TEST_F(named, unlink_in_use)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *old = self->region.handle, *new = POISON;
	struct ipcbuf_channel *producer, *consumer;
	void *record = record_new(old, 4000), *got;

	fill_write(record, 4000, 3);
	ASSERT_EQ(0, ipcbuf_region_unlink(self->region.name));
	EXPECT_EQ(-ENOENT, ipcbuf_region_open(self->region.name, NULL, &new));
	EXPECT_EQ(POISON, new);
	EXPECT_EQ(-ENOENT, ipcbuf_region_unlink(self->region.name));

	options.size_bytes = 1 * MIB;
	options.backend = variant->backend;
	options.wait = variant->wait;
	ASSERT_EQ(0, ipcbuf_region_create(self->region.name, &options, &new));
	producer = channel_join(old, 1, IPCBUF_PRODUCER, 0);
	EXPECT_EQ(0, ipcbuf_channel_exists(new, ipcbuf_key_id(1)));
	consumer = channel_join(old, 1, IPCBUF_CONSUMER, 0);
	EXPECT_EQ(0, ipcbuf_channel_send(producer, record));
	ASSERT_EQ(0, ipcbuf_channel_recv(consumer, &got));
	EXPECT_TRUE(fill_matches(got, 4000, 3));
	EXPECT_EQ(0, region_held(new));
	EXPECT_EQ(0, ipcbuf_free(got));
	EXPECT_EQ(0, region_verify(new));
	EXPECT_EQ(0, ipcbuf_region_close(new));
}

/* Fails if open_or_create doesn't do either, as the case may be. */
TEST_F(named, open_or_create)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *opened, *created;
	char name[IPCBUF_NAME_MAX + 1];

	ASSERT_EQ(0, ipcbuf_region_open_or_create(self->region.name, NULL,
						  &opened));
	EXPECT_EQ(2, region_info(self->region.handle).members);
	EXPECT_EQ(0, ipcbuf_region_close(opened));

	region_new_name(name);
	options.size_bytes = 1 * MIB;
	options.backend = variant->backend;
	ASSERT_EQ(0, ipcbuf_region_open_or_create(name, &options, &created));
	EXPECT_EQ(variant->backend, region_info(created).backend);
	EXPECT_EQ(0, ipcbuf_region_close(created));
	EXPECT_EQ(0, ipcbuf_region_unlink(name));
}

/* Fails if a failed look at the memory of a memfd region closes or leaks it. */
TEST(descriptor_belongs_to_memfd_alone)
{
	struct test_region region;
	int fd = -7;

	ASSERT_EQ(0, test_region_create(&region, IPCBUF_BACKEND_POSIX,
					IPCBUF_WAIT_DEFAULT, 1 * MIB));
	EXPECT_EQ(-EOPNOTSUPP, ipcbuf_region_get_fd(region.handle, &fd));
	EXPECT_EQ(-7, fd);
	EXPECT_EQ(0, test_region_end(&region));
}

/* Fails if a memfd region dies with the handle while a descriptor is left. */
TEST(memfd_lives_in_its_descriptor)
{
	struct ipcbuf_region *again = POISON;
	struct test_region region;

	NEED_BACKEND(MEMFD, FUTEX);
	ASSERT_EQ(0, test_region_create(&region, IPCBUF_BACKEND_MEMFD,
					IPCBUF_WAIT_FUTEX, 1 * MIB));
	EXPECT_EQ(-ENOENT, ipcbuf_region_open(region.name, NULL, &again));
	EXPECT_EQ(POISON, again);
	EXPECT_EQ(0, ipcbuf_region_close(region.handle));
	region.handle = test_region_join(&region);
	EXPECT_EQ(0, ipcbuf_free(record_new(region.handle, 100)));
	EXPECT_EQ(0, test_region_end(&region));
}

TEST_HARNESS_MAIN
