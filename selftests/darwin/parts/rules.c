// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The Mac's rules for a Linux program: preloaded, it refuses what macOS refuses
 * or hasn't got, by the error that macOS gives (ENOSYS where a program couldn't
 * even be linked). What a program calls through the C library is seen; the C
 * library's own calls are not.
 *
 * The limits of System V memory and semaphores are the kernel's, in a namespace of
 * its own (scripts/isolated), but for the number of segments that one process may
 * have attached, which Linux doesn't limit.
 *
 * DARWIN_OS_SYNC=1: a macOS of 14.4 or later, that has os_sync_wait_on_address().
 */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define NAME_MOST     30		/* PSHMNAMLEN, PSEMNAMLEN less the NUL */
#define PAGE_BYTES    16384		/* arm64 */
#define ATTACHED_MOST 8			/* kern.sysv.shmseg */

/* What is behind this library. POSIX has functions and data alike. */
#define BEHIND(name) \
	static __typeof__(name) *real; \
	if (!real) \
		*(void **)&real = dlsym(RTLD_NEXT, #name)

static int refuse(int error)
{
	errno = error;
	return -1;
}

/* --- POSIX shared memory ------------------------------------------------------ */

static bool is_shm(int fd)
{
	char link[32], path[16] = "";
	int before = errno;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) < 0)
		path[0] = '\0';
	errno = before;
	return !strncmp(path, "/dev/shm/", 9);
}

/* The mode is what was asked for: no umask is taken from it. */
int shm_open(const char *name, int flags, mode_t mode)
{
	int fd;

	BEHIND(shm_open);
	if (strlen(name) > NAME_MOST)
		return refuse(ENAMETOOLONG);
	if (flags & O_TRUNC)
		return refuse(EINVAL);
	fd = real(name, flags, mode);
	if (fd >= 0 && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) &&
	    syscall(SYS_fchmod, fd, mode))
		abort();
	return fd;
}

int shm_unlink(const char *name)
{
	BEHIND(shm_unlink);
	return strlen(name) > NAME_MOST ? refuse(ENAMETOOLONG) : real(name);
}

/* Once only, and by whole pages. */
int ftruncate(int fd, off_t bytes)
{
	struct stat st;

	BEHIND(ftruncate);
	if (!is_shm(fd))
		return real(fd, bytes);
	if (fstat(fd, &st) || st.st_size)
		return refuse(EINVAL);
	return real(fd, (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
}

int fchmod(int fd, mode_t mode)
{
	BEHIND(fchmod);
	return is_shm(fd) ? refuse(EINVAL) : real(fd, mode);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	BEHIND(fchown);
	return is_shm(fd) ? refuse(EINVAL) : real(fd, uid, gid);
}

ssize_t read(int fd, void *bytes, size_t count)
{
	BEHIND(read);
	return is_shm(fd) ? refuse(ENXIO) : real(fd, bytes, count);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
	BEHIND(write);
	return is_shm(fd) ? refuse(ENXIO) : real(fd, bytes, count);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset)
{
	BEHIND(pread);
	return is_shm(fd) ? refuse(ENXIO) : real(fd, bytes, count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
	BEHIND(pwrite);
	return is_shm(fd) ? refuse(ENXIO) : real(fd, bytes, count, offset);
}

/* --- names of files ----------------------------------------------------------- */

/* Where names of regions are files, the file system doesn't know capitals. */
#define FOLDER "/var/tmp/"
#define PATH_BYTES 4096

static const char *folded(const char *path, char small[PATH_BYTES])
{
	size_t length = strlen(path), i;

	if (strncmp(path, FOLDER, sizeof(FOLDER) - 1) != 0 ||
	    length >= PATH_BYTES)
		return path;
	for (i = 0; i <= length; i++)
		small[i] = (char)tolower((unsigned char)path[i]);
	return small;
}

int open(const char *path, int flags, ...)
{
	char small[PATH_BYTES];
	va_list arguments;
	mode_t mode;

	BEHIND(open);
	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return real(folded(path, small), flags, mode);
}

int unlink(const char *path)
{
	char small[PATH_BYTES];

	BEHIND(unlink);
	return real(folded(path, small));
}

int rename(const char *from, const char *to)
{
	char small_from[PATH_BYTES], small_to[PATH_BYTES];

	BEHIND(rename);
	return real(folded(from, small_from), folded(to, small_to));
}

int lstat(const char *restrict path, struct stat *restrict ret)
{
	char small[PATH_BYTES];

	BEHIND(lstat);
	return real(folded(path, small), ret);
}

/* --- System V ----------------------------------------------------------------- */

int shmget(key_t key, size_t bytes, int flags)
{
	BEHIND(shmget);
	if (flags & (SHM_NORESERVE | SHM_HUGETLB))
		return refuse(EINVAL);
	return real(key, bytes, flags);
}

static unsigned int attached(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	unsigned int count = 0;
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, " 00000000 ") && strstr(line, "/SYSV");
	if (file)
		fclose(file);
	return count;
}

void *shmat(int id, const void *address, int flags)
{
	BEHIND(shmat);
	if (flags & SHM_REMAP)
		return (void *)(intptr_t)refuse(EINVAL);
	if (attached() >= ATTACHED_MOST)
		return (void *)(intptr_t)refuse(EMFILE);
	return real(id, address, flags);
}

int semtimedop(int id, struct sembuf *ops, size_t count,
	       const struct timespec *timeout)
{
	(void)id;
	(void)ops;
	(void)count;
	(void)timeout;
	return refuse(ENOSYS);
}

/* --- POSIX semaphores --------------------------------------------------------- */

int sem_init(sem_t *sem, int shared, unsigned int value)
{
	(void)sem;
	(void)shared;
	(void)value;
	return refuse(ENOSYS);
}

int sem_destroy(sem_t *sem)
{
	(void)sem;
	return refuse(ENOSYS);
}

int sem_getvalue(sem_t *restrict sem, int *restrict ret_value)
{
	(void)sem;
	(void)ret_value;
	return refuse(ENOSYS);
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until)
{
	(void)sem;
	(void)until;
	return refuse(ENOSYS);
}

int sem_clockwait(sem_t *restrict sem, clockid_t clock,
		  const struct timespec *restrict until)
{
	(void)sem;
	(void)clock;
	(void)until;
	return refuse(ENOSYS);
}

sem_t *sem_open(const char *name, int flags, ...)
{
	unsigned int value;
	va_list arguments;
	mode_t mode;

	BEHIND(sem_open);
	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	value = va_arg(arguments, unsigned int);
	va_end(arguments);
	if (strlen(name) > NAME_MOST) {
		errno = ENAMETOOLONG;
		return SEM_FAILED;
	}
	return real(name, flags, mode, value);
}

/* --- what there isn't --------------------------------------------------------- */

static bool is_locks_own(int command)
{
	return command == F_OFD_GETLK || command == F_OFD_SETLK ||
	       command == F_OFD_SETLKW;
}

int fcntl(int fd, int command, ...)
{
	va_list arguments;
	void *argument;

	BEHIND(fcntl);
	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return is_locks_own(command) ? refuse(EINVAL) :
				       real(fd, command, argument);
}

long syscall(long number, ...)
{
	va_list arguments;
	long a[6];
	int i;

	BEHIND(syscall);
	va_start(arguments, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_futex || number == SYS_membarrier ||
	    number == SYS_memfd_create)
		return refuse(ENOSYS);
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int memfd_create(const char *name, unsigned int flags)
{
	(void)name;
	(void)flags;
	return refuse(ENOSYS);
}

int pthread_mutexattr_setrobust(pthread_mutexattr_t *attributes, int robust)
{
	(void)attributes;
	(void)robust;
	return ENOTSUP;
}

int madvise(void *memory, size_t bytes, int advice)
{
	BEHIND(madvise);
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_FREE:
		return real(memory, bytes, advice);
	}
	return refuse(EINVAL);
}

int fallocate(int fd, int mode, off_t offset, off_t bytes)
{
	(void)fd;
	(void)mode;
	(void)offset;
	(void)bytes;
	return refuse(ENOSYS);
}

int posix_fallocate(int fd, off_t offset, off_t bytes)
{
	(void)fd;
	(void)offset;
	(void)bytes;
	return ENOSYS;
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd,
	   off_t offset)
{
	BEHIND(mmap);
	if (flags & (MAP_POPULATE | MAP_LOCKED | MAP_HUGETLB))
		return (void *)(intptr_t)refuse(EINVAL);
	return real(address, bytes, protection, flags, fd, offset);
}

void *mremap(void *address, size_t old_bytes, size_t new_bytes, int flags, ...)
{
	(void)address;
	(void)old_bytes;
	(void)new_bytes;
	(void)flags;
	return (void *)(intptr_t)refuse(ENOSYS);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
		    struct timespec *ret_rest)
{
	(void)clock;
	(void)flags;
	(void)time;
	(void)ret_rest;
	return ENOSYS;
}

/* --- macOS 14.4 --------------------------------------------------------------- */

static long futex(void *word, int operation, uint32_t value,
		  const struct timespec *timeout)
{
	static __typeof__(syscall) *real;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(SYS_futex, word, operation, value, timeout, NULL, 0);
}

static int wait_on(void *word, uint64_t value, size_t bytes, uint32_t flags)
{
	if (bytes != sizeof(uint32_t) || flags != 1)
		return refuse(EINVAL);
	return futex(word, FUTEX_WAIT, (uint32_t)value, NULL) &&
	       errno != EAGAIN ? -1 : 0;
}

static int wait_on_for(void *word, uint64_t value, size_t bytes, uint32_t flags,
		       uint32_t clock, uint64_t timeout_ns)
{
	struct timespec timeout = {
		.tv_sec = (time_t)(timeout_ns / 1000000000),
		.tv_nsec = (long)(timeout_ns % 1000000000),
	};

	if (bytes != sizeof(uint32_t) || flags != 1 || clock != 32 ||
	    !timeout_ns)
		return refuse(EINVAL);
	return futex(word, FUTEX_WAIT, (uint32_t)value, &timeout) &&
	       errno != EAGAIN ? -1 : 0;
}

static int wake_any(void *word, size_t bytes, uint32_t flags)
{
	if (bytes != sizeof(uint32_t) || flags != 1)
		return refuse(EINVAL);
	return futex(word, FUTEX_WAKE, 1, NULL) > 0 ? 0 : refuse(ENOENT);
}

/* They are to be found by their names only where there are to be. */
void *dlsym(void *restrict handle, const char *restrict name)
{
	static __typeof__(dlsym) *real;
	const char *has = getenv("DARWIN_OS_SYNC");

	if (!real)
		*(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
	if (!real)
		*(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
	if (strncmp(name, "os_sync_", 8) != 0)
		return real(handle, name);
	if (!has || strcmp(has, "1") != 0)
		return NULL;
	if (!strcmp(name, "os_sync_wait_on_address"))
		return *(void **)&(__typeof__(&wait_on)){ wait_on };
	if (!strcmp(name, "os_sync_wait_on_address_with_timeout"))
		return *(void **)&(__typeof__(&wait_on_for)){ wait_on_for };
	if (!strcmp(name, "os_sync_wake_by_address_any"))
		return *(void **)&(__typeof__(&wake_any)){ wake_any };
	return NULL;
}
