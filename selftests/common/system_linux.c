// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Linux, see system.h. */
#include "system.h"

#include <ipcbuf/ipcbuf.h>
#include <unistd.h>

const char *system_why_not(uint32_t backend, uint32_t wait)
{
	(void)wait;
	if (backend == IPCBUF_BACKEND_KMOD &&
	    access("/dev/ipcbuf", R_OK | W_OK))
		return "there is no /dev/ipcbuf";
	return NULL;
}

uint64_t system_region_bytes(uint32_t backend, uint64_t wanted_bytes)
{
	(void)backend;
	return wanted_bytes;
}
