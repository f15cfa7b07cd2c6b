// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* macOS, and Linux with its rules; see system.h. */
#include "system.h"

#include <dlfcn.h>
#include <ipcbuf/ipcbuf.h>
#include <stddef.h>

/* Its default of kern.sysv.shmmax. */
#define SYSV_MOST (UINT64_C(4) << 20)

const char *system_why_not(uint32_t backend, uint32_t wait)
{
	if (backend != IPCBUF_BACKEND_POSIX && backend != IPCBUF_BACKEND_SYSV)
		return "macOS has no such memory";
	if (wait == IPCBUF_WAIT_FUTEX &&
	    !dlsym(RTLD_DEFAULT, "os_sync_wait_on_address"))
		return "this macOS has no os_sync_wait_on_address()";
	if (wait != IPCBUF_WAIT_FUTEX && wait != IPCBUF_WAIT_SYSV_SEM)
		return "macOS has no such semaphores";
	return NULL;
}

uint64_t system_region_bytes(uint32_t backend, uint64_t wanted_bytes)
{
	return backend == IPCBUF_BACKEND_SYSV && wanted_bytes > SYSV_MOST ?
	       SYSV_MOST : wanted_bytes;
}
