// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Functions of macOS, see include/darwin.h. */
#include "include/darwin.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* By its number: what has the rules refuses what macOS hasn't got. */
int minherit(void *memory, size_t bytes, int inheritance)
{
	if (inheritance != VM_INHERIT_NONE) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_madvise, memory, bytes, MADV_DONTFORK);
}

/* One number of a file that has several. */
static int read_number(const char *path, unsigned int skip, uint64_t *ret)
{
	FILE *file = fopen(path, "re");
	unsigned long long number = 0;
	int got = 1;

	if (!file)
		return -1;
	do
		got = fscanf(file, "%llu", &number);
	while (got == 1 && skip--);
	fclose(file);
	*ret = number;
	return got == 1 ? 0 : -1;
}

static const struct {
	const char *name;
	const char *path;
	unsigned int skip;
	size_t bytes;
	uint64_t otherwise;
} numbers[] = {
	{ "kern.sysv.shmmax", "/proc/sys/kernel/shmmax", 0, 8, 0 },
	{ "kern.sysv.shmall", "/proc/sys/kernel/shmall", 0, 8, 0 },
	{ "kern.sysv.shmmni", "/proc/sys/kernel/shmmni", 0, 8, 0 },
	{ "kern.sysv.shmseg", NULL, 0, 8, 8 },
	{ "kern.sysv.semmns", "/proc/sys/kernel/sem", 1, 4, 0 },
	{ "kern.sysv.semmni", "/proc/sys/kernel/sem", 3, 4, 0 },
	{ "hw.activecpu", NULL, 0, 4, 2 },
};

static int give(uint64_t number, size_t number_bytes, void *value, size_t *bytes)
{
	if (*bytes < number_bytes) {
		errno = ENOMEM;
		return -1;
	}
	/* Little endian: its first bytes are the narrower number. */
	memcpy(value, &number, number_bytes);
	*bytes = number_bytes;
	return 0;
}

int sysctlbyname(const char *name, void *value, size_t *bytes, void *new_value,
		 size_t new_bytes)
{
	uint64_t number;
	size_t i;

	if (!new_value && !new_bytes)
		for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			if (strcmp(numbers[i].name, name) != 0)
				continue;
			number = numbers[i].otherwise;
			if (numbers[i].path && read_number(numbers[i].path,
							   numbers[i].skip,
							   &number))
				break;
			return give(number, numbers[i].bytes, value, bytes);
		}
	errno = ENOENT;
	return -1;
}

int pthread_cond_timedwait_relative_np(pthread_cond_t *cond,
				       pthread_mutex_t *mutex,
				       const struct timespec *rest)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += rest->tv_sec;
	until.tv_nsec += rest->tv_nsec;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &until);
}

int _NSGetExecutablePath(char *path, uint32_t *bytes)
{
	ssize_t got = readlink("/proc/self/exe", path, *bytes);

	if (got < 0 || (uint32_t)got >= *bytes)
		return -1;
	path[got] = '\0';
	return 0;
}
