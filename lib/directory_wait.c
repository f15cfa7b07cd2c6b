/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Waiting for the directory to change: for a key to come, for a segment to be
 * initialised. Any number of threads may wait; each has an entry in the
 * region's table of waiters, or looks again every millisecond when it is full.
 */
#include "directory.h"

#define POLL_NS IPCB_NS_PER_MS

static struct ipcb_waiter *waiter_claim(struct ipcbuf_region *region)
{
	uint32_t i;

	for (i = 0; i < region->g.max_waiters; i++) {
		struct ipcb_waiter *w = &region->waiters[i];

		if (!ipcb_load_relaxed(&w->own) &&
		    ipcb_cas_acq_rel(&w->own, 0, region->member))
			return w;
	}
	return NULL;
}

static void waiter_release(struct ipcb_waiter *w)
{
	/* Release: pairs with the claim of the next owner. */
	ipcb_store_release(&w->own, 0);
}

void ipcb_directory_announce(struct ipcbuf_region *region)
{
	uint32_t i;

	ipcb_add_acq_rel(&region->header->dir_sequence, 1);
	ipcb_fence_light(&region->wait);
	for (i = 0; i < region->g.max_waiters; i++)
		if (ipcb_load_relaxed(&region->waiters[i].object.waiting))
			ipcb_wait_wake_slow(&region->wait,
					    &region->waiters[i].object);
}

static int ask(struct ipcbuf_region *region,
	       int (*condition)(struct ipcbuf_region *region, void *arg),
	       void *arg)
{
	int result = ipcb_enter(region);

	if (result)
		return result;
	result = condition(region, arg);
	ipcb_leave();
	return result;
}

static int wait_with(struct ipcbuf_region *region, struct ipcb_waiter *w,
		     int (*condition)(struct ipcbuf_region *region, void *arg),
		     void *arg, uint64_t deadline_ns)
{
	int result, error = 0;
	uint32_t deaths;

	for (;;) {
		/* L1 of wait.h; it is the condition that looks for the dead. */
		deaths = ipcb_wait_deaths(&region->wait);
		ipcb_wait_begin(&region->wait, &w->object);
		result = ask(region, condition, arg);
		if (!result)
			error = ipcb_wait_sleep(&region->wait, &w->object,
						deadline_ns, deaths);
		ipcb_wait_end(&region->wait, &w->object);
		if (result)
			return result < 0 ? result : 0;
		if (error)
			return error;
	}
}

static int wait_polling(struct ipcbuf_region *region,
			int (*condition)(struct ipcbuf_region *region,
					 void *arg),
			void *arg, uint64_t deadline_ns)
{
	uint64_t now;
	int result;

	for (;;) {
		result = ask(region, condition, arg);
		if (result)
			return result < 0 ? result : 0;
		now = ipcbuf_now_ns();
		if (now >= deadline_ns)
			return -ETIMEDOUT;
		ipcb_sleep_ns(ipcb_min(POLL_NS, deadline_ns - now));
	}
}

/* The reference keeps the waiter's memory while the region is closed. */
int ipcb_directory_wait(struct ipcbuf_region *region,
			int (*condition)(struct ipcbuf_region *region,
					 void *arg),
			void *arg, uint64_t deadline_ns)
{
	struct ipcb_waiter *w = NULL;
	int result = ipcb_enter(region);

	if (result)
		return result;
	result = condition(region, arg);
	if (!result && !region->rdonly)
		w = waiter_claim(region);
	ipcb_region_get(region);
	ipcb_leave();
	if (result)
		result = result < 0 ? result : 0;
	else if (w)
		result = wait_with(region, w, condition, arg, deadline_ns);
	else
		result = wait_polling(region, condition, arg, deadline_ns);
	if (w)
		waiter_release(w);
	ipcb_region_put(region);
	return result;
}
