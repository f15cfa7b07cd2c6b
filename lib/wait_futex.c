/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Sleeping on the wait object's own word: futex(2). */
#include "wait.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <ipcbuf/region.h>

/* Where a struct timespec is wider than the kernel's first one was: Linux 5.1. */
#if defined(SYS_futex_time64) && !defined(__LP64__)
#define FUTEX (sizeof(((struct timespec *)0)->tv_sec) > sizeof(long) ? \
	       SYS_futex_time64 : SYS_futex)
#else
#define FUTEX SYS_futex
#endif

/* FUTEX_WAIT_BITSET takes absolute times of CLOCK_MONOTONIC. */
static int futex_sleep(struct ipcb_wait_region *wait,
		       struct ipcb_wait_object *object, uint32_t slot,
		       uint64_t deadline_ns, uint32_t deaths)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline_ns / IPCB_NS_PER_SEC),
		.tv_nsec = (long)(deadline_ns % IPCB_NS_PER_SEC),
	};
	const struct timespec *until =
		deadline_ns == IPCBUF_FOREVER ? NULL : &ts;

	(void)wait;
	(void)deaths;
	(void)slot;
	if (syscall(FUTEX, &object->waiting, FUTEX_WAIT_BITSET, 1, until,
		    NULL, FUTEX_BITSET_MATCH_ANY) && errno == ETIMEDOUT)
		return -ETIMEDOUT;
	return 0;
}

static void futex_wake(struct ipcb_wait_region *wait,
		       struct ipcb_wait_object *object, uint32_t slot)
{
	(void)wait;
	(void)slot;
	syscall(FUTEX, &object->waiting, FUTEX_WAKE, 1, NULL, NULL, 0);
}

const struct ipcb_wait_ops ipcb_wait_futex = {
	.name = "futex",
	.id = IPCBUF_WAIT_FUTEX,
	.patience = 1,
	.available = ipcb_wait_always,
	.create = ipcb_wait_create_nothing,
	.open = ipcb_wait_open_nothing,
	.close = ipcb_wait_close_nothing,
	.remove = ipcb_wait_remove_nothing,
	.reset = ipcb_wait_reset_nothing,
	.sleep = futex_sleep,
	.wake = futex_wake,
	.deaths = ipcb_wait_no_deaths,
	.doorbell = ipcb_wait_no_doorbell,
	.seen = ipcb_wait_not_seen,
};
