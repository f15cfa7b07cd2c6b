/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What one system does differently from another, behind functions that are the
 * same everywhere: os_linux.c; os_darwin.c with sem_down_darwin.c. Any thread may
 * call them at any time.
 *
 * Which backends there are is said in backends_linux.c and backends_darwin.c;
 * what locks files is lockfile_ofd.c or lockfile_fcntl.c.
 */
#ifndef IPCB_OS_H
#define IPCB_OS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct ipcb_name_owner;

/* The folder where names' files are; others can't remove ours there. */
extern const char ipcb_os_name_dir[];
/* 'A' and 'a' are the same in a file's name there. */
extern const int ipcb_os_folds_case;

/* 0, or -errno: there are none now. */
int ipcb_os_random(void *bytes, size_t count);

/*
 * Has the machine more than one processor? Which of them this thread, or process, is
 * kept to doesn't count: its peer may be kept to another one.
 */
int ipcb_os_is_multiprocessor(void);

/* What is mapped there isn't in children. */
void ipcb_os_hide_from_children(void *memory, size_t bytes);

/* The longest name of a POSIX shared memory object, its slash included. */
extern const size_t ipcb_os_shm_name_most;

/*
 * Makes such an object, of a new name, and gives its descriptor; or -errno, and
 * there is none.
 */
int ipcb_os_shm_create(const char *object, uint64_t bytes,
		       const struct ipcb_name_owner *owner);

/*
 * Makes a file's bytes its own, so that writing to them can't fail, or gives
 * them back; the first without changing its size. Where a system can't: 0 and
 * nothing.
 */
int ipcb_os_file_commit(int fd, uint64_t offset, uint64_t bytes);
void ipcb_os_file_punch(int fd, uint64_t offset, uint64_t bytes);

/* The same for memory that has no file. */
int ipcb_os_memory_commit(void *memory, uint64_t bytes);
void ipcb_os_memory_punch(void *memory, uint64_t bytes);

/* The bytes that a System V segment holds from the machine; 0: not known. */
uint64_t ipcb_os_sysv_usage(int shm_id);

/*
 * shmget()'s flag for what is to be had only once it is touched; shmat() over
 * @bytes of addresses that are reserved. Return: 0 or -errno; then they aren't
 * reserved any more. -EAGAIN: another thread was given them meanwhile.
 */
extern const int ipcb_os_shm_noreserve;
int ipcb_os_shm_attach(int shm_id, void *reserved, uint64_t bytes, int flags);

/*
 * Takes one from a System V semaphore, waiting until @deadline_ns of
 * CLOCK_MONOTONIC. Return: 0; -ETIMEDOUT; -EINTR; -EIDRM or -EINVAL (it is
 * gone). May take one and say -ETIMEDOUT, or leave one too many.
 */
int ipcb_os_sem_down(int sem_id, uint32_t slot, uint64_t deadline_ns);

/*
 * What of System V memory and semaphores the system allows: the name that an
 * administrator knows it by, and what it is now. Return: 0 or -ENOSYS.
 */
enum ipcb_os_limit {
	IPCB_LIMIT_SHM_BYTES,		/* one segment */
	IPCB_LIMIT_SHM_PAGES,		/* all segments together */
	IPCB_LIMIT_SHM_COUNT,		/* segments */
	IPCB_LIMIT_SHM_ATTACHED,	/* segments, one process */
	IPCB_LIMIT_SEM_SETS,
	IPCB_LIMIT_SEM_COUNT,		/* semaphores in all sets */
};

struct ipcb_os_limit_now {
	const char *name;
	uint64_t value;
};

int ipcb_os_limit(enum ipcb_os_limit which, struct ipcb_os_limit_now *ret);

/* What a number of errno means; NULL: none of this system's. */
const char *ipcb_os_strerror(int error);

/* The program that runs, as a file. Return: 0 or -errno. */
int ipcb_os_program(struct stat *ret_stat);

#endif
