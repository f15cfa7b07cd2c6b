/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The one place that includes liburcu. The bulletproof flavour registers
 * threads by itself and survives fork().
 *
 * _LGPL_SOURCE takes the read-side calls inline; both are below the ten lines
 * that the LGPL lets anybody inline.
 */
#ifndef IPCB_RCU_H
#define IPCB_RCU_H

#define _LGPL_SOURCE
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <urcu-bp.h>
#pragma GCC diagnostic pop

#include "cancel.h"

/*
 * ThreadSanitizer doesn't see what liburcu's barriers order: that what a reader
 * did comes before the end of a grace period that waited for it.
 */
#ifdef __SANITIZE_THREAD__
#define IPCB_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IPCB_TSAN 1
#endif
#endif

#ifdef IPCB_TSAN
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define ipcb_rcu_reader_done() __tsan_release(&urcu_bp_gp)
#define ipcb_rcu_readers_done() __tsan_acquire(&urcu_bp_gp)
#else
#define ipcb_rcu_reader_done() ((void)0)
#define ipcb_rcu_readers_done() ((void)0)
#endif

/* rcu.c: registers the calling thread, as liburcu would by itself; see there. */
void ipcb_rcu_register(void);

static inline void ipcb_rcu_read_lock(void)
{
	if (__builtin_expect(!URCU_TLS(urcu_bp_reader), 0))
		ipcb_rcu_register();
	rcu_read_lock();
}

static inline void ipcb_rcu_read_unlock(void)
{
	ipcb_rcu_reader_done();
	rcu_read_unlock();
}

/* It waits in poll(), with a lock of liburcu's that nobody would give back. */
static inline void ipcb_rcu_synchronize(void)
{
	int cancel = ipcb_cancel_off();

	synchronize_rcu();
	ipcb_cancel_restore(cancel);
	ipcb_rcu_readers_done();
}

/* process.c: once; around fork(), inside all other locks. 0 or -ENOMEM. */
int ipcb_rcu_init(void);
void ipcb_rcu_fork_prepare(void);
void ipcb_rcu_fork_parent(void);
void ipcb_rcu_fork_child(void);

#endif
