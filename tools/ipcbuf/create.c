/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* `ipcbuf create`: makes a region that stays until it is removed. */
#include <errno.h>
#include <string.h>

#include "cmd.h"
#include "../common/backends.h"

static const char help[] =
	"Usage: ipcbuf create [OPTION]... REGION\n"
	"Creates a region. It stays until `ipcbuf rm` removes it.\n\n"
	"  -s, --size SIZE      the largest it may grow to, 1M to 16T (1G);\n"
	"                       memory is taken as it is used\n"
	"  -B, --backend NAME   posix, sysv or kmod ($IPCBUF_REGION, else kmod\n"
	"                       where the module is loaded, else posix)\n"
	"  -w, --wait NAME      futex, posix-sem, sysv-sem or kmod ($IPCBUF_WAIT,\n"
	"                       else kmod in a kmod region, else futex)\n"
	"  -m, --mode MODE      permissions, octal (0600)\n"
	"  -h, --help           show this\n";

struct arguments {
	struct ipcbuf_region_options options;
	const char *region;
};

static bool parse_mode(const char *text, uint32_t *ret_mode)
{
	uint32_t mode = 0;

	if (strspn(text, "01234567") != strlen(text) || strlen(text) > 4)
		return false;
	for (; *text; text++)
		mode = mode * 8 + (uint32_t)(*text - '0');
	*ret_mode = mode;
	return mode > 0 && mode <= 0777;
}

static int parse_option(const struct command *self, int option,
			struct ipcbuf_region_options *options)
{
	switch (option) {
	case 's':
		if (cmd_parse_size(optarg, &options->size_bytes) &&
		    options->size_bytes >= IPCBUF_REGION_MIN_BYTES &&
		    options->size_bytes <= IPCBUF_REGION_MAX_BYTES)
			return CMD_OK;
		return cmd_usage(self, "'%s': not a size from 1M to 16T",
				 optarg);
	case 'B':
		if (tool_parse_backend(optarg, &options->backend))
			return CMD_OK;
		return cmd_usage(self, "'%s': no such backend", optarg);
	case 'w':
		if (tool_parse_wait(optarg, &options->wait))
			return CMD_OK;
		return cmd_usage(self, "'%s': no such way to wait", optarg);
	case 'm':
		if (parse_mode(optarg, &options->mode))
			return CMD_OK;
		return cmd_usage(self, "'%s': not a mode from 1 to 0777",
				 optarg);
	case 'h':
		return CMD_HELP;
	}
	return cmd_bad_option(self);
}

static int parse(const struct command *self, int argc, char **argv,
		 struct arguments *arguments)
{
	static const struct option long_options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "backend", required_argument, NULL, 'B' },
		{ "wait", required_argument, NULL, 'w' },
		{ "mode", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "s:B:w:m:h", long_options,
				     NULL)) != -1) {
		status = parse_option(self, option, &arguments->options);
		if (status != CMD_OK)
			return status;
	}
	if (argc - optind != 1)
		return cmd_usage(self, "create takes one REGION");
	arguments->region = argv[optind];
	return cmd_check_region(self, arguments->region);
}

/* A memfd would be gone with this process, and nobody could open it. */
static int check_backend(struct ipcbuf_region *region,
			 const struct arguments *arguments)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	int error = ipcbuf_region_get_info(region, &info);

	if (!error && info.backend == IPCBUF_BACKEND_MEMFD)
		error = -EOPNOTSUPP;
	return error ? cmd_create_failed(arguments->region,
					 &arguments->options, error) : CMD_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct arguments arguments = { IPCBUF_REGION_OPTIONS_INIT, NULL };
	int status = parse(self, argc, argv, &arguments);
	struct ipcbuf_region *region;
	int error;

	if (status != CMD_OK)
		return status;
	if (arguments.options.backend == IPCBUF_BACKEND_MEMFD)
		return cmd_usage(self, "memfd: such a region has no name to "
				 "open it by, and would be gone at once");
	error = ipcbuf_region_create(arguments.region, &arguments.options,
				     &region);
	if (error)
		return cmd_create_failed(arguments.region, &arguments.options,
					 error);
	if (*ipcbuf_hint())
		cmd_failf("%s: %s", arguments.region, ipcbuf_hint());
	status = check_backend(region, &arguments);
	ipcbuf_region_close(region);
	return status;
}

const struct command command_create = {
	"create", "create a region", help, run,
};
