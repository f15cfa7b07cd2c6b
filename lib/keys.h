/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Random names of objects. */
#ifndef IPCB_KEYS_H
#define IPCB_KEYS_H

#include <stdint.h>

#include <ipcbuf/base.h>

#include "os.h"

/* Never 0. */
static inline uint64_t ipcb_random_number(void)
{
	uint64_t number = 0;

	if (ipcb_os_random(&number, sizeof(number)))
		number = ipcbuf_now_ns();
	return number ? number : 1;
}

/* A positive key, never IPC_PRIVATE. */
static inline int32_t ipcb_random_key(void)
{
	int32_t key = (int32_t)(ipcb_random_number() & INT32_MAX);

	return key ? key : 1;
}

#endif
