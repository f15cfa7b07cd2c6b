/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* One pass over the input: two processes and a transport between them. */
#ifndef DEMO_PASS_H
#define DEMO_PASS_H

#include "progress.h"
#include "transport.h"

/**
 * pass_run() - send the tree to another process over @ops.
 * @total_bytes: what is to be expected, for the progress bar
 * @ret_pass:    the result, whether the totals agree or not
 *
 * What goes wrong is said on standard error. Nothing is left behind: no child,
 * no name, no memory. Return: 0; -EINTR after an interrupt, or another error.
 */
int pass_run(const struct demo_options *options,
	     const struct transport_ops *ops, struct progress *progress,
	     uint64_t total_bytes, struct pass *ret_pass);

#endif
