/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The names of all kinds of memory and of waiting, also of those that this system
 * hasn't got: to ask for such a one is another mistake than to ask for one that
 * nobody has heard of. What there is here is in backends_*.c.
 */
#ifndef IPCB_KINDS_H
#define IPCB_KINDS_H

#include <stdint.h>

/* enum ipcbuf_backend, enum ipcbuf_wait; 0: nothing is called so. */
uint32_t ipcb_kind_of_memory(const char *name);
uint32_t ipcb_kind_of_wait(const char *name);

/* What to say of a kind that isn't to be had: -EOPNOTSUPP, -EINVAL (unknown). */
int ipcb_kind_no_memory(uint32_t id);
int ipcb_kind_no_wait(uint32_t id);

#endif
