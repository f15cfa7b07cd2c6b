/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Waiting for a byte lock: neither kind of lock can be waited for until a time. */
#include "lockfile.h"

#include <ipcbuf/base.h>

int ipcb_lock(int fd, int64_t byte)
{
	struct ipcb_backoff backoff = IPCB_BACKOFF_INIT(
		ipcbuf_deadline_ns(IPCB_LOCK_TIMEOUT_NS));
	int error;

	for (;;) {
		error = ipcb_lock_try(fd, byte);
		if (error != -EAGAIN)
			return error;
		error = ipcb_backoff(&backoff);
		if (error)
			return error;
	}
}
