/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* See backends.h. */
#include "backends.h"

#include <err.h>
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

const char *tool_backend_name(uint32_t backend)
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

bool tool_parse_backend(const char *text, uint32_t *ret_backend)
{
	return find(backend_names, BACKENDS, text, ret_backend);
}

bool tool_parse_wait(const char *text, uint32_t *ret_wait)
{
	return find(wait_names, WAITS, text, ret_wait);
}

static const char *from_environment(const char *name, uint32_t chosen)
{
	const char *value = getenv(name);

	return !chosen && value && *value ? value : NULL;
}

const char *tool_environment_region(uint32_t chosen)
{
	return from_environment("IPCBUF_REGION", chosen);
}

const char *tool_environment_wait(uint32_t chosen)
{
	return from_environment("IPCBUF_WAIT", chosen);
}

uint32_t tool_option_backend(const char *option, const char *text,
			     int exit_status)
{
	uint32_t backend;

	if (!tool_parse_backend(text, &backend))
		errx(exit_status, "%s: there is no \"%s\" (posix, sysv, memfd "
		     "and kmod are)", option, text);
	return backend;
}

uint32_t tool_option_wait(const char *option, const char *text,
			  int exit_status)
{
	uint32_t wait;

	if (!tool_parse_wait(text, &wait))
		errx(exit_status, "%s: there is no \"%s\" (futex, posix-sem, "
		     "sysv-sem and kmod are)", option, text);
	return wait;
}

void tool_check_environment(uint32_t backend, uint32_t wait, int exit_status)
{
	const char *region_name = tool_environment_region(backend);
	const char *wait_name = tool_environment_wait(wait);

	if (region_name)
		tool_option_backend("$IPCBUF_REGION", region_name, exit_status);
	if (wait_name)
		tool_option_wait("$IPCBUF_WAIT", wait_name, exit_status);
}
