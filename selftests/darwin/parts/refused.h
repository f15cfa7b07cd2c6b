/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What a call is refused with, for tests of the rules: a rule that silently
 * stopped working would let all other tests pass that keep to it by luck.
 */
#ifndef SELFTESTS_REFUSED_H
#define SELFTESTS_REFUSED_H

#include "../../common/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* The call gives -1, as a number or as an address, and this error. */
#define EXPECT_REFUSED(error, call) \
	do { \
		errno = 0; \
		EXPECT_EQ(-1, (intptr_t)(call)); \
		EXPECT_EQ(error, errno); \
	} while (0)

/* A POSIX object of this process's own; its name is gone already. */
static inline int shm_new(mode_t mode)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/ipcbuf.rule-%d", (int)getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, mode);
	MUST(fd >= 0);
	MUST_EQ(0, shm_unlink(name));
	return fd;
}

#endif
