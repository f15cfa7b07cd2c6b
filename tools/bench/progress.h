/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What is shown on standard error while it all runs. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include "results.h"

/* Before cell @i of repetition @rep. */
void progress_show(const struct results *results, unsigned int rep,
		   unsigned int i);
void progress_clear(const struct results *results);

#endif
