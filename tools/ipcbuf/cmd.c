/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Error messages and help texts; see cmd.h. */
#include "cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* With what is in the way of a region, where the library knows: a limit, or the
 * semaphores of another C library. */
int cmd_fail(const char *what, int error)
{
	int of_region = error == -ENOMEM || error == -ENOSPC ||
			error == -EOPNOTSUPP;

	fprintf(stderr, "ipcbuf: %s: %s\n", what, ipcbuf_strerror(error));
	if (of_region && *ipcbuf_hint())
		fprintf(stderr, "ipcbuf: %s: %s\n", what, ipcbuf_hint());
	return CMD_FAILED;
}

static void complain(const char *format, va_list args)
{
	fputs("ipcbuf: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int cmd_failf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	return CMD_FAILED;
}

int cmd_usage(const struct command *self, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	return cmd_bad_option(self);
}

int cmd_bad_option(const struct command *self)
{
	fprintf(stderr, "Try 'ipcbuf %s --help'.\n", self->name);
	return CMD_USAGE;
}

static bool name_allowed(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-";
	size_t length = strlen(name);

	return length > 0 && length <= IPCBUF_NAME_MAX &&
	       name[0] != '.' && name[0] != '-' &&
	       strspn(name, letters) == length;
}

int cmd_check_region(const struct command *self, const char *name)
{
	if (name_allowed(name))
		return CMD_OK;
	return cmd_usage(self, "'%s': not a region's name (1 to %d of "
			 "A-Z a-z 0-9 . _ -, not beginning with . or -)",
			 name, IPCBUF_NAME_MAX);
}

bool cmd_parse_key(const char *text, struct ipcbuf_key *ret_key)
{
	uint64_t id;

	if (!name_allowed(text))
		return false;
	if (text[strspn(text, "0123456789")] != '\0') {
		*ret_key = ipcbuf_key_name(text);
		return true;
	}
	if (!cmd_parse_count(text, 0, INT64_MAX, &id))
		return false;
	*ret_key = ipcbuf_key_id((int64_t)id);
	return true;
}

int cmd_open_rdonly(const char *name, struct ipcbuf_region **ret_region)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	options.flags = IPCBUF_REGION_RDONLY;
	return ipcbuf_region_open(name, &options, ret_region);
}
