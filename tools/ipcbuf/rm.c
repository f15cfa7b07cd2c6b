/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* `ipcbuf rm`: removes regions' names, or channels and segments of one. */
#include <errno.h>
#include <string.h>

#include "regions.h"

static const char help[] =
	"Usage: ipcbuf rm REGION...\n"
	"       ipcbuf rm -r REGION {--channel KEY | --segment KEY}\n"
	"Removes regions, also ones that a killed creator left half-made. Those\n"
	"who have a region open go on using it; its memory goes with the last.\n\n"
	"  -r, --region NAME   the region of the channel or segment\n"
	"  -c, --channel KEY   remove this channel (digits: its number)\n"
	"  -s, --segment KEY   remove this shared segment\n"
	"  -h, --help          show this\n";

struct arguments {
	const char *region;
	const char *channel;
	const char *segment;
};

static bool listed(const char *name)
{
	struct region_names names;
	bool found = false;
	size_t i;

	if (region_names_get(&names))
		return false;
	for (i = 0; i < names.count; i++)
		found |= !strcmp(names.entries[i].name, name);
	region_names_free(&names);
	return found;
}

/*
 * What was half-made answers -ENOENT, as it was no region, and is removed all
 * the same; the list before and after tells the two apart.
 */
static int remove_region(const char *name)
{
	bool was_there = listed(name);
	int error = ipcbuf_region_unlink(name);

	if (error == -ENOENT && was_there && !listed(name))
		return CMD_OK;
	return error ? cmd_fail(name, error) : CMD_OK;
}

static int remove_regions(const struct command *self, int count, char **names)
{
	int i, status = CMD_OK;

	for (i = 0; i < count; i++)
		if (cmd_check_region(self, names[i]) != CMD_OK)
			return CMD_USAGE;
	for (i = 0; i < count; i++)
		if (remove_region(names[i]) != CMD_OK)
			status = CMD_FAILED;
	return status;
}

static int remove_key(const struct command *self,
		      const struct arguments *arguments)
{
	const char *text = arguments->channel ? arguments->channel :
						arguments->segment;
	struct ipcbuf_region *region;
	struct ipcbuf_key key;
	int error;

	if (!cmd_parse_key(text, &key))
		return cmd_usage(self, "'%s': neither a number nor a name",
				 text);
	error = ipcbuf_region_open(arguments->region, NULL, &region);
	if (error)
		return cmd_fail(arguments->region, error);
	if (arguments->channel)
		error = ipcbuf_channel_remove(region, key);
	else
		error = ipcbuf_segment_remove(region, key);
	ipcbuf_region_close(region);
	return error ? cmd_fail(text, error) : CMD_OK;
}

static int parse(const struct command *self, int argc, char **argv,
		 struct arguments *arguments)
{
	static const struct option long_options[] = {
		{ "region", required_argument, NULL, 'r' },
		{ "channel", required_argument, NULL, 'c' },
		{ "segment", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "r:c:s:h", long_options,
				     NULL)) != -1) {
		if (option == 'r')
			arguments->region = optarg;
		else if (option == 'c')
			arguments->channel = optarg;
		else if (option == 's')
			arguments->segment = optarg;
		else
			return option == 'h' ? CMD_HELP : cmd_bad_option(self);
	}
	return CMD_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct arguments arguments = { .region = NULL };
	int status = parse(self, argc, argv, &arguments);
	int count = argc - optind;

	if (status != CMD_OK)
		return status;
	if (!arguments.region && !arguments.channel && !arguments.segment)
		return count ? remove_regions(self, count, argv + optind) :
			       cmd_usage(self, "rm takes a REGION or more");
	if (!arguments.region || !arguments.channel == !arguments.segment)
		return cmd_usage(self, "-r goes with one --channel or "
				 "--segment");
	if (count)
		return cmd_usage(self, "%s: one argument too many",
				 argv[optind]);
	status = cmd_check_region(self, arguments.region);
	return status == CMD_OK ? remove_key(self, &arguments) : status;
}

const struct command command_rm = {
	"rm", "remove regions, or a channel or segment of one", help, run,
};
