/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* `ipcbuf doctor`: what is damaged or stale, and what to do about it. */
#include "doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
	"Usage: ipcbuf doctor [OPTION]... [REGION]\n"
	"Verifies a region, or all of them, and looks for what is stale: members\n"
	"that died, regions that were left half-made, channels that nobody\n"
	"attends. Says of each what to do. Meant for quiet regions: what is in\n"
	"motion may look damaged.\n\n"
	"      --recover       take back what members that died have left\n"
	"  -o, --output LIST   columns, separated by commas: region severity\n"
	"                      finding advice\n"
	"  -n, --noheadings    no line of headings (with -o)\n"
	"  -J, --json          JSON\n"
	"  -h, --help          show this\n\n"
	"Exit status: 0 healthy (there may be notes), 1 problems found, 2 wrong\n"
	"usage.\n";

static const struct column columns[] = {
	{ "region", COLUMN_TEXT, true },
	{ "severity", COLUMN_TEXT, true },
	{ "finding", COLUMN_TEXT, true },
	{ "advice", COLUMN_TEXT, true },
	{ NULL, COLUMN_TEXT, false },
};

struct arguments {
	struct table_options table;
	const char *region;	/* NULL: all */
	bool recover;
};

void report_add(struct report *report, enum severity severity,
		const char *region, const char *advice, const char *format, ...)
{
	struct json_object *row = table_add_row(&report->table);
	char finding[256];
	va_list args;

	va_start(args, format);
	vsnprintf(finding, sizeof(finding), format, args);
	va_end(args);
	row_set_text(row, "region", region);
	row_set_text(row, "severity",
		     severity == PROBLEM ? "problem" : "note");
	row_set_text(row, "finding", finding);
	row_set_text(row, "advice", advice);
	report->problems += severity == PROBLEM;
}

static int count_dead_one(const struct ipcbuf_member_info *info, void *arg)
{
	*(unsigned int *)arg += !info->alive;
	return 0;
}

static int count_dead(const char *name, unsigned int *ret_dead)
{
	struct ipcbuf_region *region;
	int error = cmd_open_rdonly(name, &region);

	if (error)
		return error;
	*ret_dead = 0;
	error = ipcbuf_region_list_members(region, count_dead_one, ret_dead);
	ipcbuf_region_close(region);
	return error;
}

/* Joining recovers too, so what recovery says isn't all. */
static int recover_members(const char *name, unsigned int *ret_recovered)
{
	struct ipcbuf_region *region;
	unsigned int before, after;
	int error = count_dead(name, &before);

	if (!error)
		error = ipcbuf_region_open(name, NULL, &region);
	if (error)
		return error;
	error = ipcbuf_region_recover(region, NULL);
	ipcbuf_region_close(region);
	if (!error)
		error = count_dead(name, &after);
	if (!error)
		*ret_recovered = before > after ? before - after : 0;
	return error;
}

static void recover(struct report *report, const char *name)
{
	unsigned int members = 0;
	int error = recover_members(name, &members);

	if (error)
		report_add(report, PROBLEM, name,
			   "run doctor --recover as the region's owner",
			   "dead members can't be recovered: %s",
			   ipcbuf_strerror(error));
	else if (members)
		report_add(report, NOTE, name, NULL,
			   "%u dead member(s) recovered", members);
}

static void report_unusable(struct report *report, const char *name, int error)
{
	char advice[IPCBUF_NAME_MAX + 96];

	if (error == -ENOENT)
		snprintf(advice, sizeof(advice), "remove it: ipcbuf rm %s "
			 "(creating it anew does so too)", name);
	else if (error == -EPROTO)
		snprintf(advice, sizeof(advice), "use or remove it with the "
			 "version that made it");
	else
		snprintf(advice, sizeof(advice), "run doctor as its owner");
	if (error == -ENOENT)
		report_add(report, PROBLEM, name, advice,
			   "left half-made by a creator that died");
	else
		report_add(report, error == -EACCES ? NOTE : PROBLEM, name,
			   advice, "can't be examined: %s",
			   ipcbuf_strerror(error));
}

static void examine(struct report *report, const struct arguments *arguments,
		    const char *name)
{
	struct ipcbuf_region *region;
	int error;

	if (arguments->recover)
		recover(report, name);
	error = cmd_open_rdonly(name, &region);
	if (!error) {
		error = examine_region(report, name, region);
		ipcbuf_region_close(region);
	}
	if (error)
		report_unusable(report, name, error);
}

/* One that isn't even listed is no finding, but a wrong name. */
static int examine_listed(struct report *report,
			  const struct arguments *arguments)
{
	struct region_names names;
	bool found = !arguments->region;
	int error = region_names_get(&names);
	size_t i;

	if (error)
		return cmd_fail("listing the regions", error);
	for (i = 0; i < names.count; i++) {
		const struct region_name *entry = &names.entries[i];

		if (arguments->region &&
		    strcmp(arguments->region, entry->name) != 0)
			continue;
		found = true;
		if (entry->status)
			report_unusable(report, entry->name, entry->status);
		else
			examine(report, arguments, entry->name);
	}
	region_names_free(&names);
	return found ? CMD_OK : cmd_fail(arguments->region, -ENOENT);
}

static const char *member_text(struct json_object *row, const char *name)
{
	return json_object_get_string(json_object_object_get(row, name));
}

/* Findings that one advice is for stand together above it. */
static bool same_advice(const char *advice, struct json_object *next)
{
	const char *other = member_text(next, "advice");

	return other && !strcmp(advice, other);
}

static void print_findings(const struct report *report)
{
	size_t i, count = json_object_array_length(report->table.rows);

	for (i = 0; i < count; i++) {
		struct json_object *row =
			json_object_array_get_idx(report->table.rows, i);
		const char *advice = member_text(row, "advice");

		printf("%s: %s: %s\n", member_text(row, "region"),
		       member_text(row, "severity"),
		       member_text(row, "finding"));
		if (advice && !same_advice(advice, json_object_array_get_idx(
						report->table.rows, i + 1)))
			printf("    %s\n", advice);
	}
	printf("%u problem(s) found\n", report->problems);
}

static void print_report(const struct report *report,
			 const struct table_options *options)
{
	struct json_object *root;

	if (options->json) {
		root = json_object_new_object();
		json_object_object_add(root, "problems",
			json_object_new_int64(report->problems));
		json_object_object_add(root, "findings",
				       table_to_json(&report->table));
		table_print_json(root);
	} else if (options->columns) {
		table_print(&report->table, options);
	} else {
		print_findings(report);
	}
}

static int parse(const struct command *self, int argc, char **argv,
		 struct arguments *arguments)
{
	static const struct option long_options[] = {
		{ "recover", no_argument, NULL, 'R' },
		TABLE_LONG_OPTIONS,
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, TABLE_SHORT_OPTIONS "Rh",
				     long_options, NULL)) != -1) {
		if (option == 'h')
			return CMD_HELP;
		if (option == 'R')
			arguments->recover = true;
		else if (!table_option(&arguments->table, option))
			return cmd_bad_option(self);
	}
	if (argc - optind > 1)
		return cmd_usage(self, "doctor takes one REGION, or none for "
				 "all");
	if (argc == optind)
		return CMD_OK;
	arguments->region = argv[optind];
	return cmd_check_region(self, arguments->region);
}

static int run(const struct command *self, int argc, char **argv)
{
	struct arguments arguments = { .region = NULL };
	struct report report = { .problems = 0 };
	int status = parse(self, argc, argv, &arguments);

	if (status == CMD_OK)
		status = table_init(&report.table, columns, self,
				    &arguments.table);
	if (status != CMD_OK)
		return status;
	status = examine_listed(&report, &arguments);
	if (status == CMD_OK) {
		print_report(&report, &arguments.table);
		status = report.problems ? CMD_FAILED : CMD_OK;
	}
	table_destroy(&report.table);
	return status;
}

const struct command command_doctor = {
	"doctor", "verify regions, find what is stale and say what to do",
	help, run,
};
