/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What ipcbuf_hint() says: a sentence of the calling thread's own, about the last
 * region that it tried to make or open.
 */
#ifndef IPCB_HINT_H
#define IPCB_HINT_H

void ipcb_hint_clear(void);
__attribute__((format(printf, 1, 2)))
void ipcb_hint(const char *format, ...);

#endif
