/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The results, on standard output. */
#ifndef DEMO_REPORT_H
#define DEMO_REPORT_H

#include "demo.h"

/* All of a run's results; the first pass is ipcbuf's. */
struct results {
	const struct demo_options *options;
	struct warmup warmup;
	struct pass passes[PASSES_MAX];
	unsigned int count;
};

void report_table(const struct results *results);
void report_json(const struct results *results);

#endif
