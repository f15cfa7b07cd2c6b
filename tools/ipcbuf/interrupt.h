/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Ctrl-C and the like, for commands that have something to put in order before
 * they end. A signal only leaves a note; whoever may wait looks at it.
 *
 * A signal that comes after the look and before the system call doesn't
 * interrupt it. That is why the handler asks for an alarm, and the alarm for
 * another: what sleeps in read() or write() is woken within a second.
 */
#ifndef IPCBUF_INTERRUPT_H
#define IPCBUF_INTERRUPT_H

#include <stdbool.h>

/* From here on SIGINT, SIGTERM and SIGHUP are noted (unless ignored). */
void interrupt_catch(void);

/* The signal that came, or 0. */
int interrupt_signal(void);

#endif
