/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Random keys for System V objects. */
#ifndef IPCB_KEYS_H
#define IPCB_KEYS_H

#include <stdint.h>

#include <ipcbuf/base.h>

#include "os.h"

/* A positive key, never IPC_PRIVATE. */
static inline int32_t ipcb_random_key(void)
{
	uint32_t key = 0;

	if (ipcb_os_random(&key, sizeof(key)))
		key = (uint32_t)ipcbuf_now_ns();
	key &= INT32_MAX;
	return key ? (int32_t)key : 1;
}

#endif
