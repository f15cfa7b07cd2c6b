/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Why a region couldn't be made; see cmd.h. */
#include "cmd.h"

#include <errno.h>
#include <unistd.h>

#include "../common/backends.h"

#define DEVICE "/dev/ipcbuf"

/* What was asked for, by an option or by the environment; 0: nothing. */
struct asked {
	const char *region;
	uint64_t size_bytes;
	uint32_t backend;
	uint32_t wait;
};

static int fail_without_module(const char *region)
{
	if (access(DEVICE, F_OK))
		return cmd_failf("%s: there is no " DEVICE ": load the module "
				 "(modprobe ipcbuf, or insmod ipcbuf.ko)",
				 region);
	return cmd_failf("%s: " DEVICE " may not be opened: see its owner and "
			 "mode", region);
}

/* The library says -EOPNOTSUPP or -EACCES, whatever it is of these. */
static int fail_by_reason(const struct asked *asked, int error)
{
	bool kmod = asked->backend == IPCBUF_BACKEND_KMOD ||
		    (!asked->backend && asked->wait == IPCBUF_WAIT_KMOD);

	if (kmod && access(DEVICE, R_OK | W_OK))
		return fail_without_module(asked->region);
	if (error == -EACCES)
		return cmd_fail(asked->region, error);
	if (asked->wait == IPCBUF_WAIT_KMOD && !kmod)
		return cmd_failf("%s: only a kmod region can wait by kmod",
				 asked->region);
	if (kmod && asked->wait && asked->wait != IPCBUF_WAIT_FUTEX &&
	    asked->wait != IPCBUF_WAIT_KMOD)
		return cmd_failf("%s: a kmod region can wait by futex or kmod",
				 asked->region);
	if (kmod && asked->size_bytes > IPCBUF_REGION_MAX_BYTES / 2)
		return cmd_failf("%s: a kmod region can have 8T at the most",
				 asked->region);
	return cmd_fail(asked->region, error);
}

int cmd_create_failed(const char *region,
		      const struct ipcbuf_region_options *options, int error)
{
	const char *backend =
		tool_environment_region(options ? options->backend : 0);
	const char *wait = tool_environment_wait(options ? options->wait : 0);
	struct asked asked = { .region = region };

	if (error != -EINVAL && error != -EOPNOTSUPP && error != -EACCES)
		return cmd_fail(region, error);
	if (options) {
		asked.size_bytes = options->size_bytes;
		asked.backend = options->backend;
		asked.wait = options->wait;
	}
	if (backend && !tool_parse_backend(backend, &asked.backend))
		return cmd_failf("%s: IPCBUF_REGION=%s: no such backend (posix, "
				 "sysv and kmod are)", region, backend);
	if (backend && asked.backend == IPCBUF_BACKEND_MEMFD)
		return cmd_failf("%s: IPCBUF_REGION=memfd: such a region has no "
				 "name to open it by (choose posix, sysv or "
				 "kmod)", region);
	if (wait && !tool_parse_wait(wait, &asked.wait))
		return cmd_failf("%s: IPCBUF_WAIT=%s: no such way to wait "
				 "(futex, posix-sem, sysv-sem and kmod are)",
				 region, wait);
	return fail_by_reason(&asked, error);
}
