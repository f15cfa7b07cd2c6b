/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* `ipcbuf ls`: all regions of this machine that have a name. */
#include "regions.h"

static const struct column columns[] = {
	{ "name", COLUMN_TEXT, true },
	{ "backend", COLUMN_TEXT, true },
	{ "wait", COLUMN_TEXT, false },
	{ "mode", COLUMN_TEXT, false },
	{ "uid", COLUMN_NUMBER, false },
	{ "gid", COLUMN_NUMBER, false },
	{ "size", COLUMN_SIZE, true },
	{ "committed", COLUMN_SIZE, true },
	{ "peak", COLUMN_SIZE, false },
	{ "held", COLUMN_SIZE, true },
	{ "records", COLUMN_NUMBER, false },
	{ "failures", COLUMN_NUMBER, false },
	{ "members", COLUMN_NUMBER, true },
	{ "channels", COLUMN_NUMBER, true },
	{ "segments", COLUMN_NUMBER, false },
	{ "layout", COLUMN_NUMBER, false },
	{ "created", COLUMN_TEXT, false },
	{ "status", COLUMN_TEXT, true },
	{ "reason", COLUMN_TEXT, true },
	{ NULL, COLUMN_TEXT, false },
};

static const char help[] =
	"Usage: ipcbuf ls [OPTION]...\n"
	"Lists the regions of this machine. What can't be opened is shown\n"
	"with the reason.\n\n"
	"  -o, --output LIST   columns, separated by commas: name backend wait\n"
	"                      mode uid gid size committed peak held records\n"
	"                      failures members channels segments layout\n"
	"                      created status reason\n"
	"  -b, --bytes         exact sizes\n"
	"  -n, --noheadings    no line of headings\n"
	"  -J, --json          JSON, sizes exact\n"
	"  -h, --help          show this\n\n"
	"status: ok, unreadable, foreign (not a region of this layout\n"
	"version), half-made (its creator died), unusable.\n";

static int add_figures(struct json_object *row, const char *name)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	struct ipcbuf_region *region;
	int error = cmd_open_rdonly(name, &region);

	if (error)
		return error;
	error = ipcbuf_region_get_info(region, &info);
	if (!error)
		region_row_figures(row, &info);
	ipcbuf_region_close(region);
	return error;
}

static void add_region(struct table *table, const struct region_name *entry)
{
	struct json_object *row = table_add_row(table);
	int status = entry->status;

	region_row_entry(row, entry);
	if (!status)
		status = add_figures(row, entry->name);
	row_set_text(row, "status", region_status_word(status));
	if (status)
		row_set_text(row, "reason", ipcbuf_strerror(status));
}

static int fill(struct table *table)
{
	struct region_names names;
	int error = region_names_get(&names);
	size_t i;

	if (error)
		return cmd_fail("listing the regions", error);
	for (i = 0; i < names.count; i++)
		add_region(table, &names.entries[i]);
	region_names_free(&names);
	return CMD_OK;
}

static void print(const struct table *table,
		  const struct table_options *options)
{
	struct json_object *root;

	if (!options->json) {
		table_print(table, options);
		return;
	}
	root = json_object_new_object();
	json_object_object_add(root, "regions", table_to_json(table));
	table_print_json(root);
}

static int parse(const struct command *self, int argc, char **argv,
		 struct table_options *options)
{
	static const struct option long_options[] = {
		TABLE_LONG_OPTIONS,
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, TABLE_SHORT_OPTIONS "h",
				     long_options, NULL)) != -1) {
		if (option == 'h')
			return CMD_HELP;
		if (!table_option(options, option))
			return cmd_bad_option(self);
	}
	if (optind < argc)
		return cmd_usage(self, "%s: ls takes no arguments",
				 argv[optind]);
	return CMD_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct table_options options = { .columns = NULL };
	struct table table;
	int status = parse(self, argc, argv, &options);

	if (status == CMD_OK)
		status = table_init(&table, columns, self, &options);
	if (status != CMD_OK)
		return status;
	status = fill(&table);
	if (status == CMD_OK)
		print(&table, &options);
	table_destroy(&table);
	return status;
}

const struct command command_ls = {
	"ls", "list the regions of this machine", help, run,
};
