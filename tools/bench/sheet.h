/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A table of texts, printed in columns or as Markdown. The first row is its
 * head; text that is longer than a field is cut. No more than one at a time.
 */
#ifndef BENCH_SHEET_H
#define BENCH_SHEET_H

#include <stdbool.h>
#include <stdio.h>

#define SHEET_ROWS    128u
#define SHEET_COLUMNS 16u
#define SHEET_TEXT    240u

struct sheet;

/* Empties it. @left: so many columns are aligned left, the others right. */
struct sheet *sheet_begin(unsigned int left);

/* Rows and columns come to be as they are set. What doesn't fit is left out. */
__attribute__((format(printf, 4, 5)))
void sheet_set(struct sheet *sheet, unsigned int row, unsigned int column,
	       const char *format, ...);

/* How many rows there are, which is the number of the next. */
unsigned int sheet_rows(const struct sheet *sheet);

void sheet_print(const struct sheet *sheet, bool markdown, FILE *out);

#endif
