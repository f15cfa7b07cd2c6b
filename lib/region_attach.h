/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Between mapped memory and an open handle, see region_attach.c. */
#ifndef IPCB_REGION_ATTACH_H
#define IPCB_REGION_ATTACH_H

#include "region.h"

/* header.features */
#define IPCB_FEATURE_MEMBARRIER 1u	/* wakers may rely on the waiter's */
#define IPCB_FEATURES_KNOWN     IPCB_FEATURE_MEMBARRIER

/*
 * Needs region->memory, lock_fd and rdonly; joins, and lets other threads in.
 * -EPROTO, -ENOMEM, -EUSERS, ...; a failure leaves memory and lock_fd alone.
 */
int ipcb_region_attach(struct ipcbuf_region *region);

/* Pointers into the mapping, from region->memory and region->g. */
void ipcb_region_set_tables(struct ipcbuf_region *region);

/* Where the semaphores lie: a descriptor, and the place in it. */
int ipcb_region_wait_file(const struct ipcbuf_region *region,
			  uint64_t *ret_offset);

void ipcb_region_unmap_private(struct ipcbuf_region *region);

#endif
