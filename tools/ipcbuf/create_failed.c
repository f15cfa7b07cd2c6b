/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Why a region couldn't be made; see cmd.h. */
#include "cmd.h"

#include <errno.h>

#include "../common/backends.h"

int cmd_create_failed(const char *region,
		      const struct ipcbuf_region_options *options, int error)
{
	const char *backend =
		tool_environment_region(options ? options->backend : 0);
	const char *wait = tool_environment_wait(options ? options->wait : 0);
	uint32_t value;

	if (error != -EINVAL && error != -EOPNOTSUPP)
		return cmd_fail(region, error);
	if (backend && !tool_parse_backend(backend, &value))
		return cmd_failf("%s: IPCBUF_REGION=%s: no such backend (posix "
				 "and sysv are)", region, backend);
	if (backend && value == IPCBUF_BACKEND_MEMFD)
		return cmd_failf("%s: IPCBUF_REGION=memfd: such a region has no "
				 "name to open it by (choose posix or sysv)",
				 region);
	if (wait && !tool_parse_wait(wait, &value))
		return cmd_failf("%s: IPCBUF_WAIT=%s: no such way to wait "
				 "(futex, posix-sem and sysv-sem are)", region,
				 wait);
	return cmd_fail(region, error);
}
