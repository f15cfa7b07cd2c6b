// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Linux, see system.h. */
#include "system.h"

#include "advice.h"

#include <ipcbuf/ipcbuf.h>
#include <unistd.h>

const char *const system_name_folder = "/dev/shm";
const char *const system_memory_folder = "/dev/shm";

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

const char *system_why_smaller(uint32_t backend, uint64_t wanted_bytes)
{
	(void)backend;
	return sizeof(size_t) < 8 && wanted_bytes > UINT64_C(512) << 20 ?
	       "a process of 32 bits can't map it" : NULL;
}

unsigned int system_regions(uint32_t backend, uint32_t wait,
			    unsigned int wanted)
{
	(void)backend;
	(void)wait;
	return wanted;
}

unsigned int system_handles(uint32_t backend, unsigned int wanted)
{
	(void)backend;
	return wanted;
}

bool system_has_few(uint32_t backend, uint32_t wait)
{
	(void)backend;
	(void)wait;
	return false;
}

/* An emulator may do without MADV_REMOVE, by which System V memory goes back. */
bool system_gives_back(uint32_t backend)
{
	return backend != IPCBUF_BACKEND_SYSV || advice_removes();
}

bool system_commits(void)
{
	return true;
}

bool system_hides(void)
{
	return advice_hides();
}

bool system_gives_away(uint32_t backend)
{
	(void)backend;
	return true;
}
