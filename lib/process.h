/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the library does for a process as a whole: once, at the first region
 * that it opens, it asks to be told of fork() and of the normal end.
 */
#ifndef IPCB_PROCESS_H
#define IPCB_PROCESS_H

#include "region.h"

/* Return: 0 or -ENOMEM. */
int ipcb_process_init(void);

/* registry.c */
struct ipcbuf_region *ipcb_registry_first(void);
void ipcb_registry_fork_prepare(void);
void ipcb_registry_fork_parent(void);
void ipcb_registry_fork_child(void);

/* cache.c; before all others' locks. */
void ipcb_cache_fork_prepare(void);
void ipcb_cache_fork_parent(void);
/* The calling thread has nothing any more. */
void ipcb_cache_fork_child(void);
int ipcb_cache_init(void);

#endif
