/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The results, written down. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "results.h"

#include <stdio.h>

/* Everything: the machine, the aims, the peers at a glance, each family. */
void report_write(const struct results *results, bool markdown, FILE *out);

void report_json(const struct results *results, FILE *out);

/* Parts of report_write(): what the figures are measured by, all peers. */
void report_aims(const struct results *results, bool markdown, FILE *out);
void report_glance(const struct results *results, bool markdown, FILE *out);

/* Calls @say with each reason to distrust the figures. */
void report_doubts(const struct results *results,
		   void (*say)(const char *doubt, void *argument),
		   void *argument);

/* Files in @folder, made by gnuplot; returns the exit status. */
int report_plots(const struct results *results, const char *folder);

#endif
