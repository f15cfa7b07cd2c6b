/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the system allows of System V memory and semaphores: before it is asked
 * for some, and where it has refused, as a hint that names the limit and a value
 * that would do.
 */
#ifndef IPCB_LIMITS_H
#define IPCB_LIMITS_H

#include <stdint.h>

/* The largest segment that it would ever make. */
uint64_t ipcb_limits_shm_room(void);
/* Says where that comes from, of a region that was made smaller for it. */
void ipcb_limits_hint_cut(uint64_t bytes, uint64_t wanted_bytes);

/*
 * shmget(2), shmat(2) and semget(2) failed with @error, a number of errno. Return:
 * what that is to a caller of this library, negative.
 */
int ipcb_limits_no_segment(int error, uint64_t bytes);
int ipcb_limits_no_attach(int error);
int ipcb_limits_no_set(int error, uint32_t semaphores);

#endif
