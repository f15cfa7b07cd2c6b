/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The names of backends and of ways to wait; see cmd.h. */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const backend_names[] = {
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

#define BACKENDS (sizeof(backend_names) / sizeof(backend_names[0]))
#define WAITS    (sizeof(wait_names) / sizeof(wait_names[0]))

const char *cmd_backend_name(uint32_t backend)
{
	return backend < BACKENDS ? backend_names[backend] : NULL;
}

/* The first, of value 0, is the default and has no name. */
static bool find(const char *const *names, size_t count, const char *text,
		 uint32_t *ret)
{
	uint32_t i;

	for (i = 1; i < count; i++) {
		if (strcmp(names[i], text) != 0)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

bool cmd_parse_backend(const char *text, uint32_t *ret_backend)
{
	return find(backend_names, BACKENDS, text, ret_backend);
}

bool cmd_parse_wait(const char *text, uint32_t *ret_wait)
{
	return find(wait_names, WAITS, text, ret_wait);
}

/* NULL where it isn't the environment that decides. */
static const char *from_environment(const char *name, uint32_t chosen)
{
	const char *value = getenv(name);

	return !chosen && value && *value ? value : NULL;
}

int cmd_create_failed(const char *region,
		      const struct ipcbuf_region_options *options, int error)
{
	const char *backend = from_environment("IPCBUF_REGION",
					options ? options->backend : 0);
	const char *wait = from_environment("IPCBUF_WAIT",
					    options ? options->wait : 0);
	uint32_t value;

	if (error != -EINVAL && error != -EOPNOTSUPP)
		return cmd_fail(region, error);
	if (backend && !cmd_parse_backend(backend, &value))
		return cmd_failf("%s: IPCBUF_REGION=%s: no such backend (posix "
				 "and sysv are)", region, backend);
	if (backend && value == IPCBUF_BACKEND_MEMFD)
		return cmd_failf("%s: IPCBUF_REGION=memfd: such a region has no "
				 "name to open it by (choose posix or sysv)",
				 region);
	if (wait && !cmd_parse_wait(wait, &value))
		return cmd_failf("%s: IPCBUF_WAIT=%s: no such way to wait "
				 "(futex, posix-sem and sysv-sem are)", region,
				 wait);
	return cmd_fail(region, error);
}
