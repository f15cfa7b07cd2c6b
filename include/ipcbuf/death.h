/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * News of deaths: which members of a region died.
 *
 * Whoever talks to a dead member over a channel learns of it there. These are
 * for supervisors, which want to know of all members, and whatever they did.
 *
 * A member dies when its process ends, or replaces its program, without having
 * closed the region. It is told of after it has been recovered: what it held
 * has been taken back, and its peers may know. Each death has a number, from
 * 1; a slot keeps the last death that happened in it.
 */
#ifndef IPCBUF_DEATH_H
#define IPCBUF_DEATH_H

#include <ipcbuf/region.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct ipcbuf_death - a member that died and has been recovered. */
struct ipcbuf_death {
	uint64_t number;	/* later deaths have larger ones */
	uint64_t recovered_ns;	/* CLOCK_REALTIME */
	uint32_t slot;
	uint32_t generation;	/* tells those who had the same slot apart */
	int32_t pid;		/* as the dead knew itself */
	uint32_t reserved;
};

/**
 * ipcbuf_region_next_death() - the next member that died, in order.
 * @number:      only deaths with larger numbers; 0: all that are remembered.
 *               struct ipcbuf_region_info's deaths: those from now on
 * @deadline_ns: how long to wait for it
 * @ret_death:   what is known of it
 *
 * Looks for the dead and recovers them, as ipcbuf_region_recover() does, before
 * it answers -EAGAIN, and from time to time while it waits: it needn't be
 * somebody's peer. A handle that was opened for looking only learns what
 * others recover. Where a slot's members die faster than they are asked for,
 * only the last one is remembered: the numbers then leave a gap.
 *
 * Blocking, up to @deadline_ns; lock-free but for recovery. Any thread.
 *
 * Return: 0; -EAGAIN (none, and @deadline_ns is IPCBUF_NOWAIT), -ETIMEDOUT,
 * -EINVAL, -EBADF (closed, also while it waits).
 */
int ipcbuf_region_next_death(struct ipcbuf_region *region, uint64_t number,
			     uint64_t deadline_ns,
			     struct ipcbuf_death *ret_death);

struct ipcbuf_watch;

/**
 * ipcbuf_watch_open() - have a function called for each death from now on.
 * @callback: called by a thread of the library's own, with all signals blocked,
 *            for one death at a time; it may call any function of this library
 *            but ipcbuf_watch_close() for this watch. What it is given is valid
 *            during the call
 * @arg:      handed to it
 * @ret_watch: for ipcbuf_watch_close(), which must be called also if the region
 *            is closed first: that only ends the calls. It is
 *            there before the first call
 *
 * To have a descriptor for an event loop, let the callback write to a pipe or
 * an eventfd of yours.
 *
 * Return: 0; -EINVAL, -EBADF, -ENOMEM, -EAGAIN (no more threads).
 */
int ipcbuf_watch_open(struct ipcbuf_region *region,
		      void (*callback)(const struct ipcbuf_death *death,
				       void *arg),
		      void *arg, struct ipcbuf_watch **ret_watch);

/**
 * ipcbuf_watch_close() - end a watch.
 * @watch: from ipcbuf_watch_open(), or NULL; not to be used any more
 *
 * Waits until a call that has begun has returned. In a child made by fork() the
 * parent's watches call nothing, and may be closed.
 *
 * Return: 0; -EDEADLK (called by the callback itself; nothing was done).
 */
int ipcbuf_watch_close(struct ipcbuf_watch *watch);

#ifdef __cplusplus
}
#endif

#endif
