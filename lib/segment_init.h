/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The initialiser that runs exactly once, see segment.h. */
#ifndef IPCB_SEGMENT_INIT_H
#define IPCB_SEGMENT_INIT_H

#include "segment.h"

/*
 * Until the segment is READY: by running the initialiser, or by waiting for
 * who does. Called outside, with a reference to the region.
 */
int ipcb_segment_initialise(struct ipcbuf_segment *segment,
			    const struct ipcbuf_segment_options *options);

/* In recovery: the next one starts again. */
void ipcb_segment_initialiser_died(struct ipcb_segment *shared, uint32_t id);

#endif
