// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A system that allows little System V memory, or few semaphores: who is refused
 * is told by which limit, and what would do. Each test has limits of its own, in
 * a namespace; what a hint advises is done there, and must help.
 */
#include "../common/variants.h"

#include <sched.h>
#include <string.h>

#define PAGES  (4 * MIB / 4096)
#define MOST   16
#define SETS   4

FIXTURE(limits) {
	struct ipcbuf_region_options options;
	struct ipcbuf_region *regions[MOST];
	char names[MOST][IPCBUF_NAME_MAX + 1];
	unsigned int count;
};

/* Numbers of /proc/sys/kernel; macOS calls the same ones kern.sysv. */
static bool set_numbers(const char *name, const char *numbers)
{
	char path[64];
	FILE *file;
	bool done;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	file = fopen(path, "we");
	if (!file)
		return false;
	done = fputs(numbers, file) >= 0;
	return !fclose(file) && done;
}

static bool set_number(const char *name, unsigned long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", number);
	return set_numbers(name, text);
}

static bool set_sets(unsigned long long sets, unsigned long long semaphores)
{
	char text[64];

	snprintf(text, sizeof(text), "32000 %llu 32 %llu", semaphores, sets);
	return set_numbers("sem", text);
}

FIXTURE_SETUP(limits)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	options.backend = IPCBUF_BACKEND_SYSV;
	options.size_bytes = 1 * MIB;
	self->options = options;
	self->count = 0;
	if (unshare(CLONE_NEWIPC) || !set_number("shmmax", 4 * MIB) ||
	    !set_number("shmall", PAGES) || !set_number("shmmni", 32) ||
	    !set_sets(SETS, 100000))
		SKIP(longjmp(_metadata->env, 1), "can't set limits here");
}

FIXTURE_TEARDOWN(limits)
{
	unsigned int i;

	for (i = 0; i < self->count; i++) {
		EXPECT_EQ(0, ipcbuf_region_close(self->regions[i]));
		EXPECT_EQ(0, ipcbuf_region_unlink(self->names[i]));
	}
}

static int make_one(FIXTURE_DATA(limits) *self)
{
	unsigned int i = self->count;
	int ret;

	MUST(i < MOST);
	region_new_name(self->names[i]);
	self->regions[i] = POISON;
	ret = ipcbuf_region_create(self->names[i], &self->options,
				   &self->regions[i]);
	if (!ret)
		self->count++;
	else
		MUST(self->regions[i] == POISON);
	return ret;
}

/* Until it is refused; gives how that was said. */
static int make_all(FIXTURE_DATA(limits) *self)
{
	int ret;

	do {
		ret = make_one(self);
	} while (!ret);
	return ret;
}

/* The number that the hint gives behind these words. */
static unsigned long long number_behind(const char *words)
{
	const char *at = strstr(ipcbuf_hint(), words);

	if (!at)
		fprintf(stderr, "# the hint is: %s\n", ipcbuf_hint());
	MUST(at);
	return strtoull(at + strlen(words), NULL, 10);
}

/* What could not be made left neither a name nor anything else. */
static void nothing_is_left(struct __test_metadata *_metadata,
			    FIXTURE_DATA(limits) *self)
{
	struct ipcbuf_region *region = POISON;

	EXPECT_EQ(-ENOENT, ipcbuf_region_open(self->names[self->count], NULL,
					      &region));
	EXPECT_STREQ("", ipcbuf_hint());
}

/* Fails if a default that is too much is refused, or cut without a word. */
TEST_F(limits, default_is_cut)
{
	struct ipcbuf_region_info info;
	void *record;

	self->options.size_bytes = 0;
	ASSERT_EQ(0, make_one(self));
	EXPECT_EQ(4 * MIB, number_behind("shmmax ("));
	EXPECT_EQ(PAGES, number_behind("shmall ("));
	info = region_info(self->regions[0]);
	EXPECT_EQ(info.size_bytes, number_behind("the region has "));
	EXPECT_EQ(IPCBUF_REGION_DEFAULT_BYTES, number_behind("and not "));
	EXPECT_LE(info.size_bytes, 4 * MIB);
	EXPECT_LE(3 * MIB, info.size_bytes);
	record = record_new(self->regions[0], info.max_record_bytes);
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, region_verify(self->regions[0]));
}

/* Fails if one limit is forgotten over the other. */
TEST_F(limits, default_is_cut_to_pages)
{
	ASSERT_TRUE(set_number("shmall", PAGES / 2));
	self->options.size_bytes = 0;
	ASSERT_EQ(0, make_one(self));
	EXPECT_EQ(PAGES / 2, number_behind("shmall ("));
	EXPECT_GE(2 * MIB, region_info(self->regions[0]).size_bytes);
}

/* Fails if there is a hint where there is nothing to say. */
TEST_F(limits, no_hint)
{
	ASSERT_EQ(0, make_one(self));
	EXPECT_STREQ("", ipcbuf_hint());
	self->options.backend = IPCBUF_BACKEND_POSIX;
	if (system_why_smaller(IPCBUF_BACKEND_POSIX, GIB))
		return;
	self->options.size_bytes = 0;
	ASSERT_EQ(0, make_one(self));
	EXPECT_STREQ("", ipcbuf_hint());
	EXPECT_LE(GIB, region_info(self->regions[1]).size_bytes);
}

/* Fails if a size that was asked for is cut, or what is advised doesn't do. */
TEST_F(limits, too_large)
{
	self->options.size_bytes = 16 * MIB;
	ASSERT_EQ(-ENOSPC, make_one(self));
	EXPECT_EQ(4 * MIB, number_behind("shmmax is "));
	EXPECT_EQ(16 * MIB, number_behind("shmmax="));
	ASSERT_TRUE(set_number("shmmax", number_behind("shmmax=")));
	ASSERT_TRUE(set_number("shmall", number_behind("shmall=")));
	nothing_is_left(_metadata, self);
	EXPECT_EQ(0, make_one(self));
	EXPECT_STREQ("", ipcbuf_hint());
}

/* The same where all regions together are too large. */
TEST_F(limits, all_pages_taken)
{
	ASSERT_EQ(-ENOSPC, make_all(self));
	EXPECT_EQ(4, self->count);
	EXPECT_EQ(PAGES, number_behind("shmall is "));
	ASSERT_TRUE(set_number("shmall", number_behind("shmall=")));
	nothing_is_left(_metadata, self);
	EXPECT_EQ(0, make_one(self));
}

/* The same where there are too many. */
TEST_F(limits, all_segments_taken)
{
	ASSERT_TRUE(set_number("shmmni", 2));
	ASSERT_EQ(-ENOSPC, make_all(self));
	EXPECT_EQ(2, self->count);
	EXPECT_EQ(2, number_behind("shmmni is "));
	ASSERT_TRUE(set_number("shmmni", number_behind("shmmni=")));
	nothing_is_left(_metadata, self);
	EXPECT_EQ(0, make_one(self));
}

/* Fails if a region that has no semaphores is made, or leaves its memory. */
TEST_F(limits, all_sets_taken)
{
	self->options.backend = IPCBUF_BACKEND_POSIX;
	self->options.wait = IPCBUF_WAIT_SYSV_SEM;
	ASSERT_EQ(-ENOSPC, make_all(self));
	EXPECT_EQ(SETS, self->count);
	EXPECT_NE(NULL, strstr(ipcbuf_hint(), "sem"));
	ASSERT_TRUE(set_sets(number_behind("set them to "),
			     number_behind(" and ")));
	nothing_is_left(_metadata, self);
	EXPECT_EQ(0, make_one(self));
}

TEST_HARNESS_MAIN
