/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Building tables and printing them as JSON; table_text.c prints text. */
#include "table.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

bool table_option(struct table_options *options, int option)
{
	switch (option) {
	case 'J':
		options->json = true;
		return true;
	case 'b':
		options->bytes = true;
		return true;
	case 'n':
		options->noheadings = true;
		return true;
	case 'o':
		options->columns = optarg;
		return true;
	}
	return false;
}

static const struct column *find_column(const struct column *columns,
					const char *name, size_t length)
{
	for (; columns->name; columns++)
		if (strlen(columns->name) == length &&
		    !strncasecmp(columns->name, name, length))
			return columns;
	return NULL;
}

static void choose_shown(struct table *table)
{
	const struct column *column;

	for (column = table->columns; column->name; column++)
		if (column->shown)
			table->chosen[table->chosen_count++] = column;
}

static int choose_listed(struct table *table, const struct command *self,
			 const char *list)
{
	const char *name = list;
	const struct column *column;
	size_t length;

	for (;; name += length + 1) {
		length = strcspn(name, ",");
		column = find_column(table->columns, name, length);
		if (!column)
			return cmd_usage(self, "%.*s: no such column",
					 (int)length, name);
		if (table->chosen_count == TABLE_MAX_COLUMNS)
			return cmd_usage(self, "-o: at most %d columns",
					 TABLE_MAX_COLUMNS);
		table->chosen[table->chosen_count++] = column;
		if (name[length] == '\0')
			return CMD_OK;
	}
}

int table_init(struct table *table, const struct column *columns,
	       const struct command *self, const struct table_options *options)
{
	int status = CMD_OK;

	table->columns = columns;
	table->chosen_count = 0;
	table->rows = NULL;
	if (options->columns)
		status = choose_listed(table, self, options->columns);
	else
		choose_shown(table);
	if (status == CMD_OK)
		table->rows = json_object_new_array();
	return status;
}

void table_destroy(struct table *table)
{
	json_object_put(table->rows);
	table->rows = NULL;
}

struct json_object *table_add_row(struct table *table)
{
	struct json_object *row = json_object_new_object();

	json_object_array_add(table->rows, row);
	return row;
}

void row_set_text(struct json_object *row, const char *name, const char *text)
{
	if (text)
		json_object_object_add(row, name, json_object_new_string(text));
}

void row_set_number(struct json_object *row, const char *name, uint64_t number)
{
	json_object_object_add(row, name, json_object_new_uint64(number));
}

void row_set_time(struct json_object *row, const char *name, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	struct tm tm;
	char text[32];

	if (!ns || !gmtime_r(&seconds, &tm))
		return;
	if (strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		row_set_text(row, name, text);
}

static struct json_object *chosen_part(const struct table *table,
				       struct json_object *row)
{
	struct json_object *part = json_object_new_object();
	size_t i;

	for (i = 0; i < table->chosen_count; i++) {
		const char *name = table->chosen[i]->name;

		json_object_object_add(part, name, json_object_get(
				json_object_object_get(row, name)));
	}
	return part;
}

struct json_object *table_to_json(const struct table *table)
{
	struct json_object *rows = json_object_new_array();
	size_t i, count = json_object_array_length(table->rows);

	for (i = 0; i < count; i++)
		json_object_array_add(rows, chosen_part(table,
				json_object_array_get_idx(table->rows, i)));
	return rows;
}

void table_print_json(struct json_object *root)
{
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}
