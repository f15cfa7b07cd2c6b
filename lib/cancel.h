/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Cancellation (pthread_cancel()). No function of the library is a cancellation
 * point: a thread that ended in the middle of one would leave what its living
 * process still holds, and nobody would take that back. So whatever calls
 * a cancellation point of the C library does so between these two. What
 * cancels asynchronously is beyond help, as it is for malloc().
 */
#ifndef IPCB_CANCEL_H
#define IPCB_CANCEL_H

#include <pthread.h>

static inline int ipcb_cancel_off(void)
{
	int before = PTHREAD_CANCEL_ENABLE;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

/* errno stays as it is. */
static inline void ipcb_cancel_restore(int before)
{
	pthread_setcancelstate(before, NULL);
}

#endif
