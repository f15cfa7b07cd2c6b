// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Names of regions that belong to a program. */
#include "../common/check.h"
#include "../common/peer.h"
#include "../common/region.h"

#include "kselftest_harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int has_the_name(void *arg)
{
	char name[IPCBUF_NAME_MAX + 1];

	MUST_EQ(0, ipcbuf_region_program_name(7, name));
	return strcmp(name, arg) != 0;
}

/* Fails if a name isn't one of the program's, or no name of a region. */
TEST(program_name)
{
	char name[IPCBUF_NAME_MAX + 1], other[IPCBUF_NAME_MAX + 1];
	struct ipcbuf_region *region;

	EXPECT_EQ(-EINVAL, ipcbuf_region_program_name(7, NULL));
	ASSERT_EQ(0, ipcbuf_region_program_name(7, name));
	ASSERT_EQ(0, ipcbuf_region_program_name(INT32_MIN, other));
	EXPECT_STRNE(name, other);
	EXPECT_EQ(0, peer_wait(peer_start(has_the_name, name)));
	ASSERT_EQ(0, ipcbuf_region_create(other, NULL, &region));
	EXPECT_EQ(0, ipcbuf_region_close(region));
	EXPECT_EQ(0, ipcbuf_region_unlink(other));
}

/* The copy that is made below ends here, before there are any tests. */
__attribute__((constructor)) static void be_a_copy(void)
{
	char name[IPCBUF_NAME_MAX + 1];
	const char *original = getenv("PROGRAM_NAME");

	if (original)
		_exit(ipcbuf_region_program_name(7, name) ||
		      !strcmp(name, original));
}

/* Fails if a copy of the program, another file, has the same name. */
TEST(name_of_a_copy)
{
	char name[IPCBUF_NAME_MAX + 1], command[256];

	if (getenv("KSFT_SLOW"))
		SKIP(return, "an emulator's program is another file");
	ASSERT_EQ(0, ipcbuf_region_program_name(7, name));
	snprintf(command, sizeof(command), "cp /proc/%d/exe /tmp/copy.%d && "
		 "PROGRAM_NAME=%s /tmp/copy.%d; "
		 "status=$?; rm -f /tmp/copy.%d; exit $status", getpid(),
		 getpid(), name, getpid(), getpid());
	EXPECT_EQ(0, system(command));
}

TEST_HARNESS_MAIN
