/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Linux, see os.h. */
#include "os.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#include <ipcbuf/base.h>

#include "cancel.h"
#include "layout.h"
#include "namefile.h"
#include "util.h"

/* Of Linux 5.14, which some libraries don't know. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

const char ipcb_os_name_dir[] = "/dev/shm";
const int ipcb_os_folds_case = 0;

int ipcb_os_random(void *bytes, size_t count)
{
	ssize_t got = getrandom(bytes, count, GRND_NONBLOCK);

	if (got < 0)
		return -errno;
	return (size_t)got == count ? 0 : -EAGAIN;
}

/*
 * "0-3" and "0,2" are several. Not sched_getaffinity(2), which tells of one thread, and is
 * what some C libraries make _SC_NPROCESSORS_ONLN of.
 */
int ipcb_os_is_multiprocessor(void)
{
	int cancel = ipcb_cancel_off();
	int fd = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
	char list[64] = "";
	ssize_t got = -1;

	if (fd >= 0) {
		got = read(fd, list, sizeof(list) - 1);
		close(fd);
	}
	ipcb_cancel_restore(cancel);
	/* Most machines are, where it can't be told. */
	return got <= 0 || strpbrk(list, "-,") != NULL;
}

void ipcb_os_hide_from_children(void *memory, size_t bytes)
{
	madvise(memory, bytes, MADV_DONTFORK);
}

/* All of NAME_MAX is more than the longest has. */
const size_t ipcb_os_shm_name_most = 255;

/* Its mode last: until then it is the creator's alone. */
int ipcb_os_shm_create(const char *object, uint64_t bytes,
		       const struct ipcb_name_owner *owner)
{
	int fd = shm_open(object, O_RDWR | O_CREAT | O_EXCL, 0600);
	int error;

	if (fd < 0)
		return -errno;
	error = ipcb_errno(fchown(fd, owner->uid, owner->gid));
	if (!error)
		error = ipcb_errno(fchmod(fd, (mode_t)owner->mode));
	if (!error)
		error = ipcb_errno(ftruncate(fd, (off_t)bytes));
	if (!error)
		return fd;
	close(fd);
	shm_unlink(object);
	return error;
}

int ipcb_os_file_commit(int fd, uint64_t offset, uint64_t bytes)
{
	int cancel = ipcb_cancel_off();
	int error;

	do
		error = ipcb_errno(fallocate(fd, FALLOC_FL_KEEP_SIZE,
					     (off_t)offset, (off_t)bytes));
	while (error == -EINTR);
	ipcb_cancel_restore(cancel);
	return error == -ENOSPC ? -ENOMEM : error;
}

void ipcb_os_file_punch(int fd, uint64_t offset, uint64_t bytes)
{
	int cancel = ipcb_cancel_off();

	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		  (off_t)offset, (off_t)bytes);
	ipcb_cancel_restore(cancel);
}

/* MADV_POPULATE_WRITE says -ENOMEM where touching would be killed. */
int ipcb_os_memory_commit(void *memory, uint64_t bytes)
{
	volatile unsigned char *p = memory;
	uint64_t at;
	int error;

	do
		error = ipcb_errno(madvise(memory, bytes,
					   MADV_POPULATE_WRITE));
	while (error == -EINTR || error == -EAGAIN);
	if (error == -EFAULT || error == -EHWPOISON)
		return -ENOMEM;
	if (error != -EINVAL)
		return error;
	/* Linux before 5.14 can only touch it. */
	for (at = 0; at < bytes; at += IPCB_META_PAGE)
		(void)__atomic_fetch_or(p + at, 0, __ATOMIC_RELAXED);
	return 0;
}

void ipcb_os_memory_punch(void *memory, uint64_t bytes)
{
	madvise(memory, bytes, MADV_REMOVE);
}

/*
 * shmctl() tells resident sizes only for all segments together; /proc has
 * them one by one: key id perms size cpid lpid nattch uid gid cuid cgid atime
 * dtime ctime rss swap.
 */
uint64_t ipcb_os_sysv_usage(int shm_id)
{
	unsigned long long rss = 0, swap = 0, found = 0;
	int id, cancel = ipcb_cancel_off();
	FILE *file = fopen("/proc/sysvipc/shm", "re");
	char line[512];

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %d %*s %*s %*s %*s %*s %*s %*s %*s "
			       "%*s %*s %*s %*s %llu %llu", &id, &rss,
			       &swap) == 3 && id == shm_id;
	if (file)
		fclose(file);
	ipcb_cancel_restore(cancel);
	return found ? rss + swap : 0;
}

const int ipcb_os_shm_noreserve = SHM_NORESERVE;

int ipcb_os_shm_attach(int shm_id, void *reserved, uint64_t bytes, int flags)
{
	int error;

	if (shmat(shm_id, reserved, flags | SHM_REMAP) != (void *)-1)
		return 0;
	error = -errno;
	munmap(reserved, bytes);
	return error;
}

int ipcb_os_sem_down(int sem_id, uint32_t slot, uint64_t deadline_ns)
{
	struct sembuf down = { .sem_num = (unsigned short)slot, .sem_op = -1 };
	uint64_t now = ipcbuf_now_ns();
	uint64_t rest = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec relative = {
		.tv_sec = (time_t)(rest / IPCB_NS_PER_SEC),
		.tv_nsec = (long)(rest % IPCB_NS_PER_SEC),
	};
	int error = ipcb_errno(semtimedop(sem_id, &down, 1, &relative));

	return error == -EAGAIN ? -ETIMEDOUT : error;
}

static struct ipcb_os_limit_now pick(enum ipcb_os_limit which,
				     const struct shminfo *shm,
				     const struct seminfo *sem)
{
	const struct ipcb_os_limit_now limits[] = {
		[IPCB_LIMIT_SHM_BYTES] = { "kernel.shmmax", shm->shmmax },
		[IPCB_LIMIT_SHM_PAGES] = { "kernel.shmall", shm->shmall },
		[IPCB_LIMIT_SHM_COUNT] = { "kernel.shmmni", shm->shmmni },
		[IPCB_LIMIT_SHM_ATTACHED] = { "kernel.shmmni", shm->shmmni },
		[IPCB_LIMIT_SEM_SETS] = { "kernel.sem (the fourth number)",
					  (uint64_t)sem->semmni },
		[IPCB_LIMIT_SEM_COUNT] = { "kernel.sem (the second number)",
					   (uint64_t)sem->semmns },
	};

	return limits[which];
}

/* IPC_INFO of shmctl(2) and semctl(2); shmmni bounds what one process has, too. */
int ipcb_os_limit(enum ipcb_os_limit which, struct ipcb_os_limit_now *ret)
{
	struct shminfo shm;
	struct seminfo sem;
	union { struct seminfo *info; } sem_argument = { &sem };

	if (shmctl(0, IPC_INFO, (struct shmid_ds *)&shm) < 0 ||
	    semctl(0, 0, IPC_INFO, sem_argument) < 0)
		return -ENOSYS;
	*ret = pick(which, &shm, &sem);
	return 0;
}

/* glibc's strerror() translates, and writes to memory that threads share. */
const char *ipcb_os_strerror(int error)
{
#ifdef __GLIBC__
	return strerrordesc_np(error);
#else
	return strerror(error);
#endif
}

/* Its file may have been replaced since: proc(5). */
int ipcb_os_program(struct stat *ret_stat)
{
	return ipcb_errno(stat("/proc/self/exe", ret_stat));
}
