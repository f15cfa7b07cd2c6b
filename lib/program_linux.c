/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The program that runs: proc(5). Its file may have been replaced since. */
#include "program.h"

#include <errno.h>

int ipcb_program_stat(struct stat *ret_stat)
{
	return stat("/proc/self/exe", ret_stat) ? -errno : 0;
}
