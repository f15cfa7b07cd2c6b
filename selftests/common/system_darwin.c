// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* macOS, and Linux with its rules; see system.h. */
#include "system.h"

#include <dlfcn.h>
#include <ipcbuf/ipcbuf.h>
#include <stddef.h>

/* Its defaults: kern.sysv.shmmax, which kern.sysv.shmall is as much as. */
#define SYSV_BYTES   (UINT64_C(4) << 20)
#define SECOND_BYTES (UINT64_C(1) << 20)
/* kern.sysv.semmni, less one for the test's own region. */
#define MORE_SETS 7u
/* kern.sysv.shmseg, the same. */
#define MORE_ATTACHED 7u

const char *const system_name_folder = "/var/tmp";
const char *const system_memory_folder = NULL;

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
	if (backend != IPCBUF_BACKEND_SYSV ||
	    wanted_bytes > IPCBUF_REGION_MAX_BYTES ||
	    wanted_bytes <= SYSV_BYTES - SECOND_BYTES)
		return wanted_bytes;
	return SYSV_BYTES - SECOND_BYTES;
}

const char *system_why_smaller(uint32_t backend, uint64_t wanted_bytes)
{
	return system_region_bytes(backend, wanted_bytes) < wanted_bytes ?
	       "kern.sysv.shmmax and kern.sysv.shmall are too small" : NULL;
}

unsigned int system_regions(uint32_t backend, uint32_t wait,
			    unsigned int wanted)
{
	if (backend == IPCBUF_BACKEND_SYSV && wanted)
		return 1;
	if (wait == IPCBUF_WAIT_SYSV_SEM && wanted > MORE_SETS)
		return MORE_SETS;
	return wanted;
}

unsigned int system_handles(uint32_t backend, unsigned int wanted)
{
	return backend == IPCBUF_BACKEND_SYSV && wanted > MORE_ATTACHED ?
	       MORE_ATTACHED : wanted;
}

bool system_has_few(uint32_t backend, uint32_t wait)
{
	return backend == IPCBUF_BACKEND_SYSV || wait == IPCBUF_WAIT_SYSV_SEM;
}

bool system_gives_back(uint32_t backend)
{
	(void)backend;
	return false;
}

bool system_commits(void)
{
	return false;
}

bool system_hides(void)
{
	return true;
}

/* Of a POSIX object nothing can be changed. */
bool system_gives_away(uint32_t backend)
{
	return backend != IPCBUF_BACKEND_POSIX;
}
