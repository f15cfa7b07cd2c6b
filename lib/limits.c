/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Limits of System V, see limits.h. */
#include "limits.h"

#include <unistd.h>

#include "hint.h"
#include "os.h"
#include "util.h"

static uint64_t page_bytes(void)
{
	long bytes = sysconf(_SC_PAGESIZE);

	return bytes > 0 ? (uint64_t)bytes : 4096;
}

/* Where it isn't known, it is none. */
static struct ipcb_os_limit_now limit(enum ipcb_os_limit which)
{
	struct ipcb_os_limit_now now;

	if (ipcb_os_limit(which, &now))
		now = (struct ipcb_os_limit_now){ "", UINT64_MAX };
	return now;
}

static unsigned long long whole(uint64_t value)
{
	return (unsigned long long)value;
}

static uint64_t shm_all_bytes(void)
{
	uint64_t pages = limit(IPCB_LIMIT_SHM_PAGES).value;
	uint64_t page = page_bytes();

	return pages > UINT64_MAX / page ? UINT64_MAX : pages * page;
}

uint64_t ipcb_limits_shm_room(void)
{
	return ipcb_min(limit(IPCB_LIMIT_SHM_BYTES).value, shm_all_bytes());
}

void ipcb_limits_hint_cut(uint64_t bytes, uint64_t wanted_bytes)
{
	struct ipcb_os_limit_now most = limit(IPCB_LIMIT_SHM_BYTES);
	struct ipcb_os_limit_now pages = limit(IPCB_LIMIT_SHM_PAGES);

	ipcb_hint("the region has %llu bytes and not %llu, as %s (%llu bytes) "
		  "and %s (%llu pages) allow no more",
		  whole(bytes), whole(wanted_bytes), most.name,
		  whole(most.value), pages.name, whole(pages.value));
}

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + page_bytes() - 1) / page_bytes();
}

/* Both at once: who raises one alone is refused by the other. */
static void hint_too_large(uint64_t bytes)
{
	struct ipcb_os_limit_now most = limit(IPCB_LIMIT_SHM_BYTES);
	struct ipcb_os_limit_now pages = limit(IPCB_LIMIT_SHM_PAGES);
	uint64_t pages_wanted = ipcb_max(pages.value, pages_of(bytes));

	if (most.value >= bytes)
		return;
	ipcb_hint("%s is %llu, and the region takes %llu: set %s=%llu %s=%llu",
		  most.name, whole(most.value), whole(bytes), most.name,
		  whole(bytes), pages.name, whole(pages_wanted));
}

/* Which of them it was no system tells: what others have is theirs to know. */
static void hint_all_taken(uint64_t bytes)
{
	struct ipcb_os_limit_now count = limit(IPCB_LIMIT_SHM_COUNT);
	struct ipcb_os_limit_now pages = limit(IPCB_LIMIT_SHM_PAGES);
	uint64_t more = pages_of(bytes);

	if (pages.value > UINT64_MAX - more)
		return;
	ipcb_hint("all segments (%s is %llu) or pages (%s is %llu) are taken: "
		  "remove regions (ipcbuf ls, ipcbuf rm), or set %s=%llu %s=%llu",
		  count.name, whole(count.value), pages.name,
		  whole(pages.value), count.name, whole(count.value + 1),
		  pages.name, whole(pages.value + more));
}

int ipcb_limits_no_segment(int error, uint64_t bytes)
{
	switch (error) {
	case EINVAL:
		hint_too_large(bytes);
		return -ENOSPC;
	case ENOSPC:
	case ENOMEM:
		hint_all_taken(bytes);
		return -ENOSPC;
	}
	return -error;
}

int ipcb_limits_no_attach(int error)
{
	struct ipcb_os_limit_now most = limit(IPCB_LIMIT_SHM_ATTACHED);

	if (error == EMFILE)
		ipcb_hint("%s is %llu, and this process has as many segments: "
			  "close a region, or set %s=%llu", most.name,
			  whole(most.value), most.name, whole(most.value * 2));
	return -error;
}

int ipcb_limits_no_set(int error, uint32_t semaphores)
{
	struct ipcb_os_limit_now sets = limit(IPCB_LIMIT_SEM_SETS);
	struct ipcb_os_limit_now count = limit(IPCB_LIMIT_SEM_COUNT);

	if (error != ENOSPC && error != EINVAL)
		return -error;
	ipcb_hint("all sets of semaphores (%s is %llu) or semaphores (%s is "
		  "%llu) are taken: remove regions (ipcbuf ls, ipcbuf rm), or "
		  "set them to %llu and %llu", sets.name, whole(sets.value),
		  count.name, whole(count.value), whole(sets.value + 1),
		  whole(count.value + semaphores));
	return -ENOSPC;
}
