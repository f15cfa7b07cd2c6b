/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Handles that can be recognised after they have been closed.
 *
 * A handle's memory is never given back to malloc; a closed one waits in a
 * queue until IPCB_HANDLE_QUARANTINE more have been closed before it is used
 * again. Each opening has a serial number, unique in the process; 0 says
 * closed. So one load and one comparison tell a closed handle, and a thread's
 * private copy of a serial can't be mistaken for a later opening's.
 */
#ifndef IPCB_HANDLE_H
#define IPCB_HANDLE_H

#include "atomic.h"
#include "util.h"

#define IPCB_HANDLE_QUARANTINE 1024
#define IPCB_HANDLE_ALIGN 128	/* no two handles share a line */

struct ipcb_channel_ways;

/* The first member of every handle. */
struct ipcb_handle {
	uint64_t serial;	/* 0: closed */
	/* Of channels: see channel.h. What it points to can be used at any time. */
	const struct ipcb_channel_ways *ways;
	struct ipcb_handle *next_free;
};

/* One for each type of handle; protected by its own mutex. */
struct ipcb_handle_pool;
extern struct ipcb_handle_pool ipcb_region_handles;
extern struct ipcb_handle_pool ipcb_channel_handles;
extern struct ipcb_handle_pool ipcb_segment_handles;

/* Zeroed but for the handle itself, still closed; NULL without memory. */
void *ipcb_handle_alloc(struct ipcb_handle_pool *pool, size_t bytes);
void ipcb_handle_free(struct ipcb_handle_pool *pool, struct ipcb_handle *handle);

/* A number that no other opening in this process has. */
uint64_t ipcb_handle_serial(void);

/* All pools, around fork(). */
void ipcb_handle_fork_prepare(void);
void ipcb_handle_fork_done(void);

/*
 * Only one of those who close it at once wins: 1 for the winner. Release:
 * pairs with the loads of serial at the head of every call.
 */
static inline int ipcb_handle_shut(struct ipcb_handle *handle)
{
	uint64_t serial = ipcb_load_relaxed(&handle->serial);

	return serial && ipcb_cas_acq_rel(&handle->serial, serial, 0);
}

#endif
