/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Printing tables as text: two passes, one for the widths. */
#include "table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Names and reasons are far shorter; a longer text would be cut. */
#define CELL_TEXT 256

static void format_number(uint64_t number, enum column_type type, bool bytes,
			  char text[CELL_TEXT])
{
	if (type == COLUMN_BLOCK && number == 0)
		snprintf(text, CELL_TEXT, "large");
	else if (type == COLUMN_NUMBER || bytes)
		snprintf(text, CELL_TEXT, "%llu", (unsigned long long)number);
	else
		cmd_format_size(number, text);
}

static void format_cell(struct json_object *row, const struct column *column,
			const struct table_options *options,
			char text[CELL_TEXT])
{
	struct json_object *value = json_object_object_get(row, column->name);

	if (!value)
		snprintf(text, CELL_TEXT, "-");
	else if (column->type == COLUMN_TEXT)
		snprintf(text, CELL_TEXT, "%s", json_object_get_string(value));
	else
		format_number(json_object_get_uint64(value), column->type,
			      options->bytes, text);
}

static void format_heading(const struct column *column, char text[CELL_TEXT])
{
	size_t i;

	snprintf(text, CELL_TEXT, "%s", column->name);
	for (i = 0; text[i]; i++)
		text[i] = (char)toupper((unsigned char)text[i]);
}

static int column_width(const struct table *table, const struct column *column,
			const struct table_options *options)
{
	size_t i, count = json_object_array_length(table->rows);
	size_t width = options->noheadings ? 0 : strlen(column->name);
	char text[CELL_TEXT];

	for (i = 0; i < count; i++) {
		format_cell(json_object_array_get_idx(table->rows, i), column,
			    options, text);
		if (strlen(text) > width)
			width = strlen(text);
	}
	return (int)width;
}

static void print_cell(const struct column *column, const char *text,
		       int width, bool last)
{
	if (column->type != COLUMN_TEXT)
		printf("%*s", width, text);
	else
		printf("%-*s", last ? 0 : width, text);
	fputs(last ? "\n" : "  ", stdout);
}

/* @row: NULL prints the headings. */
static void print_line(const struct table *table, struct json_object *row,
		       const struct table_options *options, const int *widths)
{
	char text[CELL_TEXT];
	size_t i;

	for (i = 0; i < table->chosen_count; i++) {
		if (row)
			format_cell(row, table->chosen[i], options, text);
		else
			format_heading(table->chosen[i], text);
		print_cell(table->chosen[i], text, widths[i],
			   i + 1 == table->chosen_count);
	}
}

void table_print(const struct table *table, const struct table_options *options)
{
	size_t i, count = json_object_array_length(table->rows);
	int widths[TABLE_MAX_COLUMNS];

	for (i = 0; i < table->chosen_count; i++)
		widths[i] = column_width(table, table->chosen[i], options);
	if (!options->noheadings)
		print_line(table, NULL, options, widths);
	for (i = 0; i < count; i++)
		print_line(table, json_object_array_get_idx(table->rows, i),
			   options, widths);
}

void table_print_upright(const struct table *table,
			 const struct table_options *options)
{
	struct json_object *row = json_object_array_get_idx(table->rows, 0);
	char text[CELL_TEXT];
	int width = 0;
	size_t i;

	for (i = 0; i < table->chosen_count; i++)
		if ((int)strlen(table->chosen[i]->name) > width)
			width = (int)strlen(table->chosen[i]->name);
	for (i = 0; row && i < table->chosen_count; i++) {
		format_cell(row, table->chosen[i], options, text);
		if (options->noheadings)
			printf("%s\n", text);
		else
			printf("%-*s  %s\n", width, table->chosen[i]->name,
			       text);
	}
}
