// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* See sheet.h. */
#include "sheet.h"

#include <stdarg.h>
#include <string.h>

struct sheet {
	unsigned int left;
	unsigned int rows;
	unsigned int columns;
	char text[SHEET_ROWS][SHEET_COLUMNS][SHEET_TEXT];
};

static struct sheet the_sheet;

struct sheet *sheet_begin(unsigned int left)
{
	memset(&the_sheet, 0, sizeof(the_sheet));
	the_sheet.left = left;
	return &the_sheet;
}

void sheet_set(struct sheet *sheet, unsigned int row, unsigned int column,
	       const char *format, ...)
{
	va_list arguments;

	if (row >= SHEET_ROWS || column >= SHEET_COLUMNS)
		return;
	va_start(arguments, format);
	vsnprintf(sheet->text[row][column], SHEET_TEXT, format, arguments);
	va_end(arguments);
	if (row >= sheet->rows)
		sheet->rows = row + 1;
	if (column >= sheet->columns)
		sheet->columns = column + 1;
}

unsigned int sheet_rows(const struct sheet *sheet)
{
	return sheet->rows;
}

/* How wide it is on a terminal: UTF-8's later bytes take no place. */
static unsigned int width(const char *text)
{
	unsigned int count = 0;

	for (; *text; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

static unsigned int column_width(const struct sheet *sheet, unsigned int column)
{
	unsigned int widest = 0, row, one;

	for (row = 0; row < sheet->rows; row++) {
		one = width(sheet->text[row][column]);
		if (one > widest)
			widest = one;
	}
	return widest;
}

static void print_plain(const struct sheet *sheet, FILE *out)
{
	unsigned int row, column;
	const char *text;
	int pad;

	for (row = 0; row < sheet->rows; row++) {
		for (column = 0; column < sheet->columns; column++) {
			text = sheet->text[row][column];
			pad = (int)(column_width(sheet, column) - width(text));
			if (column >= sheet->left)
				fprintf(out, "  %*s%s", pad, "", text);
			else if (column + 1 < sheet->columns)
				fprintf(out, "  %s%*s", text, pad, "");
			else
				fprintf(out, "  %s", text);
		}
		fputc('\n', out);
	}
}

static void print_markdown(const struct sheet *sheet, FILE *out)
{
	unsigned int row, column;

	for (row = 0; row < sheet->rows; row++) {
		for (column = 0; column < sheet->columns; column++)
			fprintf(out, "| %s ", sheet->text[row][column]);
		fprintf(out, "|\n");
		for (column = 0; !row && column < sheet->columns; column++)
			fprintf(out, "|%s", column < sheet->left ? "---"
								 : "--:");
		if (!row)
			fprintf(out, "|\n");
	}
	fputc('\n', out);
}

void sheet_print(const struct sheet *sheet, bool markdown, FILE *out)
{
	if (markdown)
		print_markdown(sheet, out);
	else
		print_plain(sheet, out);
}
