/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Regions: the shared memory that holds a heap, its channels and segments.
 *
 * A region has a name that is the same for every backend, a size that is the
 * largest it may grow to, an owner and a mode. Memory is committed as it is
 * used. Each process that opens a region is a member of it; each handle is a
 * member of its own.
 */
#ifndef IPCBUF_REGION_H
#define IPCBUF_REGION_H

#include <ipcbuf/base.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipcbuf_region;

/* Where the memory comes from. */
enum ipcbuf_backend {
	IPCBUF_BACKEND_DEFAULT = 0,	/* $IPCBUF_REGION, else kmod or posix */
	IPCBUF_BACKEND_POSIX   = 1,	/* shm_open() */
	IPCBUF_BACKEND_SYSV    = 2,	/* shmget() */
	IPCBUF_BACKEND_MEMFD   = 3,	/* memfd_create(), no name to open it by */
	IPCBUF_BACKEND_KMOD    = 4,	/* /dev/ipcbuf, the kernel module */
};

/* How a thread sleeps. A kmod region has futex or kmod, others all but kmod. */
enum ipcbuf_wait {
	IPCBUF_WAIT_DEFAULT   = 0,	/* $IPCBUF_WAIT, else kmod or futex */
	IPCBUF_WAIT_FUTEX     = 1,
	IPCBUF_WAIT_POSIX_SEM = 2,
	IPCBUF_WAIT_SYSV_SEM  = 3,
	IPCBUF_WAIT_KMOD      = 4,
};

#define IPCBUF_REGION_MIN_BYTES     (UINT64_C(1) << 20)
#define IPCBUF_REGION_MAX_BYTES     (UINT64_C(1) << 44)
#define IPCBUF_REGION_DEFAULT_BYTES (UINT64_C(1) << 30)

/* Map it without the right to write: for looking only (stat, verify, list). */
#define IPCBUF_REGION_RDONLY 1u

/**
 * struct ipcbuf_region_options - how to create or open a region.
 * @struct_bytes: sizeof(struct ipcbuf_region_options)
 * @flags:        IPCBUF_REGION_RDONLY or 0
 * @size_bytes:   the largest size it may grow to, 1 MiB to 16 TiB (kmod: 8 TiB);
 *                rounded up to a whole number of frames; 0 means 1 GiB, or what
 *                the system allows of System V memory where that is less, see
 *                ipcbuf_hint() (create only)
 * @backend:      enum ipcbuf_backend; where nobody chose one, kmod if it is
 *                there and goes with the size and @wait, else posix (create
 *                only)
 * @wait:         enum ipcbuf_wait (create only)
 * @mode:         permission bits; 0 means 0600 (create only)
 * @uid:          owner, (uid_t)-1 means the caller (create only)
 * @gid:          group, (gid_t)-1 means the caller's (create only)
 *
 * "Create only" fields are ignored when an existing region is opened: what its
 * creator chose stands in the region.
 */
struct ipcbuf_region_options {
	size_t struct_bytes;
	uint32_t flags;
	uint32_t mode;
	uint64_t size_bytes;
	uint32_t backend;
	uint32_t wait;
	uid_t uid;
	gid_t gid;
};

#define IPCBUF_REGION_OPTIONS_INIT \
	{ sizeof(struct ipcbuf_region_options), 0, 0, 0, 0, 0, \
	  (uid_t)-1, (gid_t)-1 }

/**
 * ipcbuf_region_create() - create a region that doesn't exist yet.
 * @name:       its name: 1 to IPCBUF_NAME_MAX bytes of [A-Za-z0-9._-], the
 *              first a letter, a digit or '_'. With the memfd backend a label.
 * @options:    NULL for the defaults
 * @ret_region: the handle; close it with ipcbuf_region_close()
 *
 * Creation survives the death of the creator at any instruction: what a dead
 * creator left half-made counts as not there and is removed.
 *
 * Blocks for a short time while another process creates, opens or unlinks the
 * same name; -ETIMEDOUT after 10 s (a stopped process holds it).
 *
 * Return: 0; -EINVAL (name, options), -EEXIST, -ENOMEM, -ENOSPC (no room for
 * even the metadata), -EACCES, -EOPNOTSUPP (backend or wait not available
 * here, or not for each other or this size), -EDQUOT (kmod: too many regions of
 * this user), -EMFILE/-ENFILE, -ETIMEDOUT.
 */
int ipcbuf_region_create(const char *name,
			 const struct ipcbuf_region_options *options,
			 struct ipcbuf_region **ret_region);

/**
 * ipcbuf_hint() - what the last call of this thread that was to create or open
 * a region has to say beside its result.
 *
 * Where a limit of the system stood in the way: its name, what it is, and a value
 * that would do; where a default was cut down to it, the same. Where the region's
 * semaphores are of another C library or width: that. Else "".
 *
 * Return: the thread's own text, never NULL, for a person to read; it stays until
 * the next such call. Wait-free.
 */
const char *ipcbuf_hint(void);

/**
 * ipcbuf_region_open() - open a region that exists.
 *
 * Arguments and blocking as ipcbuf_region_create().
 *
 * Return: 0; -ENOENT (not there, or left half-made by a creator that died),
 * -EACCES, -EPROTO (of another layout version, with features that this library
 * doesn't know, or not a region at all; it is left untouched), -EUSERS (all
 * member slots are taken), -ENOMEM, -EINVAL, -ETIMEDOUT.
 */
int ipcbuf_region_open(const char *name,
		       const struct ipcbuf_region_options *options,
		       struct ipcbuf_region **ret_region);

/**
 * ipcbuf_region_open_or_create() - open it, or create it where it isn't there.
 *
 * Race-free: of any number of callers exactly one creates, the others open
 * what it created (if all would create with the kmod backend, or none).
 *
 * Return: as the two functions above, but neither -EEXIST nor -ENOENT.
 */
int ipcbuf_region_open_or_create(const char *name,
				 const struct ipcbuf_region_options *options,
				 struct ipcbuf_region **ret_region);

/**
 * ipcbuf_region_open_fd() - open a memfd or kmod region that was passed as a
 * descriptor (over a Unix socket, by inheritance).
 * @fd:         stays the caller's, and may be closed after the call
 * @options:    NULL, or only @flags is looked at
 * @ret_region: the handle
 *
 * Return: 0; -EBADF, -EPROTO (as ipcbuf_region_open()), -EACCES (kmod: from
 * a handle that was opened for looking), -EUSERS, -ENOMEM, -EINVAL.
 */
int ipcbuf_region_open_fd(int fd, const struct ipcbuf_region_options *options,
			  struct ipcbuf_region **ret_region);

/**
 * ipcbuf_region_get_fd() - a descriptor of a memfd or kmod region, to be passed
 * on. It is no member's, and keeps the region while it is open.
 * @region: the region
 * @ret_fd: a new descriptor (close-on-exec); the caller closes it
 *
 * Return: 0; -EBADF, -EINVAL, -EOPNOTSUPP (posix and sysv), -EMFILE.
 */
int ipcbuf_region_get_fd(struct ipcbuf_region *region, int *ret_fd);

/**
 * ipcbuf_region_close() - leave a region.
 * @region: the handle; NULL does nothing
 *
 * All channel ends and segments opened through this handle are left, records
 * that it still holds are freed, memory cached by its threads goes back. Other
 * threads may be inside calls on the same handle: calls that run finish first,
 * calls that sleep return -EBADF. Addresses inside the region are no longer
 * valid in this process.
 *
 * A closed handle is recognised (-EBADF) at least until 1,000 more handles
 * have been closed.
 *
 * Doesn't block on other processes. Return: 0; -EBADF (closed already).
 */
int ipcbuf_region_close(struct ipcbuf_region *region);

/**
 * ipcbuf_region_unlink() - remove a region's name.
 *
 * Those who have it open go on using it; the memory goes with the last.
 *
 * Return: 0; -ENOENT, -EACCES, -EINVAL, -ETIMEDOUT.
 */
int ipcbuf_region_unlink(const char *name);

/**
 * ipcbuf_region_program_name() - a name for the processes of this program.
 * @id:       tells several regions of a program apart
 * @ret_name: room for IPCBUF_NAME_MAX + 1 bytes; set to the name
 *
 * The same in every process that runs the same file for the same user; a file
 * that is put in its place has another one. Made as ftok() makes keys.
 *
 * Return: 0; -EINVAL, -ENOENT or -EACCES (there is no /proc).
 */
int ipcbuf_region_program_name(int32_t id, char *ret_name);

/**
 * ipcbuf_region_trim() - give cached memory back to the machine.
 *
 * Returns what the calling thread has cached and every frame that is wholly
 * free. Return: 0; -EBADF, -EINVAL. Lock-free; costs a scan of the region's
 * metadata.
 */
int ipcbuf_region_trim(struct ipcbuf_region *region);

#ifdef __cplusplus
}
#endif

#endif
