/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The producer: walks the tree, and sends every file. */
#ifndef DEMO_PRODUCER_H
#define DEMO_PRODUCER_H

#include "progress.h"
#include "transport.h"

/**
 * producer_run() - send the whole tree, and say on each stream that it ends.
 * @pass: sent and skips are filled in
 *
 * Return: 0; -EINTR after an interrupt, or why it can't go on.
 */
int producer_run(const struct demo_options *options,
		 struct transport *transport, struct progress *progress,
		 struct pass *pass);

/* Reads up to @bytes; fewer are there only at the end of the file. */
int read_full(int fd, void *buffer, size_t bytes, size_t *ret_bytes);

#endif
