/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Which cache belongs to which thread: made at a thread's first allocation in
 * a region, ended with the thread or the region, whichever comes first.
 */
#include "cache.h"

#include <stdlib.h>

#include "process.h"

static __thread struct ipcb_cache *thread_caches;
static pthread_key_t thread_end_key;

/*
 * Protects ipcb_cache.region, which says who ends a cache: the thread (still
 * set) or the region (NULL since). Taken before region.mutex.
 */
static pthread_mutex_t ends_mutex = PTHREAD_MUTEX_INITIALIZER;

static void unlink_from_region(struct ipcb_cache *cache)
{
	struct ipcb_cache **link = &cache->region->caches;

	while (*link != cache)
		link = &(*link)->next_of_region;
	*link = cache->next_of_region;
}

static void free_cache(struct ipcb_cache *cache)
{
	unsigned int i;

	for (i = 0; i < IPCB_CLASSES; i++) {
		free(cache->magazines[i].units);
		free(cache->bins[i].spans);
	}
	free(cache);
}

static void end_with_thread(struct ipcb_cache *cache)
{
	struct ipcbuf_region *region;

	pthread_mutex_lock(&ends_mutex);
	region = cache->region;
	if (region) {
		pthread_mutex_lock(&region->mutex);
		ipcb_cache_end(cache);
		unlink_from_region(cache);
		region->held_by_ended += cache->ours;
		pthread_mutex_unlock(&region->mutex);
	}
	pthread_mutex_unlock(&ends_mutex);
	free_cache(cache);
}

static void thread_end(void *unused)
{
	struct ipcb_cache *cache;

	(void)unused;
	ipcb_reader_forget();
	while ((cache = thread_caches)) {
		thread_caches = cache->next_of_thread;
		end_with_thread(cache);
	}
}

/* No thread is inside; the thread that owned a cache frees its memory. */
void ipcb_caches_end(struct ipcbuf_region *region)
{
	struct ipcb_cache *cache;

	pthread_mutex_lock(&ends_mutex);
	pthread_mutex_lock(&region->mutex);
	while ((cache = region->caches)) {
		region->caches = cache->next_of_region;
		ipcb_cache_end(cache);
		region->held_by_ended += cache->ours;
		cache->region = NULL;
	}
	pthread_mutex_unlock(&region->mutex);
	pthread_mutex_unlock(&ends_mutex);
}

/* Caches of regions that have been closed. */
static void drop_closed(void)
{
	struct ipcb_cache **link = &thread_caches, *cache;

	pthread_mutex_lock(&ends_mutex);
	while ((cache = *link)) {
		if (cache->region) {
			link = &cache->next_of_thread;
			continue;
		}
		*link = cache->next_of_thread;
		free_cache(cache);
	}
	pthread_mutex_unlock(&ends_mutex);
}

static struct ipcb_cache *make_cache(struct ipcbuf_region *region)
{
	struct ipcb_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->region = region;
	cache->local_held = UINT32_MAX;
	cache->remote_large.held = UINT8_MAX;
	cache->pressure_seen = ipcb_load_relaxed(&region->header->pressure);
	pthread_mutex_lock(&region->mutex);
	cache->id = ++region->last_cache_id;
	cache->next_of_region = region->caches;
	region->caches = cache;
	pthread_mutex_unlock(&region->mutex);
	cache->next_of_thread = thread_caches;
	thread_caches = cache;
	pthread_setspecific(thread_end_key, cache);
	return cache;
}

struct ipcb_cache *ipcb_cache_find(struct ipcbuf_region *region)
{
	uint64_t serial = ipcb_load_relaxed(&region->handle.serial);
	struct ipcb_cache *cache;

	/* Without a serial the handle is being closed: no new cache. */
	for (cache = thread_caches; cache; cache = cache->next_of_thread)
		if (ipcb_load_relaxed(&cache->region) == region)
			break;
	if (!cache && serial) {
		drop_closed();
		cache = make_cache(region);
	}
	if (cache && serial)
		ipcb_reader_note(region, cache);
	return cache;
}

int ipcb_cache_init(void)
{
	return -pthread_key_create(&thread_end_key, thread_end);
}

void ipcb_cache_fork_prepare(void)
{
	pthread_mutex_lock(&ends_mutex);
}

void ipcb_cache_fork_parent(void)
{
	pthread_mutex_unlock(&ends_mutex);
}

/* The parent's caches are the parent's. */
void ipcb_cache_fork_child(void)
{
	pthread_mutex_unlock(&ends_mutex);
	thread_caches = NULL;
	ipcb_reader_forget();
}
