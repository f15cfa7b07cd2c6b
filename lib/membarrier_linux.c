/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* membarrier(2): a barrier on all cores that run a registered process. */
#include "wait.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

static long membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

/* 1 where the kernel has it, and this process is registered now. */
static int register_by(int command)
{
	long supported = membarrier(MEMBARRIER_CMD_QUERY);

	return supported >= 0 && supported & command && !membarrier(command);
}

int ipcb_membarrier_register(void)
{
	return register_by(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
}

void ipcb_membarrier(void)
{
	membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

int ipcb_membarrier_register_process(void)
{
	return register_by(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

void ipcb_membarrier_process(void)
{
	membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}
