/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Progress on standard error: a bar where that is a terminal, else a line when
 * something begins and another when it has ended.
 */
#ifndef DEMO_PROGRESS_H
#define DEMO_PROGRESS_H

#include "demo.h"

struct progress {
	const char *what;
	uint64_t total_bytes;	/* 0: not known */
	uint64_t begin_ns;
	uint64_t next_ns;	/* when the bar is drawn again */
	unsigned int calls;
	bool bar;
	bool quiet;
};

void progress_init(struct progress *progress, bool quiet);
void progress_begin(struct progress *progress, const char *what,
		    uint64_t total_bytes);
void progress_update(struct progress *progress, const struct totals *totals);
/* @totals: NULL where it ended in the middle */
void progress_end(struct progress *progress, const struct totals *totals);

#endif
