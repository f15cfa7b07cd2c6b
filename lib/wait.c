/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The part of waiting that all kinds share; the argument is in wait.h. */
#include "wait.h"

#include <stdlib.h>

#include <ipcbuf/region.h>

#include "kinds.h"

#define TICK_NS  (50 * IPCB_NS_PER_MS)
/* Without a semaphore to sleep on: look this often. */
#define POLL_NS  (1 * IPCB_NS_PER_MS)

uint64_t ipcb_wait_tick_ns = TICK_NS;

const struct ipcb_wait_ops *ipcb_wait_by_id(uint32_t id)
{
	const struct ipcb_wait_ops *const *ops = ipcb_wait_kinds;

	while (*ops && ((*ops)->id != id || (*ops)->available()))
		ops++;
	return *ops;
}

const struct ipcb_wait_ops *ipcb_wait_default(uint32_t waits)
{
	const struct ipcb_wait_ops *const *ops = ipcb_wait_kinds;

	while (*ops && (!(waits >> (*ops)->id & 1) || (*ops)->available()))
		ops++;
	return *ops;
}

int ipcb_wait_ask_environment(uint32_t *id)
{
	const char *name = getenv("IPCBUF_WAIT");

	if (*id == IPCBUF_WAIT_DEFAULT) {
		if (!name || !*name)
			return 0;
		*id = ipcb_kind_of_wait(name);
		if (!*id)
			return -EINVAL;
	}
	return ipcb_wait_by_id(*id) ? 0 : ipcb_kind_no_wait(*id);
}

int ipcb_wait_always(void)
{
	return 0;
}

int ipcb_wait_create_nothing(struct ipcb_wait_region *wait, int name_fd, int fd,
			     uint64_t offset, struct ipcb_name_record *record)
{
	(void)wait;
	(void)name_fd;
	(void)fd;
	(void)offset;
	(void)record;
	return 0;
}

int ipcb_wait_open_nothing(struct ipcb_wait_region *wait, int fd,
			   uint64_t offset)
{
	(void)wait;
	(void)fd;
	(void)offset;
	return 0;
}

void ipcb_wait_close_nothing(struct ipcb_wait_region *wait)
{
	(void)wait;
}

int ipcb_wait_remove_nothing(const struct ipcb_name_record *record)
{
	(void)record;
	return 0;
}

void ipcb_wait_reset_nothing(struct ipcb_wait_region *wait, uint32_t slot)
{
	(void)wait;
	(void)slot;
}

uint32_t ipcb_wait_no_deaths(const struct ipcb_wait_region *wait)
{
	(void)wait;
	return 0;
}

int ipcb_wait_no_doorbell(const struct ipcb_wait_region *wait,
			  const struct ipcb_wait_object *object, int *ret_fd)
{
	(void)wait;
	(void)object;
	(void)ret_fd;
	return -EOPNOTSUPP;
}

void ipcb_wait_not_seen(const struct ipcb_wait_region *wait, uint32_t deaths)
{
	(void)wait;
	(void)deaths;
}

/*
 * The pool. A claim is 0 or its sleeper's member id, so that recovery finds
 * what the dead have claimed. Acquire and release pair with one another: the
 * next owner resets the semaphore after the last one has done with it.
 */
static uint32_t pool_claim(struct ipcb_wait_region *wait)
{
	uint32_t i;

	for (i = 0; i < wait->max_sems; i++)
		if (!ipcb_load_relaxed(&wait->sem_claims[i]) &&
		    ipcb_cas_acq_rel(&wait->sem_claims[i], 0, wait->member))
			return i + 1;
	return 0;
}

/* Is there a semaphore behind what stands in shared memory? */
static int slot_valid(const struct ipcb_wait_region *wait, uint32_t slot)
{
	return slot >= 1 && slot <= wait->max_sems;
}

static void fence_heavy(const struct ipcb_wait_region *wait)
{
	ipcb_fence_full();
	if (wait->asymmetric)
		ipcb_membarrier();
}

void ipcb_wait_begin(struct ipcb_wait_region *wait,
		     struct ipcb_wait_object *object)
{
	if (wait->ops->uses_pool) {
		uint32_t slot = pool_claim(wait);

		if (slot)
			wait->ops->reset(wait, slot - 1);
		ipcb_store_relaxed(&object->sem_slot, slot);
	}
	/* Release: who sees waiting sees the slot (wake_slow's exchange). */
	ipcb_store_release(&object->waiting, 1);
	fence_heavy(wait);
}

static uint64_t tick_ns(const struct ipcb_wait_region *wait)
{
	if (ipcb_wait_tick_ns == UINT64_MAX)
		return UINT64_MAX;
	return ipcb_min(wait->tick_ns, ipcb_wait_tick_ns * wait->ops->patience);
}

int ipcb_wait_sleep(struct ipcb_wait_region *wait,
		    struct ipcb_wait_object *object, uint64_t deadline_ns,
		    uint32_t deaths)
{
	uint64_t now = ipcbuf_now_ns(), tick = tick_ns(wait);
	uint32_t slot = ipcb_load_relaxed(&object->sem_slot);
	uint64_t until;

	if (now >= deadline_ns)
		return -ETIMEDOUT;
	ipcb_store_relaxed(&object->sleeps,
			   ipcb_load_relaxed(&object->sleeps) + 1);
	if (wait->ops->uses_pool && !slot_valid(wait, slot)) {
		ipcb_sleep_ns(ipcb_min(POLL_NS, deadline_ns - now));
		return 0;
	}
	until = tick == UINT64_MAX ? deadline_ns :
		ipcb_min(deadline_ns, now + tick);
	if (wait->ops->sleep(wait, object, slot - 1, until, deaths) ==
	    -ETIMEDOUT && until == deadline_ns)
		return -ETIMEDOUT;
	return 0;
}

void ipcb_wait_end(struct ipcb_wait_region *wait,
		   struct ipcb_wait_object *object)
{
	uint32_t slot = ipcb_load_relaxed(&object->sem_slot);

	ipcb_xchg_acq_rel(&object->waiting, 0);
	if (!wait->ops->uses_pool || !slot_valid(wait, slot))
		return;
	ipcb_store_relaxed(&object->sem_slot, 0);
	if (ipcb_load_relaxed(&wait->sem_claims[slot - 1]) == wait->member)
		ipcb_store_release(&wait->sem_claims[slot - 1], 0);
}

void ipcb_wait_wake_slow(struct ipcb_wait_region *wait,
			 struct ipcb_wait_object *object)
{
	uint32_t slot;

	/* Acquire: pairs with the release in ipcb_wait_begin(). */
	if (!ipcb_xchg_acq_rel(&object->waiting, 0))
		return;
	slot = ipcb_load_relaxed(&object->sem_slot);
	if (wait->ops->uses_pool && !slot_valid(wait, slot))
		return;
	wait->ops->wake(wait, object, slot - 1);
}
