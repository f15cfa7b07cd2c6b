/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* A region's figures, to be compared, and regions of which they are known. */
#ifndef SELFTESTS_CRASH_FIGURES_H
#define SELFTESTS_CRASH_FIGURES_H

#include "walk.h"

struct figures {
	uint64_t held_records;
	uint64_t held_bytes;
	uint64_t committed_bytes;
	uint32_t channels;
	uint32_t segments;
	uint32_t members;
};

/*
 * What the judge keeps for its next allocations is given back first, so that
 * records held are those that somebody has.
 */
struct figures figures_of(struct crash *crash);
void figures_must_be(struct figures expected, struct figures seen);

/*
 * Uses every frame of an empty region in every way, and the directory: tables
 * are never given back, and are all there from now on. So the memory that is
 * committed depends on what is in the region, and on nothing that was in it.
 */
void region_wear_in(struct ipcbuf_region *region);

/*
 * Closed handles aren't used again before a thousand more have been closed. From
 * then on the judge's memory, which victims inherit, stays as it is, and with
 * it the way that they go.
 */
void handles_wear_in(struct ipcbuf_region *region);

/* Records that nobody else is to touch. */
void keepers_take(struct crash *crash);
void keepers_check(struct crash *crash);

/* All that a member can do goes well. */
void region_must_work(struct ipcbuf_region *region);

#endif
