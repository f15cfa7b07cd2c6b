/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What Linux has: in the order in which the default is looked for. */
#include "memory.h"
#include "names.h"
#include "wait.h"

const struct ipcb_memory_ops *const ipcb_memory_backends[] = {
	&ipcb_memory_kmod,
	&ipcb_memory_posix,
	&ipcb_memory_sysv,
	&ipcb_memory_memfd,
	NULL,
};

const struct ipcb_wait_ops *const ipcb_wait_kinds[] = {
	&ipcb_wait_kmod,	/* goes with memory of its own alone */
	&ipcb_wait_futex,
	&ipcb_wait_posix_sem,
	&ipcb_wait_sysv_sem,
	NULL,
};

const struct ipcb_names_ops *const ipcb_names[] = {
	&ipcb_names_kmod,
	&ipcb_names_file,
	NULL,
};
