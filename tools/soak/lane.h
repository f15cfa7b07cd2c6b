/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Traffic over lanes: sending, receiving and forwarding, one at a time or in
 * batches. What the library answers must be among what its header says, and
 * what comes must be what the accounts say.
 */
#ifndef SOAK_LANE_H
#define SOAK_LANE_H

#include "worker.h"

/* The channel's key is the lane's number. */
void lanes_open(struct session *session);
/* Those that nobody is in; true when none is left. */
bool lanes_close(struct session *session);

/* Any end that is free, locked; NULL: none. */
struct end *lane_pick(struct ends *ends, struct random *random);

/* Until @deadline_ns, if there is memory and room. */
void lane_send(struct runner *runner, struct end *end, uint64_t deadline_ns);
/* Up to so many records; each is seen to, and freed, kept or forwarded. */
void lane_receive(struct runner *runner, struct end *end, unsigned int count,
		  uint64_t deadline_ns);

/* For the supervisor: empties a lane whose producer has gone. */
void lane_drain(struct ledger *ledger, struct ipcbuf_region *region,
		uint32_t index);

#endif
