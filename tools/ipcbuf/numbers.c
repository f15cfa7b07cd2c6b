/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Numbers, sizes and times, from text and to text; see cmd.h. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char units[] = "KMGTP";

/* Digits only: strtoull() alone would take " -1". */
static bool parse_digits(const char *text, uint64_t *ret, const char **ret_end)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	*ret_end = end;
	return errno == 0;
}

/* How far a suffix shifts, or -1. */
static int suffix_shift(const char *suffix)
{
	const char *unit;

	if (*suffix == '\0')
		return 0;
	unit = strchr(units, *suffix >= 'a' ? *suffix - 'a' + 'A' : *suffix);
	if (!unit || (suffix[1] != '\0' && strcmp(suffix + 1, "iB") != 0))
		return -1;
	return 10 * (int)(unit - units + 1);
}

bool cmd_parse_size(const char *text, uint64_t *ret_bytes)
{
	const char *suffix;
	uint64_t value;
	int shift;

	if (!parse_digits(text, &value, &suffix))
		return false;
	shift = suffix_shift(suffix);
	if (shift < 0 || value > UINT64_MAX >> shift)
		return false;
	*ret_bytes = value << shift;
	return true;
}

bool cmd_parse_count(const char *text, uint64_t min, uint64_t max,
		     uint64_t *ret_count)
{
	const char *end;
	uint64_t value;

	if (!parse_digits(text, &value, &end) || *end != '\0')
		return false;
	if (value < min || value > max)
		return false;
	*ret_count = value;
	return true;
}

bool cmd_parse_seconds(const char *text, uint64_t *ret_ns)
{
	char *end;
	double seconds;

	if (strspn(text, "0123456789.") != strlen(text) || *text == '\0')
		return false;
	seconds = strtod(text, &end);
	if (*end != '\0' || !(seconds > 0) || seconds > 1e9)
		return false;
	*ret_ns = (uint64_t)(seconds * 1e9);
	return true;
}

const char *cmd_format_size(uint64_t bytes, char text[CMD_SIZE_TEXT])
{
	double value = (double)bytes;
	size_t unit = 0;
	bool whole;

	if (bytes < 1024) {
		snprintf(text, CMD_SIZE_TEXT, "%u", (unsigned int)bytes);
		return text;
	}
	/* 999.95 would be printed as 1000.0: keep to four characters. */
	for (value /= 1024; value >= 999.5 && units[unit + 1]; unit++)
		value /= 1024;
	whole = value >= 9.95 || value == (double)(uint64_t)value;
	snprintf(text, CMD_SIZE_TEXT, whole ? "%.0f%c" : "%.1f%c", value,
		 units[unit]);
	return text;
}
