/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Ctrl-C and its like. A handler only takes a note: whoever works looks at it
 * between two steps, goes back the way it came, and so cleans up.
 */
#ifndef DEMO_INTERRUPT_H
#define DEMO_INTERRUPT_H

/* SIGINT, SIGTERM and SIGHUP are noted, and interrupt system calls. */
void interrupt_install(void);

/*
 * In the child, which ends when its producer does: what the terminal sends to
 * both is ignored, SIGTERM kills. A signal may have been noted before.
 */
void interrupt_install_consumer(void);

/* The signal that was noted, or 0. */
int interrupt_signal(void);

#endif
