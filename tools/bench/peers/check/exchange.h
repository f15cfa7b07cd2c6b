/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What both ends of a link do, and where they meet. */
#ifndef PEER_CHECK_EXCHANGE_H
#define PEER_CHECK_EXCHANGE_H

#include "check.h"

/*
 * Shared by both: arrived[role] is that role's, error whoever's fails first; sent
 * is the sender's, until both meet.
 */
struct meeting {
	uint32_t arrived[2];
	int error;
	uint64_t sent;
};

/* One end, by one thread. */
struct side {
	const struct peer *peer;
	struct peer_setup setup;
	struct peer_end *end;
	struct meeting *meeting;
	int role;
};

/* Both have come so far; -EPIPE: the other has failed, or half a minute passed. */
int side_meet(struct side *side);
/* Tells the other not to wait. */
void side_give_up(struct side *side, int error);
/* Has the other failed? */
int side_alone(const struct side *side);

int exchange(struct side *side);

#endif
