/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Lists, as aligned text or as JSON.
 *
 * A row is a JSON object with one member per column, in exact numbers. JSON is
 * printed from it as it is, text by the column's type. A value that isn't
 * known is left out: null in JSON, "-" in text.
 */
#ifndef IPCBUF_TABLE_H
#define IPCBUF_TABLE_H

#include <json-c/json.h>

#include "cmd.h"

enum column_type {
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_SIZE,	/* bytes, shortened unless --bytes */
	COLUMN_BLOCK,	/* the same; 0 is shown as "large" */
};

struct column {
	const char *name;	/* the JSON key; the heading in capitals */
	enum column_type type;
	bool shown;		/* without -o */
};

struct table_options {
	bool json;
	bool noheadings;
	bool bytes;
	const char *columns;	/* argument of -o, or NULL */
};

#define TABLE_MAX_COLUMNS 24

struct table {
	const struct column *columns;	/* ends with a NULL name */
	const struct column *chosen[TABLE_MAX_COLUMNS];
	size_t chosen_count;
	struct json_object *rows;	/* an array */
};

/* The options that all lists take, for a getopt_long() table and loop. */
#define TABLE_SHORT_OPTIONS "Jbno:"
#define TABLE_LONG_OPTIONS					\
	{ "json", no_argument, NULL, 'J' },			\
	{ "bytes", no_argument, NULL, 'b' },			\
	{ "noheadings", no_argument, NULL, 'n' },		\
	{ "output", required_argument, NULL, 'o' }

/* Return: whether @option was one of those. */
bool table_option(struct table_options *options, int option);

/*
 * Makes an empty table, with the columns of -o or those that are shown.
 *
 * Return: CMD_OK, or CMD_USAGE with a message (an unknown column).
 */
int table_init(struct table *table, const struct column *columns,
	       const struct command *self,
	       const struct table_options *options);
void table_destroy(struct table *table);

/* Adds an empty row. Return: the row; the table owns it. */
struct json_object *table_add_row(struct table *table);

void row_set_text(struct json_object *row, const char *name, const char *text);
void row_set_number(struct json_object *row, const char *name,
		    uint64_t number);
/* A time of CLOCK_REALTIME, as UTC in ISO 8601. */
void row_set_time(struct json_object *row, const char *name, uint64_t ns);

/* A line per row. */
void table_print(const struct table *table,
		 const struct table_options *options);

/* A line per column of the one row that there is. */
void table_print_upright(const struct table *table,
			 const struct table_options *options);

/* Return: the rows with the chosen columns only; the caller's to put. */
struct json_object *table_to_json(const struct table *table);

/* Prints @root and puts it. */
void table_print_json(struct json_object *root);

#endif
