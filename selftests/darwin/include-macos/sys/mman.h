/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* For macOS: its own, and what tests call there to see that it isn't to be had. */
#ifndef SELFTESTS_MACOS_SYS_MMAN_H
#define SELFTESTS_MACOS_SYS_MMAN_H

#include_next <sys/mman.h>

#include <errno.h>

static inline int memfd_create(const char *name, unsigned int flags)
{
	(void)name;
	(void)flags;
	errno = ENOSYS;
	return -1;
}

#endif
