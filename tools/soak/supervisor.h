/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Starts the workers, and kills, stops, continues and replaces them until the
 * time is up. It is no member of the region meanwhile, and waits for none of
 * its locks.
 */
#ifndef SOAK_SUPERVISOR_H
#define SOAK_SUPERVISOR_H

#include "ledger.h"

enum tally {
	TALLY_STARTS,
	TALLY_KILLED,			/* while it ran, or slept */
	TALLY_KILLED_STOPPED,
	TALLY_KILLED_YOUNG,		/* right after its start */
	TALLY_KILLED_ALL,		/* together with all others */
	TALLY_FELL,			/* ended without closing anything */
	TALLY_STOPS,
	TALLY_ALL,
};

struct supervisor {
	const struct soak_options *options;
	const struct soak_region *region;
	struct ledger *ledger;
	uint64_t tallies[TALLY_ALL];
	uint64_t began_ns;
	uint64_t ended_ns;
	bool hung;
};

/* Until the time is up, something is wrong, or an interrupt. */
void supervisor_run(struct supervisor *supervisor);

#endif
