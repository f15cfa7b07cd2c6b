/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * POSIX semaphores: sem_init(3) with pshared. They lie in a mapping of their
 * own, not in the region: libc ends the process when it finds a semaphore
 * spoiled, and a stray write to the region mustn't be able to do that.
 *
 * What a semaphore looks like is each C library's own business. Before them stands
 * whose they are, so that a program of another one is refused, not lost in a sleep.
 */
#include "wait.h"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <ipcbuf/region.h>

#include "cancel.h"
#include "hint.h"
#include "os.h"

/* Of a sleep by a clock that can be set; who wakes looks again. */
#define LONGEST_NS (3600 * IPCB_NS_PER_SEC)

/* A line each, so that sleepers don't disturb one another. */
struct posix_sem {
	sem_t sem;
} __attribute__((aligned(IPCB_LINE)));

/* Whose semaphores these are: the creator's, once. */
struct posix_sem_owner {
	uint32_t library;
	uint32_t sem_bytes;
} __attribute__((aligned(IPCB_LINE)));

_Static_assert(sizeof(struct posix_sem) % IPCB_LINE == 0, "whole lines");

#ifdef __GLIBC__
#define LIBRARY 1u
#else
#define LIBRARY 2u	/* musl, which has no macro of its own */
#endif

uint64_t ipcb_wait_file_bytes(uint32_t max_sems)
{
	return ipcb_align_up(sizeof(struct posix_sem_owner) +
			     max_sems * sizeof(struct posix_sem),
			     IPCB_META_PAGE);
}

static struct posix_sem_owner *owner_of(const struct ipcb_wait_region *wait)
{
	return wait->sems;
}

static sem_t *sem_at(const struct ipcb_wait_region *wait, uint32_t slot)
{
	return &((struct posix_sem *)(owner_of(wait) + 1))[slot].sem;
}

static int map_sems(struct ipcb_wait_region *wait, int fd, uint64_t offset)
{
	uint64_t bytes = ipcb_wait_file_bytes(wait->max_sems);
	struct stat st;
	void *sems;

	if (fstat(fd, &st))
		return -errno;
	if ((uint64_t)st.st_size < offset + bytes)
		return -EPROTO;
	sems = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    (off_t)offset);
	if (sems == MAP_FAILED)
		return -errno;
	ipcb_os_hide_from_children(sems, bytes);
	wait->sems = sems;
	wait->sems_bytes = bytes;
	return 0;
}

static void posix_sem_close(struct ipcb_wait_region *wait)
{
	if (wait->sems)
		munmap(wait->sems, wait->sems_bytes);
	wait->sems = NULL;
}

static int posix_sem_open(struct ipcb_wait_region *wait, int fd,
			  uint64_t offset)
{
	struct posix_sem_owner owner;
	int error = map_sems(wait, fd, offset);

	if (error)
		return error;
	owner.library = ipcb_load_relaxed(&owner_of(wait)->library);
	owner.sem_bytes = ipcb_load_relaxed(&owner_of(wait)->sem_bytes);
	if (owner.library == LIBRARY && owner.sem_bytes == sizeof(sem_t))
		return 0;
	posix_sem_close(wait);
	ipcb_hint("the region's semaphores are those of another C library, or "
		  "of a process of another width; create it with another way "
		  "to wait, such as futex or sysv-sem");
	return -EOPNOTSUPP;
}

static int posix_sem_create(struct ipcb_wait_region *wait, int name_fd, int fd,
			    uint64_t offset, struct ipcb_name_record *record)
{
	uint64_t bytes = ipcb_wait_file_bytes(wait->max_sems);
	uint32_t slot;
	int error;

	(void)name_fd;
	(void)record;
	error = ipcb_errno(fallocate(fd, 0, (off_t)offset, (off_t)bytes));
	if (!error)
		error = map_sems(wait, fd, offset);
	if (error)
		return error;
	/* Before the region is there for others to open. */
	ipcb_store_relaxed(&owner_of(wait)->library, LIBRARY);
	ipcb_store_relaxed(&owner_of(wait)->sem_bytes,
			   (uint32_t)sizeof(sem_t));
	for (slot = 0; slot < wait->max_sems; slot++)
		sem_init(sem_at(wait, slot), 1, 0);
	return 0;
}

/* What a late waker left for the slot's former owner; few if any. */
static void posix_sem_reset(struct ipcb_wait_region *wait, uint32_t slot)
{
	int tries;

	for (tries = 0; tries < 16; tries++)
		if (sem_trywait(sem_at(wait, slot)))
			return;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / IPCB_NS_PER_SEC),
		.tv_nsec = (long)(ns % IPCB_NS_PER_SEC),
	};
}

/*
 * Not every library can wait by the monotonic clock. musl, which can't, makes
 * what is left until then out of a time before it sleeps, so a clock that is set
 * while it sleeps changes nothing.
 */
static int wait_until(sem_t *sem, uint64_t deadline_ns)
{
	struct timespec until;
#ifdef __GLIBC__
	until = timespec_of(deadline_ns);
	return ipcb_errno(sem_clockwait(sem, CLOCK_MONOTONIC, &until));
#else
	uint64_t now = ipcbuf_now_ns(), rest;

	if (clock_gettime(CLOCK_REALTIME, &until))
		return -errno;
	rest = deadline_ns > now ? deadline_ns - now : 0;
	rest = ipcb_min(rest, LONGEST_NS);
	until = timespec_of((uint64_t)until.tv_sec * IPCB_NS_PER_SEC +
			    (uint64_t)until.tv_nsec + rest);
	return ipcb_errno(sem_timedwait(sem, &until));
#endif
}

static int posix_sem_sleep(struct ipcb_wait_region *wait,
			   struct ipcb_wait_object *object, uint32_t slot,
			   uint64_t deadline_ns, uint32_t deaths)
{
	int cancel = ipcb_cancel_off();
	int error;

	(void)deaths;
	(void)object;
	error = wait_until(sem_at(wait, slot), deadline_ns);
	ipcb_cancel_restore(cancel);
	return error == -ETIMEDOUT ? error : 0;
}

static void posix_sem_wake(struct ipcb_wait_region *wait,
			   struct ipcb_wait_object *object, uint32_t slot)
{
	(void)object;
	sem_post(sem_at(wait, slot));
}

const struct ipcb_wait_ops ipcb_wait_posix_sem = {
	.name = "posix-sem",
	.id = IPCBUF_WAIT_POSIX_SEM,
	.uses_pool = 1,
	.patience = 1,
	.available = ipcb_wait_always,
	.create = posix_sem_create,
	.open = posix_sem_open,
	.close = posix_sem_close,
	.remove = ipcb_wait_remove_nothing,
	.reset = posix_sem_reset,
	.sleep = posix_sem_sleep,
	.wake = posix_sem_wake,
	.deaths = ipcb_wait_no_deaths,
	.doorbell = ipcb_wait_no_doorbell,
	.seen = ipcb_wait_not_seen,
};
