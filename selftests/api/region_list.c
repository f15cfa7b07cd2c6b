// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The list of this machine's regions. */
#include "../common/variants.h"

#include <string.h>

#define REGIONS 3

REGION_FIXTURE_OVER(NAMED_VARIANTS, list, 1 * MIB);

struct search {
	const char *name;
	unsigned int times;
	struct ipcbuf_region_entry entry;
};

static int look_for(const struct ipcbuf_region_entry *entry, void *arg)
{
	struct search *search = arg;

	if (!strcmp(entry->name, search->name)) {
		search->times++;
		search->entry = *entry;
	}
	return 0;
}

static unsigned int times_listed(const char *name)
{
	struct search search = { .name = name };

	MUST_EQ(0, ipcbuf_region_list(look_for, &search));
	return search.times;
}

/* Fails if a region is missing, listed twice, or described wrongly. */
TEST_F(list, entries)
{
	struct search search = { .name = self->region.name };

	ASSERT_EQ(0, ipcbuf_region_list(look_for, &search));
	ASSERT_EQ(1, search.times);
	EXPECT_EQ(variant->backend, search.entry.backend);
	EXPECT_EQ(0600, search.entry.mode);
	EXPECT_EQ(geteuid(), search.entry.uid);
	EXPECT_EQ(getegid(), search.entry.gid);
	EXPECT_EQ(0, search.entry.status);
}

/* Fails if the list doesn't follow what is made and unlinked. */
TEST_F(list, follows)
{
	struct test_region regions[REGIONS];
	int i;

	for (i = 0; i < REGIONS; i++)
		ASSERT_EQ(0, test_region_create(&regions[i], variant->backend,
						variant->wait, 1 * MIB));
	for (i = 0; i < REGIONS; i++)
		EXPECT_EQ(1, times_listed(regions[i].name));
	for (i = 0; i < REGIONS; i++) {
		EXPECT_EQ(0, ipcbuf_region_unlink(regions[i].name));
		EXPECT_EQ(0, times_listed(regions[i].name));
		EXPECT_EQ(0, ipcbuf_region_close(regions[i].handle));
		EXPECT_EQ(0, times_listed(regions[i].name));
	}
	EXPECT_EQ(1, times_listed(self->region.name));
}

static int stop_at_once(const struct ipcbuf_region_entry *entry, void *arg)
{
	(void)entry;
	++*(int *)arg;
	return 4321;
}

/* Fails if a visitor can't end the list. */
TEST_F(list, visitor_ends_it)
{
	int visits = 0;

	EXPECT_EQ(4321, ipcbuf_region_list(stop_at_once, &visits));
	EXPECT_EQ(1, visits);
}

struct members {
	unsigned int count;
	unsigned int mine;
	int alive;
};

static int count_member(const struct ipcbuf_member_info *member, void *arg)
{
	struct members *members = arg;

	members->count++;
	members->mine += member->pid == getpid();
	members->alive += member->alive;
	return 0;
}

/* Fails if the members of a region aren't told. */
TEST_F(list, members)
{
	struct ipcbuf_region *second = test_region_join(&self->region);
	struct members members = { 0 };

	ASSERT_EQ(0, ipcbuf_region_list_members(second, count_member,
						&members));
	EXPECT_EQ(2, members.count);
	EXPECT_EQ(2, members.mine);
	EXPECT_EQ(2, members.alive);
	EXPECT_EQ(0, ipcbuf_region_close(second));
}

struct classes {
	uint64_t held_blocks;
	uint64_t last_block_bytes;
	bool ordered;
};

static int sum_class(const struct ipcbuf_class_info *class, void *arg)
{
	struct classes *classes = arg;

	if (class->block_bytes && class->block_bytes <= classes->last_block_bytes)
		classes->ordered = false;
	classes->last_block_bytes = class->block_bytes;
	if (class->block_bytes == 64)
		classes->held_blocks = class->held_blocks;
	return 0;
}

/* Fails if memory by class isn't what has been allocated. */
TEST_F(list, classes)
{
	struct classes classes = { .ordered = true };
	void *records[10];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(records); i++)
		records[i] = record_new(self->region.handle, 64);
	ASSERT_EQ(0, ipcbuf_region_list_classes(self->region.handle, sum_class,
						&classes));
	EXPECT_LE(ARRAY_SIZE(records), classes.held_blocks);
	EXPECT_TRUE(classes.ordered);
	for (i = 0; i < ARRAY_SIZE(records); i++)
		EXPECT_EQ(0, ipcbuf_free(records[i]));
}

TEST_HARNESS_MAIN
