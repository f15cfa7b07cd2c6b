/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The consumers: one process, one thread a stream. */
#ifndef DEMO_CONSUMER_H
#define DEMO_CONSUMER_H

#include "transport.h"

#include <sys/types.h>

/**
 * consumer_run() - receive everything, and add up the digests.
 * @transport:  joined
 * @producer:   this process's parent
 * @ret_totals: of all streams
 *
 * Whatever goes wrong ends the process, which is how the producer learns of it,
 * and is said on standard error, unless it is the producer that gave up.
 */
void consumer_run(struct transport *transport, pid_t producer,
		  struct totals *ret_totals);

#endif
