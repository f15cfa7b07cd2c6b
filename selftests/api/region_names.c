// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The rule for names of regions, the same for every backend and call. */
#include "../common/variants.h"

#include <string.h>

#define LONGEST_NAME \
	"a23456789012345678901234567890123456789012345678901234567890123"

FIXTURE(names) {
	struct ipcbuf_region_options options;
};

ALL_VARIANTS(names);

FIXTURE_SETUP(names)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	NEED_VARIANT(variant);
	options.backend = variant->backend;
	options.wait = variant->wait;
	options.size_bytes = 1 * MIB;
	self->options = options;
}

FIXTURE_TEARDOWN(names)
{
}

static const char *const bad_names[] = {
	NULL, "", ".", "..", ".hidden", "-dash", "/", "/slash", "a/b", "a/",
	"../up", "a b", " a", "a ", "a\n", "a\tb", "a:b", "a*", "a%s", "%n",
	"a\\b", "\x01", "caf\xc3\xa9", "\xff", "a\x80", LONGEST_NAME "4",
	LONGEST_NAME LONGEST_NAME LONGEST_NAME LONGEST_NAME LONGEST_NAME,
};

/* Fails if a name outside of the rule is taken, by whichever call. */
TEST_F(names, bad)
{
	struct ipcbuf_region *region = POISON;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_names); i++) {
		const char *name = bad_names[i];

		EXPECT_EQ(-EINVAL, ipcbuf_region_create(name, &self->options,
							&region));
		EXPECT_EQ(-EINVAL, ipcbuf_region_open(name, &self->options,
						      &region));
		EXPECT_EQ(-EINVAL,
			  ipcbuf_region_open_or_create(name, &self->options,
						       &region));
		EXPECT_EQ(-EINVAL, ipcbuf_region_unlink(name));
		EXPECT_EQ(POISON, region);
		if (!_metadata->passed) {
			TH_LOG("with bad name %u", i);
			return;
		}
	}
}

/*
 * A name of @length bytes that starts with @first and is this process's own,
 * padded by @pad.
 */
static void make_name(char *name, char first, char pad, size_t length)
{
	int end = snprintf(name, IPCBUF_NAME_MAX + 1, "%c%d", first,
			   (int)getpid());

	memset(name + end, pad, length - (size_t)end);
	name[length] = 0;
}

/* Fails if a name inside of the rule is refused or not given back as it is. */
TEST_F(names, good)
{
	const char firsts[] = "azAZ09_", pads[] = "azAZ09_.-";
	char name[IPCBUF_NAME_MAX + 1];
	struct ipcbuf_region_info info;
	struct ipcbuf_region *region;
	unsigned int i;

	for (i = 0; i < 2 * sizeof(pads) - 2; i++) {
		make_name(name, firsts[i % (sizeof(firsts) - 1)],
			  pads[i % (sizeof(pads) - 1)],
			  i % 2 ? IPCBUF_NAME_MAX : 20);
		ASSERT_EQ(0, ipcbuf_region_create(name, &self->options,
						  &region));
		info = region_info(region);
		EXPECT_STREQ(name, info.name);
		EXPECT_EQ(0, ipcbuf_region_close(region));
		if (backend_has_names(variant->backend))
			EXPECT_EQ(0, ipcbuf_region_unlink(name));
	}
}

/* Fails if names are cut short, or their case is dropped. */
TEST_F(names, that_differ_little)
{
	struct ipcbuf_region *regions[4];
	char names[4][IPCBUF_NAME_MAX + 1];
	struct ipcbuf_region_info info;
	unsigned int i;

	make_name(names[0], 'a', 'b', IPCBUF_NAME_MAX);
	make_name(names[1], 'A', 'b', IPCBUF_NAME_MAX);
	make_name(names[2], 'a', 'b', IPCBUF_NAME_MAX - 1);
	make_name(names[3], 'a', 'b', IPCBUF_NAME_MAX);
	names[3][IPCBUF_NAME_MAX - 1] = 'c';
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, ipcbuf_region_create(names[i], &self->options,
						  &regions[i]));
	for (i = 0; i < 4; i++) {
		info = region_info(regions[i]);
		EXPECT_EQ(1, info.members);
		EXPECT_STREQ(names[i], info.name);
		EXPECT_EQ(0, ipcbuf_region_close(regions[i]));
		if (backend_has_names(variant->backend))
			EXPECT_EQ(0, ipcbuf_region_unlink(names[i]));
	}
}

TEST_HARNESS_MAIN
