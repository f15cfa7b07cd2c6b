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

static inline void ipcb_rcu_read_lock(void)
{
	rcu_read_lock();
}

static inline void ipcb_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

static inline void ipcb_rcu_synchronize(void)
{
	synchronize_rcu();
}

#endif
