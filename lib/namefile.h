/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The name of a region: a small file, the same for every backend, that is its
 * lock file too and says what memory belongs to the name.
 *
 * States of the record in it:
 *
 *   (empty)  just created, nothing belongs to it yet
 *   PENDING  memory is being made; what may exist of it is said here
 *   READY    a region that can be opened
 *   GONE     unlinked, but in use: the file has been renamed, and holds what
 *            must be removed when the last member has left (SysV semaphores)
 *
 * Whoever reads or changes a record holds the file's IPCB_LOCK_CREATE. A
 * holder that dies leaves PENDING (or empty) behind: the next one removes
 * what the record names and starts again. Each change is one pwrite() of the
 * whole record.
 */
#ifndef IPCB_NAMEFILE_H
#define IPCB_NAMEFILE_H

#include <dirent.h>
#include <sys/stat.h>

#include "layout.h"

enum ipcb_name_state {
	IPCB_NAME_PENDING = 1,
	IPCB_NAME_READY = 2,
	IPCB_NAME_GONE = 3,
};

struct ipcb_name_record {
	uint64_t magic;
	uint32_t version;
	uint32_t state;
	uint32_t backend;
	uint32_t wait;
	int32_t shm_key;	/* System V, 0 where there is none */
	int32_t shm_id;
	int32_t sem_key;
	int32_t sem_id;
	uint64_t size_bytes;
	uint64_t object;	/* POSIX: what it is called; 0: as the region */
	uint64_t reserved;
};

/*
 * Opens the file of a name and takes its IPCB_LOCK_CREATE.
 * @create: create it where it isn't there, with @mode, @uid, @gid
 *
 * Return: 0 and a descriptor of its own; -ENOENT, -EACCES, -ETIMEDOUT, other
 * -errno.
 */
struct ipcb_name_owner {
	uint32_t mode;
	uid_t uid;
	gid_t gid;
};

int ipcb_namefile_lock(const char *name, const struct ipcb_name_owner *create,
		       int *ret_fd);

/* Opens it without a lock and for reading only. */
int ipcb_namefile_open_rdonly(const char *name, int *ret_fd);

/*
 * Return: 0; -ENODATA (empty), -EPROTO (something else, or another version).
 */
int ipcb_namefile_read(int fd, struct ipcb_name_record *ret_record);
int ipcb_namefile_write(int fd, const struct ipcb_name_record *record);
int ipcb_namefile_remove(const char *name);

/* Puts the record aside under a name that nobody can open. */
int ipcb_namefile_retire(const char *name, int fd,
			 struct ipcb_name_record *record);

/* Removes retired files whose members have all gone, and what they name. */
void ipcb_namefile_collect(void);

/* Calls @visit with each name; a value other than 0 ends it. */
int ipcb_namefile_list(int (*visit)(const char *name, void *arg), void *arg);

/* Removes what a record names, whoever made it; half-made things included. */
void ipcb_name_reap(const char *name, const struct ipcb_name_record *record);

#endif
