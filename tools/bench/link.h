/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* A role's end of the link to the cell's peer. */
#ifndef BENCH_LINK_H
#define BENCH_LINK_H

#include "worker.h"

/*
 * Both roles: loads the peer and opens worker->end, A's before B's. Memory that
 * the peer asks for lies in the memfd that both inherited. An allocator's B has
 * no end.
 */
int link_open(struct worker *worker);

/* Does nothing where there is none. */
void link_close(struct worker *worker);

#endif
