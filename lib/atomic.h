/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Every atomic access of the library, with its order in the name.
 *
 * The macros are generic over 16, 32 and 64 bit integers. An order is written
 * out wherever it isn't relaxed, and the place that uses it names its partner.
 *
 * ipcb_fence_full() orders everything. ipcb_fence_compiler() only keeps the
 * compiler from moving accesses; it is what is left of a fence whose other
 * half is a membarrier() (see wait.c).
 */
#ifndef IPCB_ATOMIC_H
#define IPCB_ATOMIC_H

#define ipcb_load_relaxed(p)	__atomic_load_n((p), __ATOMIC_RELAXED)
#define ipcb_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ipcb_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ipcb_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define ipcb_xchg_acq_rel(p, v)	__atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define ipcb_add_relaxed(p, v)	__atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define ipcb_add_acq_rel(p, v)	__atomic_fetch_add((p), (v), __ATOMIC_ACQ_REL)
#define ipcb_or_acq_rel(p, v)	__atomic_fetch_or((p), (v), __ATOMIC_ACQ_REL)
#define ipcb_and_acq_rel(p, v)	__atomic_fetch_and((p), (v), __ATOMIC_ACQ_REL)

/* One strong compare-and-swap; 1 where *p was @old and is now @new. */
#define ipcb_cas_acq_rel(p, old, new)					\
	__extension__ ({						\
		__typeof__(*(p)) ipcb_expected_ = (old);		\
		__atomic_compare_exchange_n((p), &ipcb_expected_, (new), \
					    0, __ATOMIC_ACQ_REL,	\
					    __ATOMIC_RELAXED);		\
	})

/*
 * 1: the system that this is for has no membarrier(2), whatever its kernel's age, and
 * what would be a fence for the compiler is one for the processor.
 */
#if defined(__linux__) && !defined(IPCB_NO_MEMBARRIER)
#define IPCB_ALWAYS_FENCES 0
#else
#define IPCB_ALWAYS_FENCES 1
#endif

#define ipcb_fence_full()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define ipcb_fence_compiler()	__atomic_signal_fence(__ATOMIC_SEQ_CST)

#endif
