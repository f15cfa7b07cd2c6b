/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Anonymous memory: memfd_create(2). Whoever is given the descriptor can open
 * the region. Its size is sealed, so no peer can cut it short (SIGBUS).
 */
#include "wait.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ipcbuf/region.h>

#define LABEL_BYTES (sizeof("ipcbuf.") + IPCBUF_NAME_MAX)
#define SIZE_SEALS  (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* Behind the region there is room for its semaphores; a hole costs nothing. */
#define TAIL_BYTES ipcb_wait_file_bytes(IPCB_MEMBERS_MAX)

static int size_and_seal(int fd, uint64_t size_bytes)
{
	int error = ipcb_errno(ftruncate(fd, (off_t)(size_bytes + TAIL_BYTES)));

	return error ? error : ipcb_errno(fcntl(fd, F_ADD_SEALS, SIZE_SEALS));
}

static int memfd_create_memory(struct ipcb_memory *memory, const char *name,
			       int name_fd, struct ipcb_name_record *record,
			       const struct ipcb_name_owner *owner)
{
	char label[LABEL_BYTES];
	int error;

	(void)name_fd;
	snprintf(label, sizeof(label), "ipcbuf.%s", name);
	memory->fd = memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory->fd < 0)
		return errno == ENOSYS ? -EOPNOTSUPP : -errno;
	memory->size_bytes = record->size_bytes;
	error = ipcb_errno(fchown(memory->fd, owner->uid, owner->gid));
	if (!error)
		error = ipcb_errno(fchmod(memory->fd, owner->mode));
	if (!error)
		error = size_and_seal(memory->fd, record->size_bytes);
	if (!error)
		error = ipcb_memory_map_fd(memory);
	if (error)
		ipcb_memory_close_fd(memory);
	return error;
}

static int memfd_open(struct ipcb_memory *memory, const char *name,
		      const struct ipcb_name_record *record)
{
	(void)memory;
	(void)name;
	(void)record;
	return -ENOENT;
}

static int memfd_remove(const char *name, const struct ipcb_name_record *record)
{
	(void)name;
	(void)record;
	return 0;
}

static int memfd_open_fd(struct ipcb_memory *memory, int fd)
{
	uint64_t tail = TAIL_BYTES;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	int error;

	if (fstat(fd, &st))
		return -errno;
	if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 ||
	    (uint64_t)st.st_size < IPCBUF_REGION_MIN_BYTES + tail)
		return -EPROTO;
	memory->size_bytes = (uint64_t)st.st_size - tail;
	memory->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (memory->fd < 0)
		return -errno;
	error = ipcb_memory_map_fd(memory);
	if (error)
		ipcb_memory_close_fd(memory);
	return error;
}

static int memfd_get_fd(const struct ipcb_memory *memory, int *ret_fd)
{
	int fd = fcntl(memory->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* Opened once more, so that locks taken through it are this handle's own. */
static int memfd_lock_file(const struct ipcb_memory *memory, int *ret_fd)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory->fd);
	fd = open(path, (memory->rdonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

const struct ipcb_memory_ops ipcb_memory_memfd = {
	.name = "memfd",
	.id = IPCBUF_BACKEND_MEMFD,
	/* A set of semaphores without a name would outlive a killed creator. */
	.waits = 1u << IPCBUF_WAIT_FUTEX | 1u << IPCBUF_WAIT_POSIX_SEM,
	.max_bytes = IPCBUF_REGION_MAX_BYTES,
	.room = ipcb_memory_any_room,
	.available = ipcb_memory_always,
	.create = memfd_create_memory,
	.open = memfd_open,
	.close = ipcb_memory_close_fd,
	.remove = memfd_remove,
	.commit = ipcb_memory_commit_fd,
	.decommit = ipcb_memory_decommit_fd,
	.usage = ipcb_memory_usage_fd,
	.owner = ipcb_memory_owner_of_file,
	.lock_file = memfd_lock_file,
	.get_fd = memfd_get_fd,
	.open_fd = memfd_open_fd,
	.join = ipcb_memory_join,
	.leave = ipcb_memory_leave,
	.reap = ipcb_memory_reap,
	.news = ipcb_memory_news,
};
