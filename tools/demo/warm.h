/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Reads the input once, so that all passes find it in the page cache. */
#ifndef DEMO_WARM_H
#define DEMO_WARM_H

#include "progress.h"

/**
 * warm_up() - read all files, as far as half of the memory can hold them.
 * @ret_warmup: what there is, and what was read of it
 *
 * Return: 0; -EINTR after an interrupt, or why the directory can't be read.
 */
int warm_up(const struct demo_options *options, struct progress *progress,
	    struct warmup *ret_warmup);

#endif
