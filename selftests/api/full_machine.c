// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A machine without memory: /dev/shm is a file system of a few MiB, in a mount
 * namespace of the test's own. The call that needed the memory must say so;
 * touching what was given must never raise SIGBUS.
 */
#include "../common/variants.h"
#include "../common/fill.h"
#include "../common/random.h"

#include <sched.h>
#include <sys/mount.h>

#define RECORDS 400000

FIXTURE(full) {
	struct test_region region;
};

FIXTURE_VARIANT(full) {
	uint32_t wait;
};

FIXTURE_VARIANT_ADD(full, futex) { .wait = IPCBUF_WAIT_FUTEX };
FIXTURE_VARIANT_ADD(full, posixsem) { .wait = IPCBUF_WAIT_POSIX_SEM };
FIXTURE_VARIANT_ADD(full, sysvsem) { .wait = IPCBUF_WAIT_SYSV_SEM };

/* A failed assertion's way out, as in NEED_VARIANT(). */
FIXTURE_SETUP(full)
{
	if (!system_commits())
		SKIP(longjmp(_metadata->env, 1),
		     "memory isn't the machine's before it is touched here");
}

/* Semaphores aren't in the file system that goes with a test that failed. */
FIXTURE_TEARDOWN(full)
{
	if (self->region.handle)
		(void)test_region_end(&self->region);
}

/* Gives this process a /dev/shm of its own. */
static bool shrink_machine(const char *size)
{
	char options[32];

	snprintf(options, sizeof(options), "size=%s", size);
	return !unshare(CLONE_NEWNS) &&
	       !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", "/dev/shm", "tmpfs", 0, options);
}

static int make(struct test_region *region, uint32_t wait)
{
	return test_region_create(region, IPCBUF_BACKEND_POSIX, wait, 256 * MIB);
}

/* Writes all of each record until there is no more. */
static size_t take_all(struct ipcbuf_region *region, void **records,
		       uint64_t limit)
{
	struct random random = { limit };
	size_t count = 0;
	int ret = 0;

	while (count < RECORDS && !ret) {
		size_t bytes = random_size(&random, limit);

		ret = ipcbuf_alloc(region, bytes, &records[count]);
		if (!ret)
			fill_write(records[count++], bytes, 1);
	}
	MUST_EQ(-ENOMEM, ret);
	return count;
}

/*
 * Fails if a record is given that the machine has no memory for (SIGBUS), or
 * if the region is of no use once some has been freed.
 */
TEST_F(full, records)
{
	static void *records[RECORDS];
	const uint64_t limits[] = { 100000, 2000, 3 * MIB, 100000 };
	unsigned int round;
	size_t count, most = 0, i;

	if (!shrink_machine("20m"))
		SKIP(return, "can't mount a file system");
	ASSERT_EQ(0, make(&self->region, variant->wait));
	for (round = 0; round < ARRAY_SIZE(limits); round++) {
		count = take_all(self->region.handle, records, limits[round]);
		EXPECT_LT(0, count);
		if (!round)
			most = count;
		for (i = 0; i < count; i++)
			ASSERT_EQ(0, ipcbuf_free(records[i]));
		EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
		EXPECT_EQ(0, region_verify(self->region.handle));
	}
	EXPECT_LE(most / 2, count);
	EXPECT_EQ(0, test_region_end(&self->region));
}

/* Fails if one huge record is promised where only its first pages are there. */
TEST_F(full, huge_record)
{
	struct ipcbuf_region_info before, after;
	void *record = POISON;

	if (!shrink_machine("20m"))
		SKIP(return, "can't mount a file system");
	ASSERT_EQ(0, make(&self->region, variant->wait));
	before = region_info(self->region.handle);
	EXPECT_EQ(-ENOMEM, ipcbuf_alloc(self->region.handle, 100 * MIB,
					&record));
	EXPECT_EQ(POISON, record);
	after = region_info(self->region.handle);
	EXPECT_EQ(0, after.held_bytes);
	/* The tables of memory that was asked for may stay. */
	EXPECT_GE(before.committed_bytes + before.size_bytes -
		  before.heap_bytes, after.committed_bytes);
	EXPECT_EQ(0, ipcbuf_free(record_new(self->region.handle, 1 * MIB)));
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, test_region_end(&self->region));
}

/* Fails if channels are made of memory that isn't there. */
TEST_F(full, channels)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel = POISON;
	int64_t id;
	int ret = 0;

	if (!shrink_machine("20m"))
		SKIP(return, "can't mount a file system");
	ASSERT_EQ(0, make(&self->region, variant->wait));
	options.depth_slots = 1 << 16;
	options.flags = IPCBUF_CHANNEL_KEEP;
	for (id = 0; id < 1000 && !ret; id++)
		ret = ipcbuf_channel_open(self->region.handle,
					  ipcbuf_key_id(id), IPCBUF_PRODUCER,
					  &options, &channel);
	EXPECT_EQ(-ENOMEM, ret);
	EXPECT_EQ(id - 1, region_info(self->region.handle).channels);
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, ipcbuf_channel_remove(self->region.handle,
					   ipcbuf_key_id(0)));
	EXPECT_EQ(0, test_region_end(&self->region));
}

/* Fails if a region is made where not even its own tables have room. */
TEST_F(full, region)
{
	const char *const sizes[] = { "4k", "8k", "16k", "64k", "256k", "512k" };
	struct ipcbuf_region *again = POISON;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (!shrink_machine(sizes[i]))
			SKIP(return, "can't mount a file system");
		ret = make(&self->region, variant->wait);
		if (!ret) {
			void *record = POISON;

			ret = ipcbuf_alloc(self->region.handle, 1000, &record);
			EXPECT_TRUE(ret == 0 || ret == -ENOMEM);
			EXPECT_EQ(0, test_region_end(&self->region));
			continue;
		}
		EXPECT_TRUE(ret == -ENOMEM || ret == -ENOSPC);
		EXPECT_EQ(-ENOENT, ipcbuf_region_open(self->region.name, NULL,
						      &again));
		EXPECT_EQ(POISON, again);
	}
}

TEST_HARNESS_MAIN
