/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Sleeping on the wait object's own word: futex(2). */
#include "wait.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <ipcbuf/region.h>

static int futex_create(struct ipcb_wait_region *wait, int name_fd, int fd,
			uint64_t offset, struct ipcb_name_record *record)
{
	(void)wait;
	(void)name_fd;
	(void)fd;
	(void)offset;
	(void)record;
	return 0;
}

static int futex_open(struct ipcb_wait_region *wait, int fd, uint64_t offset)
{
	(void)wait;
	(void)fd;
	(void)offset;
	return 0;
}

static void futex_close(struct ipcb_wait_region *wait)
{
	(void)wait;
}

static int futex_remove(const struct ipcb_name_record *record)
{
	(void)record;
	return 0;
}

static void futex_reset(struct ipcb_wait_region *wait, uint32_t slot)
{
	(void)wait;
	(void)slot;
}

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
	if (syscall(SYS_futex, &object->waiting, FUTEX_WAIT_BITSET, 1, until,
		    NULL, FUTEX_BITSET_MATCH_ANY) && errno == ETIMEDOUT)
		return -ETIMEDOUT;
	return 0;
}

static void futex_wake(struct ipcb_wait_region *wait,
		       struct ipcb_wait_object *object, uint32_t slot)
{
	(void)wait;
	(void)slot;
	syscall(SYS_futex, &object->waiting, FUTEX_WAKE, 1, NULL, NULL, 0);
}

const struct ipcb_wait_ops ipcb_wait_futex = {
	.name = "futex",
	.id = IPCBUF_WAIT_FUTEX,
	.patience = 1,
	.create = futex_create,
	.open = futex_open,
	.close = futex_close,
	.remove = futex_remove,
	.reset = futex_reset,
	.sleep = futex_sleep,
	.wake = futex_wake,
	.deaths = ipcb_wait_no_deaths,
	.doorbell = ipcb_wait_no_doorbell,
	.seen = ipcb_wait_not_seen,
};
