/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Choosing a backend, and what the backends share. */
#include "memory.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ipcbuf/region.h>

#include "hint.h"
#include "kinds.h"
#include "os.h"

const struct ipcb_memory_ops *ipcb_memory_by_id(uint32_t id)
{
	const struct ipcb_memory_ops *const *ops = ipcb_memory_backends;

	while (*ops && (*ops)->id != id)
		ops++;
	return *ops;
}

static int will_do(const struct ipcb_memory_ops *ops, uint32_t wait,
		   uint64_t size_bytes)
{
	return size_bytes <= ops->max_bytes &&
	       (!wait || ops->waits >> wait & 1) && !ops->available();
}

/* Where none will do, posix says what is wrong. */
static const struct ipcb_memory_ops *default_for(uint32_t wait,
						 uint64_t size_bytes)
{
	const struct ipcb_memory_ops *const *ops = ipcb_memory_backends;

	while (*ops && !will_do(*ops, wait, size_bytes))
		ops++;
	return *ops && (*ops)->names ? *ops : &ipcb_memory_posix;
}

int ipcb_memory_select(uint32_t id, uint32_t wait, uint64_t size_bytes,
		       const struct ipcb_memory_ops **ret)
{
	const char *name = getenv("IPCBUF_REGION");
	const struct ipcb_memory_ops *ops;
	int error;

	if (id == IPCBUF_BACKEND_DEFAULT && name && *name) {
		id = ipcb_kind_of_memory(name);
		if (!id)
			return -EINVAL;
	}
	if (id != IPCBUF_BACKEND_DEFAULT)
		ops = ipcb_memory_by_id(id);
	else
		ops = default_for(wait, size_bytes);
	if (!ops)
		return ipcb_kind_no_memory(id);
	error = ops->available();
	if (!error)
		*ret = ops;
	return error;
}

uint64_t ipcb_memory_address_room(void)
{
	return sizeof(size_t) < sizeof(uint64_t) ? SIZE_MAX / 8 : UINT64_MAX;
}

int ipcb_memory_addressable(uint64_t bytes)
{
	if (bytes <= SIZE_MAX - IPCB_MAP_ALIGN)
		return 0;
	ipcb_hint("the region has %llu bytes, more than a process of %u bits "
		  "can map", (unsigned long long)bytes,
		  (unsigned int)sizeof(size_t) * 8);
	return -ENOMEM;
}

int ipcb_memory_reserve(uint64_t bytes, unsigned char **ret)
{
	uint64_t total = bytes + IPCB_MAP_ALIGN;
	unsigned char *raw, *aligned;
	uint64_t head, tail;

	if (ipcb_memory_addressable(bytes))
		return -ENOMEM;
	raw = mmap(NULL, total, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (raw == MAP_FAILED) {
		ipcb_hint("this process hasn't got %llu bytes of address space "
			  "left to map the region", (unsigned long long)total);
		return -ENOMEM;
	}
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
	ipcb_os_hide_from_children(base, memory->size_bytes);
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
	return ipcb_os_file_commit(memory->fd, offset, bytes);
}

void ipcb_memory_decommit_fd(struct ipcb_memory *memory, uint64_t offset,
			     uint64_t bytes)
{
	ipcb_os_file_punch(memory->fd, offset, bytes);
}

uint64_t ipcb_memory_usage_fd(const struct ipcb_memory *memory)
{
	struct stat st;

	return fstat(memory->fd, &st) ? 0 : (uint64_t)st.st_blocks * 512;
}

int ipcb_memory_always(void)
{
	return 0;
}

uint64_t ipcb_memory_any_room(void)
{
	return UINT64_MAX;
}

int ipcb_memory_owner_of_file(const struct ipcb_memory *memory, int lock_fd,
			      struct ipcb_name_owner *ret_owner)
{
	struct stat st;

	(void)memory;
	if (fstat(lock_fd, &st))
		return -errno;
	ret_owner->mode = st.st_mode & 0777;
	ret_owner->uid = st.st_uid;
	ret_owner->gid = st.st_gid;
	return 0;
}

int ipcb_memory_no_fd(const struct ipcb_memory *memory, int *ret_fd)
{
	(void)memory;
	(void)ret_fd;
	return -EOPNOTSUPP;
}

int ipcb_memory_no_open_fd(struct ipcb_memory *memory, int fd)
{
	(void)memory;
	(void)fd;
	return -EPROTO;
}

int ipcb_memory_join(struct ipcb_memory *memory, uint32_t slot,
		     uint32_t *generation)
{
	(void)memory;
	(void)slot;
	++*generation;
	return 0;
}

void ipcb_memory_leave(struct ipcb_memory *memory)
{
	(void)memory;
}

void ipcb_memory_reap(struct ipcb_memory *memory, uint32_t slot)
{
	(void)memory;
	(void)slot;
}

enum ipcb_member_news ipcb_memory_news(const struct ipcb_memory *memory,
				       uint32_t slot)
{
	(void)memory;
	(void)slot;
	return IPCB_NEWS_NONE;
}
