/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* `ipcbuf stat`: one region; stat_rows.c fills the tables. */
#include "stat.h"

#include <stdio.h>

static const char help[] =
	"Usage: ipcbuf stat [OPTION]... REGION\n"
	"Shows a region's figures, channels, members and memory by size class.\n"
	"Without a choice of parts all of them are shown.\n\n"
	"      --figures       the region's own figures\n"
	"      --channels      its channels and segments\n"
	"      --members       the members: who has it open\n"
	"      --classes       memory by size class\n"
	"  -o, --output LIST   columns, separated by commas (with one part):\n"
	"                      --figures: name backend wait mode uid gid size\n"
	"                        heap frame slab committed peak held records\n"
	"                        max-record failures members max-members deaths\n"
	"                        channels segments layout created\n"
	"                      --channels: key kind depth pending sent received\n"
	"                        producer producer-pid producer-waits consumer\n"
	"                        consumer-pid consumer-waits users size keep\n"
	"                      --members: slot generation pid state held records\n"
	"                        joined\n"
	"                      --classes: block slabs memory held free\n"
	"  -b, --bytes         exact sizes\n"
	"  -n, --noheadings    no headings\n"
	"  -J, --json          JSON, sizes exact\n"
	"  -h, --help          show this\n";

static const struct stat_part *const parts[] = {
	&stat_figures, &stat_channels, &stat_members, &stat_classes,
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

struct arguments {
	struct table_options table;
	const char *region;
	unsigned int chosen;	/* a bit for each of parts[] */
};

static bool only_one(unsigned int chosen)
{
	return (chosen & (chosen - 1)) == 0;
}

static void add_json(struct json_object *root, const struct stat_part *part,
		     const struct table *table)
{
	struct json_object *rows = table_to_json(table);
	struct json_object *row;

	if (part->upright) {
		row = json_object_get(json_object_array_get_idx(rows, 0));
		json_object_put(rows);
		rows = row;
	}
	json_object_object_add(root, part->name, rows);
}

static void print_text(const struct stat_part *part, const struct table *table,
		       const struct arguments *arguments)
{
	if (!only_one(arguments->chosen) && !arguments->table.noheadings)
		printf("%s%s:\n", part == parts[0] ? "" : "\n", part->title);
	if (part->upright)
		table_print_upright(table, &arguments->table);
	else
		table_print(table, &arguments->table);
}

static int show_part(const struct command *self, struct ipcbuf_region *region,
		     const struct stat_part *part, struct json_object *root,
		     const struct arguments *arguments)
{
	struct table table;
	int error, status;

	status = table_init(&table, part->columns, self, &arguments->table);
	if (status != CMD_OK)
		return status;
	error = part->fill(region, &table);
	if (error)
		status = cmd_fail(arguments->region, error);
	else if (root)
		add_json(root, part, &table);
	else
		print_text(part, &table, arguments);
	table_destroy(&table);
	return status;
}

static int show(const struct command *self, struct ipcbuf_region *region,
		const struct arguments *arguments)
{
	struct json_object *root =
		arguments->table.json ? json_object_new_object() : NULL;
	int status = CMD_OK;
	size_t i;

	for (i = 0; i < PARTS && status == CMD_OK; i++)
		if (arguments->chosen & (1u << i))
			status = show_part(self, region, parts[i], root,
					   arguments);
	if (root && status == CMD_OK)
		table_print_json(root);
	else
		json_object_put(root);
	return status;
}

enum { OPTION_PART = 256 };

static const struct option long_options[] = {
	{ "figures", no_argument, NULL, OPTION_PART },
	{ "channels", no_argument, NULL, OPTION_PART + 1 },
	{ "members", no_argument, NULL, OPTION_PART + 2 },
	{ "classes", no_argument, NULL, OPTION_PART + 3 },
	TABLE_LONG_OPTIONS,
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int parse_options(const struct command *self, int argc, char **argv,
			 struct arguments *arguments)
{
	int option;

	while ((option = getopt_long(argc, argv, TABLE_SHORT_OPTIONS "h",
				     long_options, NULL)) != -1) {
		if (option == 'h')
			return CMD_HELP;
		if (option >= OPTION_PART)
			arguments->chosen |= 1u << (option - OPTION_PART);
		else if (!table_option(&arguments->table, option))
			return cmd_bad_option(self);
	}
	return CMD_OK;
}

static int parse(const struct command *self, int argc, char **argv,
		 struct arguments *arguments)
{
	int status = parse_options(self, argc, argv, arguments);

	if (status != CMD_OK)
		return status;
	if (argc - optind != 1)
		return cmd_usage(self, "stat takes one REGION");
	if (!arguments->chosen)
		arguments->chosen = (1u << PARTS) - 1;
	if (arguments->table.columns && !only_one(arguments->chosen))
		return cmd_usage(self, "-o goes with one of --figures, "
				 "--channels, --members, --classes");
	arguments->region = argv[optind];
	return cmd_check_region(self, arguments->region);
}

static int run(const struct command *self, int argc, char **argv)
{
	struct arguments arguments = { .region = NULL };
	int status = parse(self, argc, argv, &arguments);
	struct ipcbuf_region *region;
	int error;

	if (status != CMD_OK)
		return status;
	error = cmd_open_rdonly(arguments.region, &region);
	if (error)
		return cmd_fail(arguments.region, error);
	status = show(self, region, &arguments);
	ipcbuf_region_close(region);
	return status;
}

const struct command command_stat = {
	"stat", "show a region's figures, channels, members and memory", help,
	run,
};
