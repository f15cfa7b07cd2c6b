/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Records that a session keeps: allocated or received by one thread, freed by
 * another, much later, or left to the region's close.
 */
#ifndef SOAK_HOARD_H
#define SOAK_HOARD_H

#include "record.h"
#include "worker.h"

/* The record is the hoard's now; another may have to go. */
void hoard_put(struct runner *runner, struct record *record);
/* One more, or one less. */
void hoard_turn(struct runner *runner);
/* There is no memory: about half of it goes. */
void hoard_shed(struct runner *runner);
/* All of it goes. */
void hoard_empty(struct runner *runner);

#endif
