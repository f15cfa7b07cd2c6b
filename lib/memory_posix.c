/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * POSIX shared memory: shm_open(3). The object is called as the region is; where
 * a system has no names that long, by a number that is drawn at random and
 * written into the name's record before the object is made.
 */
#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string.h>

#include <ipcbuf/region.h>

#include "keys.h"
#include "os.h"

#define OBJECT_PREFIX "/ipcbuf."
#define OBJECT_BYTES  (sizeof(OBJECT_PREFIX) + IPCBUF_NAME_MAX)

static void object_name(const char *name, const struct ipcb_name_record *record,
			char *object)
{
	if (record->object)
		snprintf(object, OBJECT_BYTES, OBJECT_PREFIX "%016llx",
			 (unsigned long long)record->object);
	else
		snprintf(object, OBJECT_BYTES, OBJECT_PREFIX "%s", name);
}

static int is_too_long(const char *name)
{
	return sizeof(OBJECT_PREFIX) - 1 + strlen(name) > ipcb_os_shm_name_most;
}

static int make_object(const char *name, int name_fd,
		       struct ipcb_name_record *record,
		       const struct ipcb_name_owner *owner, char *object)
{
	int fd, error;

	do {
		if (is_too_long(name)) {
			record->object = ipcb_random_number();
			error = ipcb_namefile_write(name_fd, record);
			if (error)
				return error;
		}
		object_name(name, record, object);
		fd = ipcb_os_shm_create(object, record->size_bytes, owner);
	} while (fd == -EEXIST && record->object);
	return fd;
}

static int posix_create(struct ipcb_memory *memory, const char *name,
			int name_fd, struct ipcb_name_record *record,
			const struct ipcb_name_owner *owner)
{
	char object[OBJECT_BYTES];
	int error;

	error = make_object(name, name_fd, record, owner, object);
	if (error < 0)
		return error;
	memory->fd = error;
	memory->size_bytes = record->size_bytes;
	error = ipcb_memory_map_fd(memory);
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

	object_name(name, record, object);
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

	if (!name)
		return 0;
	object_name(name, record, object);
	error = ipcb_errno(shm_unlink(object));
	/* Old macOS says -EINVAL of what isn't there. */
	return error == -ENOENT || error == -EINVAL ? 0 : error;
}

const struct ipcb_memory_ops ipcb_memory_posix = {
	.name = "posix",
	.id = IPCBUF_BACKEND_POSIX,
	.waits = 1u << IPCBUF_WAIT_FUTEX | 1u << IPCBUF_WAIT_POSIX_SEM |
		 1u << IPCBUF_WAIT_SYSV_SEM,
	.max_bytes = IPCBUF_REGION_MAX_BYTES,
	.room = ipcb_memory_any_room,
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
