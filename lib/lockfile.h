/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Byte locks that the kernel drops when their holder dies.
 *
 * Each handle opens the lock file for itself, so handles of one process exclude
 * one another too: by open file description locks (fcntl_locking(2)) where there
 * are such, lockfile_ofd.c, else by a list that the process keeps of who holds
 * what, lockfile_fcntl.c. Bytes far beyond the end of the file are used: a lock
 * needs no data under it, and a memfd can be its own lock file.
 */
#ifndef IPCB_LOCKFILE_H
#define IPCB_LOCKFILE_H

#include "util.h"

#define IPCB_LOCK_BASE      (INT64_C(1) << 60)
#define IPCB_LOCK_CREATE    (IPCB_LOCK_BASE + 0)	/* the name */
#define IPCB_LOCK_DIRECTORY (IPCB_LOCK_BASE + 1)
#define IPCB_LOCK_MEMBER(slot) (IPCB_LOCK_BASE + 64 + (int64_t)(slot))

/*
 * Takes what is free, or ours already.
 * Return: 0; -EAGAIN (try), -ETIMEDOUT (IPCB_LOCK_TIMEOUT_NS passed), other
 * -errno of fcntl().
 */
int ipcb_lock_try(int fd, int64_t byte);
int ipcb_lock(int fd, int64_t byte);
void ipcb_unlock(int fd, int64_t byte);

/*
 * Does another description hold any of @count bytes from @byte on?
 * Return: 1, 0 (free, or ours), or -errno.
 */
int ipcb_lock_held(int fd, int64_t byte, int64_t count);

/* Closes a descriptor of a lock file, whether it holds a lock or not. */
void ipcb_lock_close(int fd);

/* Around fork(); a child has no locks, but its parent's descriptors. */
void ipcb_lock_fork_prepare(void);
void ipcb_lock_fork_parent(void);
void ipcb_lock_fork_child(void);

#endif
