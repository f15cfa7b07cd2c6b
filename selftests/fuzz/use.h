/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Everything that a program can do with a region, whatever its memory says.
 * Answers must be 0, 1 or an errno, and what is given must be there from its
 * first byte to its last; anything else ends the process.
 */
#ifndef FUZZ_USE_H
#define FUZZ_USE_H

#include <ipcbuf/ipcbuf.h>

/* An answer; aborts where it is none. */
int sane(int ret);

/* Does all that there is to do, in an order that follows from @order. */
void use_region(struct ipcbuf_region *region, unsigned int order);

/* The same for a handle that was opened for looking. */
void look_at_region(struct ipcbuf_region *region);

#endif
