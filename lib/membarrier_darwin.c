/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Nothing like membarrier(2): everybody has full fences. */
#include "wait.h"

int ipcb_membarrier_register(void)
{
	return 0;
}

void ipcb_membarrier(void)
{
}

int ipcb_membarrier_register_process(void)
{
	return 0;
}

void ipcb_membarrier_process(void)
{
}
