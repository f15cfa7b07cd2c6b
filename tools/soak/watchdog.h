/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Finds threads that don't get on. A thread hangs if it hasn't begun anything
 * new for options->patience seconds, in which its process wasn't stopped, and
 *
 *   - it waits for a record, and one that was sent is there all the time; or
 *     for room, which is there all the time; or
 *   - it does something else, where nobody waits for long.
 *
 * Who waits for others' sake alone has IDLE_FACTOR times as long: in all that
 * traffic nobody is idle for minutes.
 */
#ifndef SOAK_WATCHDOG_H
#define SOAK_WATCHDOG_H

#include "ledger.h"

#include <sys/types.h>

struct watch {
	uint64_t beats;
	uint64_t idle_since_ns;		/* nothing begun since */
	uint64_t stuck_since_ns;	/* and something was there to be done */
};

struct watchdog {
	struct watch watches[WORKERS_MAX][THREADS_MAX];
	uint64_t looked_ns;
};

/* The worker was started, continued, or the like: its threads' time begins. */
void watchdog_reset(struct watchdog *watchdog, unsigned int slot, uint64_t now);

/* Does a thread of this worker hang? Says so. */
bool watchdog_finds(struct watchdog *watchdog, const struct ledger *ledger,
		    const struct soak_options *options, unsigned int slot,
		    uint64_t now);

/* All that can be seen of the region and of a process, for who has to look. */
void watchdog_dump_region(const struct soak_region *region,
			  const struct ledger *ledger);
void watchdog_dump_process(unsigned int slot, pid_t pid,
			   const struct ledger *ledger);

#endif
