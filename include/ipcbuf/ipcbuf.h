/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ipcbuf: a heap that processes share, and channels over which they hand each
 * other pieces of it without copying.
 *
 * Conventions of the whole API:
 *
 * - A function returns 0, or a negative errno value; results come through the
 *   arguments named ret_*. A call that fails leaves its outputs, and the
 *   shared memory, as they were.
 * - Deadlines are absolute times of CLOCK_MONOTONIC in nanoseconds.
 *   IPCBUF_NOWAIT (0) doesn't wait, IPCBUF_FOREVER waits until it happens or
 *   until it can't happen any more.
 * - Sizes are in bytes (_bytes), depths in slots (_slots).
 * - Structures that callers fill begin with struct_bytes, so that they can
 *   grow; the _INIT macros set it.
 * - The library never prints, exits or installs a signal handler.
 *
 * Unless its comment says otherwise, any thread may call any function at any
 * time. In a child made by fork() the parent's handles answer -EBADF: a child
 * opens the region for itself.
 */
#ifndef IPCBUF_IPCBUF_H
#define IPCBUF_IPCBUF_H

#include <ipcbuf/base.h>
#include <ipcbuf/region.h>
#include <ipcbuf/heap.h>
#include <ipcbuf/channel.h>
#include <ipcbuf/segment.h>
#include <ipcbuf/death.h>
#include <ipcbuf/inspect.h>

#endif
