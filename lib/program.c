/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Names of regions that belong to a program, made as ftok() makes its keys but
 * of all that tells files apart, and of the user.
 */
#include <ipcbuf/region.h>

#include <stdio.h>
#include <unistd.h>

#include "os.h"
#include "util.h"

IPCB_PUBLIC int ipcbuf_region_program_name(int32_t id, char *ret_name)
{
	struct stat st;
	int error;

	if (!ret_name)
		return -EINVAL;
	error = ipcb_os_program(&st);
	if (error)
		return error;
	snprintf(ret_name, IPCBUF_NAME_MAX + 1, "p%llx.%llx.%lx.%lx",
		 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		 (unsigned long)geteuid(), (unsigned long)(uint32_t)id);
	return 0;
}
