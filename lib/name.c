/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The one rule for names of regions, channels and segments. */
#include <ipcbuf/base.h>

#include "util.h"

static int is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* Return: 0, or -EINVAL. */
int ipcb_name_check(const char *name)
{
	size_t i;

	if (!name || (!is_alphanumeric(name[0]) && name[0] != '_'))
		return -EINVAL;
	for (i = 1; name[i]; i++) {
		if (i >= IPCBUF_NAME_MAX)
			return -EINVAL;
		if (!is_alphanumeric(name[i]) && name[i] != '.' &&
		    name[i] != '_' && name[i] != '-')
			return -EINVAL;
	}
	return 0;
}
