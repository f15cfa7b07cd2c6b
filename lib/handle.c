/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Pools of handles, see handle.h. */
#include "handle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct ipcb_handle_pool {
	pthread_mutex_t mutex;
	/* Protected by mutex: a queue, oldest first. */
	struct ipcb_handle *oldest;
	struct ipcb_handle *newest;
	unsigned int waiting;
};

struct ipcb_handle_pool ipcb_region_handles = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
};
struct ipcb_handle_pool ipcb_channel_handles = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
};
struct ipcb_handle_pool ipcb_segment_handles = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
};

static struct ipcb_handle_pool *const pools[] = {
	&ipcb_region_handles, &ipcb_channel_handles, &ipcb_segment_handles,
};

#define N_POOLS (sizeof(pools) / sizeof(pools[0]))

static uint64_t last_serial;

uint64_t ipcb_handle_serial(void)
{
	return ipcb_add_relaxed(&last_serial, 1) + 1;
}

static struct ipcb_handle *take_oldest(struct ipcb_handle_pool *pool)
{
	struct ipcb_handle *handle = NULL;

	pthread_mutex_lock(&pool->mutex);
	if (pool->waiting > IPCB_HANDLE_QUARANTINE) {
		handle = pool->oldest;
		pool->oldest = handle->next_free;
		pool->waiting--;
	}
	pthread_mutex_unlock(&pool->mutex);
	return handle;
}

void *ipcb_handle_alloc(struct ipcb_handle_pool *pool, size_t bytes)
{
	struct ipcb_handle *handle = take_oldest(pool);
	size_t size = ipcb_align_up(bytes, IPCB_HANDLE_ALIGN);

	if (!handle) {
		handle = aligned_alloc(IPCB_HANDLE_ALIGN, size);
		if (!handle)
			return NULL;
		handle->serial = 0;
		handle->ways = NULL;
	}
	memset(handle + 1, 0, bytes - sizeof(*handle));
	handle->next_free = NULL;
	return handle;
}

void ipcb_handle_free(struct ipcb_handle_pool *pool, struct ipcb_handle *handle)
{
	pthread_mutex_lock(&pool->mutex);
	handle->next_free = NULL;
	if (pool->waiting++)
		pool->newest->next_free = handle;
	else
		pool->oldest = handle;
	pool->newest = handle;
	pthread_mutex_unlock(&pool->mutex);
}

void ipcb_handle_fork_prepare(void)
{
	size_t i;

	for (i = 0; i < N_POOLS; i++)
		pthread_mutex_lock(&pools[i]->mutex);
}

void ipcb_handle_fork_done(void)
{
	size_t i;

	for (i = N_POOLS; i-- > 0;)
		pthread_mutex_unlock(&pools[i]->mutex);
}
