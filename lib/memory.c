/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Choosing a backend, and what the backends share. */
#include "memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ipcbuf/region.h>

static const struct ipcb_memory_ops *const backends[] = {
	&ipcb_memory_posix,
	&ipcb_memory_sysv,
	&ipcb_memory_memfd,
};

#define N_BACKENDS (sizeof(backends) / sizeof(backends[0]))

const struct ipcb_memory_ops *ipcb_memory_by_id(uint32_t id)
{
	size_t i;

	for (i = 0; i < N_BACKENDS; i++)
		if (backends[i]->id == id)
			return backends[i];
	return NULL;
}

static int select_by_name(const char *name, const struct ipcb_memory_ops **ret)
{
	size_t i;

	for (i = 0; i < N_BACKENDS; i++) {
		if (!strcmp(backends[i]->name, name)) {
			*ret = backends[i];
			return 0;
		}
	}
	return strcmp(name, "kmod") ? -EINVAL : -EOPNOTSUPP;
}

int ipcb_memory_select(uint32_t id, const struct ipcb_memory_ops **ret)
{
	const struct ipcb_memory_ops *ops;
	const char *name = getenv("IPCBUF_REGION");

	if (id == IPCBUF_BACKEND_DEFAULT) {
		if (name && *name)
			return select_by_name(name, ret);
		id = IPCBUF_BACKEND_POSIX;
	}
	if (id == IPCBUF_BACKEND_KMOD)
		return -EOPNOTSUPP;
	ops = ipcb_memory_by_id(id);
	if (!ops)
		return -EINVAL;
	*ret = ops;
	return 0;
}

int ipcb_memory_reserve(uint64_t bytes, unsigned char **ret)
{
	uint64_t total = bytes + IPCB_MAP_ALIGN;
	unsigned char *raw, *aligned;
	uint64_t head, tail;

	raw = mmap(NULL, total, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (raw == MAP_FAILED)
		return -ENOMEM;
	head = ipcb_align_up((uintptr_t)raw, IPCB_MAP_ALIGN) - (uintptr_t)raw;
	aligned = raw + head;
	tail = total - head - bytes;
	if (head)
		munmap(raw, head);
	if (tail)
		munmap(aligned + bytes, tail);
	*ret = aligned;
	return 0;
}

int ipcb_memory_map_fd(struct ipcb_memory *memory)
{
	int protection = memory->rdonly ? PROT_READ : PROT_READ | PROT_WRITE;
	unsigned char *base;
	int error = ipcb_memory_reserve(memory->size_bytes, &base);

	if (error)
		return error;
	if (mmap(base, memory->size_bytes, protection,
		 MAP_SHARED | MAP_FIXED | MAP_NORESERVE, memory->fd,
		 0) == MAP_FAILED) {
		error = -errno;
		munmap(base, memory->size_bytes);
		return error;
	}
	madvise(base, memory->size_bytes, MADV_DONTFORK);
	memory->base = base;
	return 0;
}

void ipcb_memory_close_fd(struct ipcb_memory *memory)
{
	if (memory->base)
		munmap(memory->base, memory->size_bytes);
	if (memory->fd >= 0)
		close(memory->fd);
	memory->base = NULL;
	memory->fd = -1;
}

int ipcb_memory_commit_fd(struct ipcb_memory *memory, uint64_t offset,
			  uint64_t bytes)
{
	int error;

	do
		error = ipcb_errno(fallocate(memory->fd, FALLOC_FL_KEEP_SIZE,
					     (off_t)offset, (off_t)bytes));
	while (error == -EINTR);
	return error == -ENOSPC ? -ENOMEM : error;
}

void ipcb_memory_decommit_fd(struct ipcb_memory *memory, uint64_t offset,
			     uint64_t bytes)
{
	fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		  (off_t)offset, (off_t)bytes);
}

uint64_t ipcb_memory_usage_fd(const struct ipcb_memory *memory)
{
	struct stat st;

	return fstat(memory->fd, &st) ? 0 : (uint64_t)st.st_blocks * 512;
}
