/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* A round trip with both sides asleep, whatever carries the message. */
#ifndef BENCH_BLOCKING_H
#define BENCH_BLOCKING_H

#include "worker.h"

/* Far more than anything here takes: reached only by a wakeup that was lost. */
#define LONG_NS UINT64_C(30000000000)

/*
 * How a message, a number, goes and comes. @ret_took_ns: since it was sent; the
 * sender notes the time just before.
 */
struct carrier {
	int (*send)(struct worker *worker, uint64_t number);
	int (*recv)(struct worker *worker, uint64_t number,
		    uint64_t *ret_took_ns);
};

int blocking_round_trip(struct worker *worker, const struct carrier *carrier);

/* Where a message that carries nothing else has its time. */
uint64_t *blocking_time(struct worker *worker, enum role sender);

/* A wait and a wake-up of the sender's word in struct shared. */
int blocking_futex_wake(_Atomic uint32_t *word);
int blocking_futex_sleep(_Atomic uint32_t *word, uint32_t value);

#endif
