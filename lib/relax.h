/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Hints to the processor: this is a waiting loop; this line will be
 * written, or read.
 * Any address will do: a hint never faults.
 */
#ifndef IPCB_RELAX_H
#define IPCB_RELAX_H

#if defined(__x86_64__)
/*
 * Not __builtin_prefetch(), which is a prefetch for reading where the compiler
 * isn't told of a newer processor. Every 64-bit one takes this instruction,
 * the oldest as no operation.
 */
static inline void ipcb_prefetch_for_store(const void *address)
{
	__asm__ volatile("prefetchw %0" : : "m" (*(const char *)address));
}
#else
static inline void ipcb_prefetch_for_store(const void *address)
{
	__builtin_prefetch(address, 1);
}
#endif

static inline void ipcb_prefetch(const void *address)
{
	__builtin_prefetch(address);
}

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
