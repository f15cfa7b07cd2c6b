/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * POSIX shared memory: shm_open(3). The object's name follows from the
 * region's, so the record needs to say nothing more.
 */
#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ipcbuf/region.h>

#define OBJECT_PREFIX "/ipcbuf."
#define OBJECT_BYTES  (sizeof(OBJECT_PREFIX) + IPCBUF_NAME_MAX)

static void object_name(const char *name, char *object)
{
	snprintf(object, OBJECT_BYTES, OBJECT_PREFIX "%s", name);
}

static int size_and_map(struct ipcb_memory *memory, uint64_t size_bytes,
			const struct ipcb_name_owner *owner)
{
	int error = ipcb_errno(fchown(memory->fd, owner->uid, owner->gid));

	if (!error)
		error = ipcb_errno(fchmod(memory->fd, (mode_t)owner->mode));
	if (!error)
		error = ipcb_errno(ftruncate(memory->fd, (off_t)size_bytes));
	if (error)
		return error;
	memory->size_bytes = size_bytes;
	return ipcb_memory_map_fd(memory);
}

static int posix_create(struct ipcb_memory *memory, const char *name,
			int name_fd, struct ipcb_name_record *record,
			const struct ipcb_name_owner *owner)
{
	char object[OBJECT_BYTES];
	int error;

	(void)name_fd;
	object_name(name, object);
	memory->fd = shm_open(object, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (memory->fd < 0)
		return -errno;
	error = size_and_map(memory, record->size_bytes, owner);
	if (error) {
		ipcb_memory_close_fd(memory);
		shm_unlink(object);
	}
	return error;
}

static int posix_open(struct ipcb_memory *memory, const char *name,
		      const struct ipcb_name_record *record)
{
	char object[OBJECT_BYTES];
	struct stat st;
	int error;

	object_name(name, object);
	memory->fd = shm_open(object, memory->rdonly ? O_RDONLY : O_RDWR, 0);
	if (memory->fd < 0)
		return -errno;
	memory->size_bytes = record->size_bytes;
	if (fstat(memory->fd, &st))
		error = -errno;
	else if ((uint64_t)st.st_size != record->size_bytes)
		error = -EPROTO;
	else
		error = ipcb_memory_map_fd(memory);
	if (error)
		ipcb_memory_close_fd(memory);
	return error;
}

static int posix_remove(const char *name, const struct ipcb_name_record *record)
{
	char object[OBJECT_BYTES];
	int error;

	(void)record;
	if (!name)
		return 0;
	object_name(name, object);
	error = ipcb_errno(shm_unlink(object));
	return error == -ENOENT ? 0 : error;
}

const struct ipcb_memory_ops ipcb_memory_posix = {
	.name = "posix",
	.id = IPCBUF_BACKEND_POSIX,
	.waits = 1u << IPCBUF_WAIT_FUTEX | 1u << IPCBUF_WAIT_POSIX_SEM |
		 1u << IPCBUF_WAIT_SYSV_SEM,
	.wait = IPCBUF_WAIT_FUTEX,
	.max_bytes = IPCBUF_REGION_MAX_BYTES,
	.names = &ipcb_names_file,
	.available = ipcb_memory_always,
	.create = posix_create,
	.open = posix_open,
	.close = ipcb_memory_close_fd,
	.remove = posix_remove,
	.commit = ipcb_memory_commit_fd,
	.decommit = ipcb_memory_decommit_fd,
	.usage = ipcb_memory_usage_fd,
	.owner = ipcb_memory_owner_of_file,
	.get_fd = ipcb_memory_no_fd,
	.open_fd = ipcb_memory_no_open_fd,
	.join = ipcb_memory_join,
	.leave = ipcb_memory_leave,
	.reap = ipcb_memory_reap,
	.news = ipcb_memory_news,
};
