// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Numbers for people. See units.h. */
#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *format(char text[UNITS_MAX], uint64_t bytes, double step,
			  const char *const *names, unsigned int count)
{
	double value = (double)bytes;
	unsigned int i = 0;

	while (value >= step && i + 1 < count) {
		value /= step;
		i++;
	}
	snprintf(text, UNITS_MAX, i ? "%.1f %s" : "%.0f %s", value, names[i]);
	return text;
}

const char *format_bytes(char text[UNITS_MAX], uint64_t bytes)
{
	static const char *const names[] = { "B", "kB", "MB", "GB", "TB" };

	return format(text, bytes, 1000, names, 5);
}

const char *format_memory(char text[UNITS_MAX], uint64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB" };

	return format(text, bytes, 1024, names, 5);
}

int parse_bytes(const char *text, uint64_t *ret_bytes)
{
	static const char suffixes[] = "KMGT";
	const char *suffix = NULL;
	unsigned int shift = 0;
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end)
		suffix = strchr(suffixes, toupper((unsigned char)*end));
	if (suffix)
		shift = 10 * ((unsigned int)(suffix - suffixes) + 1);
	if (errno || (*end && (!suffix || end[1])) ||
	    value > UINT64_MAX >> shift)
		return -EINVAL;
	*ret_bytes = (uint64_t)value << shift;
	return 0;
}

double gigabytes_per_second(uint64_t bytes, double seconds)
{
	return seconds > 0 ? (double)bytes / 1e9 / seconds : 0;
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)now.tv_nsec;
}
