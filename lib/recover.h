/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Taking back what a member had, see recover.c. Also what a member does with
 * its own remains when it leaves.
 */
#ifndef IPCB_RECOVER_H
#define IPCB_RECOVER_H

#include "span.h"

/* Every own word that says @id becomes FREE. */
void ipcb_sweep_own(struct ipcbuf_region *region, uint32_t id);

/*
 * Calls @visit for every span in use: slabs that are owned or orphans, BIG
 * frames, runs; with its slab word, which has been checked: not to be read anew.
 */
void ipcb_spans_each(struct ipcbuf_region *region,
		     void (*visit)(struct ipcbuf_region *region, uint32_t span,
				   uint64_t word, void *arg),
		     void *arg);

#endif
