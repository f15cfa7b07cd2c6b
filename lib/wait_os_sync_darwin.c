/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Sleeping on the wait object's own word, as a futex: os_sync_wait_on_address(3),
 * macOS 14.4 and later. It is looked for at run time, so that what is built once
 * runs on older ones, too.
 */
#include "wait.h"

#include <dlfcn.h>
#include <pthread.h>

#include <ipcbuf/region.h>

/* <os/os_sync_wait_on_address.h>, <os/clock.h> */
#define SHARED              1u
#define MACH_ABSOLUTE_TIME 32u

typedef int wait_function(void *word, uint64_t value, size_t bytes,
			  uint32_t flags);
typedef int timed_wait_function(void *word, uint64_t value, size_t bytes,
				uint32_t flags, uint32_t clock,
				uint64_t timeout_ns);
typedef int wake_function(void *word, size_t bytes, uint32_t flags);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static wait_function *wait_on;
static timed_wait_function *wait_on_for;
static wake_function *wake_any;

static void look(void)
{
	*(void **)&wait_on = dlsym(RTLD_DEFAULT, "os_sync_wait_on_address");
	*(void **)&wait_on_for = dlsym(RTLD_DEFAULT,
				       "os_sync_wait_on_address_with_timeout");
	*(void **)&wake_any = dlsym(RTLD_DEFAULT,
				    "os_sync_wake_by_address_any");
}

static int os_sync_available(void)
{
	pthread_once(&once, look);
	return wait_on && wait_on_for && wake_any ? 0 : -EOPNOTSUPP;
}

static int os_sync_sleep(struct ipcb_wait_region *wait,
			 struct ipcb_wait_object *object, uint32_t slot,
			 uint64_t deadline_ns, uint32_t deaths)
{
	uint64_t now = ipcbuf_now_ns();
	int ret;

	(void)wait;
	(void)deaths;
	(void)slot;
	if (deadline_ns == IPCBUF_FOREVER)
		ret = wait_on(&object->waiting, 1, sizeof(object->waiting),
			      SHARED);
	else if (now >= deadline_ns)
		return -ETIMEDOUT;
	else
		ret = wait_on_for(&object->waiting, 1, sizeof(object->waiting),
				  SHARED, MACH_ABSOLUTE_TIME,
				  deadline_ns - now);
	return ret < 0 && errno == ETIMEDOUT ? -ETIMEDOUT : 0;
}

static void os_sync_wake(struct ipcb_wait_region *wait,
			 struct ipcb_wait_object *object, uint32_t slot)
{
	(void)wait;
	(void)slot;
	wake_any(&object->waiting, sizeof(object->waiting), SHARED);
}

const struct ipcb_wait_ops ipcb_wait_os_sync = {
	.name = "futex",
	.id = IPCBUF_WAIT_FUTEX,
	.patience = 1,
	.available = os_sync_available,
	.create = ipcb_wait_create_nothing,
	.open = ipcb_wait_open_nothing,
	.close = ipcb_wait_close_nothing,
	.remove = ipcb_wait_remove_nothing,
	.reset = ipcb_wait_reset_nothing,
	.sleep = os_sync_sleep,
	.wake = os_sync_wake,
	.deaths = ipcb_wait_no_deaths,
	.doorbell = ipcb_wait_no_doorbell,
	.seen = ipcb_wait_not_seen,
};
