/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The directory: key -> object.
 *
 * A hash table in levels: level k has 256 << k entries, in a block of the
 * heap. A key may stand in a window of 64 entries behind its hash, in any
 * level; a new level is made when the windows of all levels are full. Levels
 * are never moved or freed, so a look-up needs no lock: it reads entries, and
 * nothing that they point to.
 *
 * Changes hold the directory's lock: a byte of the lock file, which the kernel
 * drops with its holder, and within the process a mutex. Each change is one
 * store of an entry's word, so a holder that dies leaves the table whole. The
 * lock may be taken again by the thread that has it.
 *
 * Attaching to an object, leaving it and looking into it are done under the
 * lock too; an attached object can't go away.
 */
#ifndef IPCB_DIRECTORY_H
#define IPCB_DIRECTORY_H

#include "object.h"

/* Inside. 0 or -ETIMEDOUT. */
int ipcb_directory_lock(struct ipcbuf_region *region);
/* By a member. 0, -EAGAIN, or another -errno; doesn't wait. */
int ipcb_directory_try_lock(struct ipcbuf_region *region);
void ipcb_directory_unlock(struct ipcbuf_region *region);

/* 1 or 0; takes no lock. Names whose hashes are the same look alike. */
int ipcb_directory_has(struct ipcbuf_region *region, struct ipcbuf_key key);

/* The rest needs the lock. */

/* The object's offset, or 0. */
uint64_t ipcb_directory_find(struct ipcbuf_region *region,
			     struct ipcbuf_key key);
/* Steps 2 and 3 of making an object; the key isn't there yet. -ENOMEM. */
int ipcb_directory_insert(struct ipcbuf_region *region, struct ipcbuf_key key,
			  uint64_t offset);
void ipcb_directory_remove(struct ipcbuf_region *region, uint64_t offset);
/* What a key names no longer has it, but recovery still finds it. */
void ipcb_directory_unlist_key(struct ipcbuf_region *region,
			       struct ipcbuf_key key);

/* Every object, unlisted ones too; @visit may remove the one that it is given. */
int ipcb_directory_each(struct ipcbuf_region *region,
			int (*visit)(struct ipcbuf_region *region,
				     uint64_t offset, void *arg),
			void *arg);
/* The blocks of the levels. */
int ipcb_directory_each_level(struct ipcbuf_region *region,
			      int (*visit)(struct ipcbuf_region *region,
					   uint64_t offset, void *arg),
			      void *arg);

/* Wakes those who wait for a change; after it has been made. */
void ipcb_directory_announce(struct ipcbuf_region *region);

/*
 * Waits until @condition says other than 0; returns that if it is negative,
 * else 0. Called outside; @condition is called inside. -ETIMEDOUT, -EBADF.
 */
int ipcb_directory_wait(struct ipcbuf_region *region,
			int (*condition)(struct ipcbuf_region *region,
					 void *arg),
			void *arg, uint64_t deadline_ns);

#endif
