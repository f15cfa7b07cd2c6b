/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* A hint to the processor that this is a waiting loop. */
#ifndef IPCB_RELAX_H
#define IPCB_RELAX_H

#if defined(__x86_64__) || defined(__i386__)
static inline void ipcb_relax(void)
{
	__builtin_ia32_pause();
}
#elif defined(__aarch64__) || defined(__arm__)
static inline void ipcb_relax(void)
{
	__asm__ volatile("yield");
}
#else
static inline void ipcb_relax(void)
{
}
#endif

#endif
