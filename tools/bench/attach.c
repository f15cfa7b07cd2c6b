// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Opening and closing a region that another process holds, and what the system
 * takes for memory of that size alone: open, map, touch, unmap, close.
 */
#define _GNU_SOURCE
#include "families.h"
#include "timing.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int part(struct worker *worker, uint64_t count)
{
	struct ipcbuf_region *region;
	int ret = 0;

	for (; !ret && count; count--) {
		ret = worker_open_region(worker, &region);
		if (!ret)
			ret = ipcbuf_region_close(region);
	}
	return ret;
}

int run_attach(struct worker *worker)
{
	return timing_measure(worker, part, 1, NULL);
}

static int map_once(const char *path, size_t bytes)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	volatile char *memory;

	if (fd < 0)
		return -errno;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (memory == MAP_FAILED) {
		close(fd);
		return -ENOMEM;
	}
	memory[0] = 1;
	munmap((void *)(uintptr_t)memory, bytes);
	return close(fd) ? -errno : 0;
}

static int part_by_mmap(struct worker *worker, uint64_t count)
{
	size_t bytes = (size_t)worker->cell->parameter;
	char path[64];
	int ret = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", worker->memory_fd);
	for (; !ret && count; count--)
		ret = map_once(path, bytes);
	return ret;
}

int run_attach_mmap(struct worker *worker)
{
	if (ftruncate(worker->memory_fd, (off_t)worker->cell->parameter))
		return -errno;
	return timing_measure(worker, part_by_mmap, 1, NULL);
}
