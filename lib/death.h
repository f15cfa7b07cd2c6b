/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What is remembered of the dead, in their member slots.
 *
 * Written by the recoverer, under the directory's lock, after everything of
 * the member's has been taken back and before its slot is FREE:
 *
 *   recoverer                        reader, without a lock
 *   N1 death = 0                     R1 n = death (acquire)
 *   N2 fence                         R2 copy the rest
 *   N3 generation, pid, time         R3 fence
 *   N4 death = number (release)      R4 death is still n: the copy is of n
 *
 * The number is one more than every slot's, so no two deaths have the same one
 * though a recoverer may die anywhere here: before N4 its successor does it
 * anew; after N4 it finds the generation there and leaves it, so that nobody is
 * told twice. header.deaths is a hint, the largest number: stored after N4, so
 * who has been told of that one may still be missing one that isn't there yet,
 * but never passes it over.
 */
#ifndef IPCB_DEATH_H
#define IPCB_DEATH_H

#include <ipcbuf/death.h>

#include "region.h"

/* With the directory's lock and the byte of @slot. */
void ipcb_death_note(struct ipcbuf_region *region, uint32_t slot,
		     uint32_t generation);

/*
 * Inside: the one with the smallest number above @number. 1, or 0 where there
 * is none.
 */
int ipcb_death_find(const struct ipcbuf_region *region, uint64_t number,
		    struct ipcbuf_death *ret);

/* The largest number so far. */
uint64_t ipcb_deaths(const struct ipcbuf_region *region);

#endif
