/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Names of kinds, see kinds.h. Constant. */
#include "kinds.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <ipcbuf/region.h>

#define COUNT(names) (sizeof(names) / sizeof((names)[0]))

/* Nothing is 0: that stands for the default. */
static const char *const memory_names[] = {
	[IPCBUF_BACKEND_POSIX] = "posix",
	[IPCBUF_BACKEND_SYSV] = "sysv",
	[IPCBUF_BACKEND_MEMFD] = "memfd",
	[IPCBUF_BACKEND_KMOD] = "kmod",
};

static const char *const wait_names[] = {
	[IPCBUF_WAIT_FUTEX] = "futex",
	[IPCBUF_WAIT_POSIX_SEM] = "posix-sem",
	[IPCBUF_WAIT_SYSV_SEM] = "sysv-sem",
	[IPCBUF_WAIT_KMOD] = "kmod",
};

static uint32_t find(const char *const *names, uint32_t count, const char *name)
{
	uint32_t id;

	for (id = 1; id < count; id++)
		if (!strcmp(names[id], name))
			return id;
	return 0;
}

uint32_t ipcb_kind_of_memory(const char *name)
{
	return find(memory_names, COUNT(memory_names), name);
}

uint32_t ipcb_kind_of_wait(const char *name)
{
	return find(wait_names, COUNT(wait_names), name);
}

int ipcb_kind_no_memory(uint32_t id)
{
	return id < COUNT(memory_names) ? -EOPNOTSUPP : -EINVAL;
}

int ipcb_kind_no_wait(uint32_t id)
{
	return id < COUNT(wait_names) ? -EOPNOTSUPP : -EINVAL;
}
