/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Sleeping on the wait object's own word in the kernel module, which ends the
 * sleep when a member dies: see L1 to L3 in wait.h.
 */
#include "kmod.h"
#include "wait.h"

#include <sys/ioctl.h>

#include <ipcbuf/region.h>

static uint64_t place_of(const struct ipcb_wait_region *wait,
			 const struct ipcb_wait_object *object)
{
	return (uint64_t)((const unsigned char *)&object->waiting -
			  wait->memory->base);
}

static int kmod_sleep(struct ipcb_wait_region *wait,
		      struct ipcb_wait_object *object, uint32_t slot,
		      uint64_t deadline_ns, uint32_t deaths)
{
	struct ipcbuf_ioc_wait call = {
		.offset = place_of(wait, object),
		.deadline_ns = deadline_ns,
		.value = 1,
		.flags = IPCBUF_IOC_WAIT_DEATHS,
		.deaths = deaths,
	};

	(void)slot;
	if (!ioctl(wait->memory->fd, IPCBUF_IOC_WAIT, &call))
		return 0;
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case EOWNERDEAD:
		return 0;
	case ETIMEDOUT:
		return -ETIMEDOUT;
	}
	/* No longer a member, or no memory: look again in a millisecond. */
	ipcb_sleep_ns(IPCB_NS_PER_MS);
	return 0;
}

static void kmod_wake(struct ipcb_wait_region *wait,
		      struct ipcb_wait_object *object, uint32_t slot)
{
	struct ipcbuf_ioc_wake call = {
		.offset = place_of(wait, object),
		.count = 1,
	};

	(void)slot;
	ipcb_kmod_call(wait->memory->fd, IPCBUF_IOC_WAKE, &call);
}

/* Acquire: pairs with the kernel's release after it has changed the slot. */
static uint32_t kmod_deaths(const struct ipcb_wait_region *wait)
{
	return ipcb_load_acquire(&wait->memory->control->deaths);
}

static int kmod_doorbell(const struct ipcb_wait_region *wait,
			 const struct ipcb_wait_object *object, int *ret_fd)
{
	struct ipcbuf_ioc_doorbell call = {
		.offset = place_of(wait, object),
		.value = 1,
	};
	int error = ipcb_kmod_call(wait->memory->fd, IPCBUF_IOC_DOORBELL,
				   &call);

	if (!error)
		*ret_fd = call.fd;
	return error;
}

static void kmod_seen(const struct ipcb_wait_region *wait, uint32_t deaths)
{
	struct ipcbuf_ioc_seen call = { .deaths = deaths };

	ipcb_kmod_call(wait->memory->fd, IPCBUF_IOC_SEEN, &call);
}

const struct ipcb_wait_ops ipcb_wait_kmod = {
	.name = "kmod",
	.id = IPCBUF_WAIT_KMOD,
	.patience = 20,
	.available = ipcb_wait_always,
	.create = ipcb_wait_create_nothing,
	.open = ipcb_wait_open_nothing,
	.close = ipcb_wait_close_nothing,
	.remove = ipcb_wait_remove_nothing,
	.reset = ipcb_wait_reset_nothing,
	.sleep = kmod_sleep,
	.wake = kmod_wake,
	.deaths = kmod_deaths,
	.doorbell = kmod_doorbell,
	.seen = kmod_seen,
};
