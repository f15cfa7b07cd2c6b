/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What macOS has: in the order in which the default is looked for. */
#include "memory.h"
#include "names.h"
#include "wait.h"

const struct ipcb_memory_ops *const ipcb_memory_backends[] = {
	&ipcb_memory_posix,
	&ipcb_memory_sysv,
	NULL,
};

const struct ipcb_wait_ops *const ipcb_wait_kinds[] = {
	&ipcb_wait_os_sync,	/* where the system has it */
	&ipcb_wait_sysv_sem,
	NULL,
};

const struct ipcb_names_ops *const ipcb_names[] = {
	&ipcb_names_file,
	NULL,
};
