/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * --progress: what went through so far and how fast, on standard error. On a
 * terminal a line that is written over five times a second; anywhere else only
 * the last one.
 */
#ifndef IPCBUF_PROGRESS_H
#define IPCBUF_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *verb;	/* "sent" */
	bool wanted;
	bool terminal;
	uint64_t start_ns;
	uint64_t next_ns;
	uint64_t bytes;
	uint64_t records;
};

void progress_start(struct progress *progress, const char *verb, bool wanted);
void progress_add(struct progress *progress, uint64_t bytes);
/* Can be called more than once, and without a start. */
void progress_finish(struct progress *progress);

#endif
