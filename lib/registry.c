/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Address -> region. A sorted array, replaced as a whole by whoever opens or
 * closes a region, and read under RCU: a look-up is a binary search without a
 * lock. A thread remembers the region it found last.
 */
#include <stdlib.h>
#include <string.h>

#include "region.h"
#include "process.h"

struct registry {
	size_t count;
	struct ipcbuf_region *regions[];	/* by base */
};

static struct registry *current;	/* published by RCU */
static pthread_mutex_t registry_mutex = PTHREAD_MUTEX_INITIALIZER;

static __thread struct {
	uint64_t serial;
	struct ipcbuf_region *region;
} last_found;

static int contains(const struct ipcbuf_region *region, const void *address)
{
	return ipcb_offset(region, address) < region->memory.size_bytes;
}

static struct ipcbuf_region *search(const struct registry *registry,
				    const void *address)
{
	size_t low = 0, high = registry ? registry->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct ipcbuf_region *region = registry->regions[middle];

		if (contains(region, address))
			return region;
		if ((const unsigned char *)address < region->base)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

struct ipcbuf_region *ipcb_registry_find(const void *address)
{
	struct ipcbuf_region *region = last_found.region;
	uint64_t serial;

	if (region && ipcb_load_acquire(&region->handle.serial) ==
		      last_found.serial && contains(region, address))
		return region;
	/* Acquire: pairs with the release in replace(). */
	region = search(ipcb_load_acquire(&current), address);
	if (!region)
		return NULL;
	serial = ipcb_load_acquire(&region->handle.serial);
	if (!serial)
		return NULL;
	last_found.region = region;
	last_found.serial = serial;
	return region;
}

int ipcb_enter_by_address(const void *address, struct ipcbuf_region **ret)
{
	struct ipcbuf_region *region;

	ipcb_rcu_read_lock();
	region = ipcb_registry_find(address);
	if (ipcb_unlikely(!region)) {
		ipcb_rcu_read_unlock();
		return -EINVAL;
	}
	*ret = region;
	return 0;
}

/* A copy with room for one more; NULL without memory. */
static struct registry *copy_registry(void)
{
	size_t count = current ? current->count : 0;
	struct registry *copy = malloc(sizeof(*copy) +
				       (count + 1) * sizeof(copy->regions[0]));

	if (!copy)
		return NULL;
	copy->count = count;
	if (count)
		memcpy(copy->regions, current->regions,
		       count * sizeof(copy->regions[0]));
	return copy;
}

/* @closed: see ipcb_grace_period(). */
static void replace(struct registry *registry, struct ipcbuf_region *closed)
{
	struct registry *old = current;

	/* Release: pairs with the acquire in ipcb_registry_find(). */
	ipcb_store_release(&current, registry);
	pthread_mutex_unlock(&registry_mutex);
	ipcb_grace_period(closed);
	free(old);
}

int ipcb_registry_add(struct ipcbuf_region *region)
{
	struct registry *copy;
	size_t i;

	pthread_mutex_lock(&registry_mutex);
	copy = copy_registry();
	if (!copy) {
		pthread_mutex_unlock(&registry_mutex);
		return -ENOMEM;
	}
	for (i = copy->count; i > 0; i--) {
		if (copy->regions[i - 1]->base < region->base)
			break;
		copy->regions[i] = copy->regions[i - 1];
	}
	copy->regions[i] = region;
	copy->count++;
	replace(copy, NULL);
	return 0;
}

static void drop(struct registry *registry, const struct ipcbuf_region *region)
{
	size_t i, kept = 0;

	for (i = 0; i < registry->count; i++)
		if (registry->regions[i] != region)
			registry->regions[kept++] = registry->regions[i];
	registry->count = kept;
}

/*
 * Returns after a grace period: nobody finds the region any more. Without
 * memory for a copy the entry stays; its serial of 0 keeps it from use, but
 * the mapping must stay too, so try until it works.
 */
void ipcb_registry_remove(struct ipcbuf_region *region)
{
	struct registry *copy;

	for (;;) {
		pthread_mutex_lock(&registry_mutex);
		copy = copy_registry();
		if (copy)
			break;
		pthread_mutex_unlock(&registry_mutex);
		ipcb_sleep_ns(IPCB_NS_PER_MS);
	}
	drop(copy, region);
	replace(copy, region);
}

/* The first open region, for those who close all; NULL when there is none. */
struct ipcbuf_region *ipcb_registry_first(void)
{
	struct ipcbuf_region *region;

	pthread_mutex_lock(&registry_mutex);
	region = current && current->count ? current->regions[0] : NULL;
	pthread_mutex_unlock(&registry_mutex);
	return region;
}

void ipcb_registry_fork_prepare(void)
{
	pthread_mutex_lock(&registry_mutex);
}

void ipcb_registry_fork_parent(void)
{
	pthread_mutex_unlock(&registry_mutex);
}

/* The child has nobody else in it: no grace period is needed. */
void ipcb_registry_fork_child(void)
{
	struct registry *old = current;
	size_t i;

	pthread_mutex_unlock(&registry_mutex);
	for (i = 0; old && i < old->count; i++)
		ipcb_region_forget(old->regions[i]);
	current = NULL;
	free(old);
	last_found.region = NULL;
}
