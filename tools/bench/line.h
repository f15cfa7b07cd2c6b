/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The round trip of a bare cache line, as it is at the moment: where a host moves
 * a virtual machine's processors about it changes within seconds, and only what
 * was measured right beside it can be set in proportion to it.
 */
#ifndef BENCH_LINE_H
#define BENCH_LINE_H

#include "worker.h"

/* Both roles; takes some milliseconds. @ret_ns: the same in both. */
int line_look(struct worker *worker, double *ret_ns);

#endif
