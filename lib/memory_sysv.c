/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * System V shared memory: shmget(2). The key is drawn at random and written
 * into the name's record before the segment is made, so a creator that dies
 * leaves nothing that can't be found.
 */
#include "memory.h"

#include <sys/ipc.h>
#include <sys/shm.h>

#include <ipcbuf/region.h>

#include "keys.h"
#include "limits.h"
#include "os.h"

/* Other threads' mappings may come in between, but not for ever. */
#define ATTACH_TRIES 1000u

static int attach_anywhere(const struct ipcb_memory *memory, int id,
			   unsigned char **ret_base)
{
	int flags = memory->rdonly ? SHM_RDONLY : 0;
	unsigned int tries;
	int error;

	for (tries = 0; tries < ATTACH_TRIES; tries++) {
		error = ipcb_memory_reserve(memory->size_bytes, ret_base);
		if (error)
			return error;
		error = ipcb_os_shm_attach(id, *ret_base, memory->size_bytes,
					   flags);
		if (error != -EAGAIN)
			return error;
	}
	return -ENOMEM;
}

static int sysv_attach(struct ipcb_memory *memory, int id)
{
	unsigned char *base;
	int error = attach_anywhere(memory, id, &base);

	if (error)
		return error == -EINVAL || error == -EIDRM ? -ENOENT :
		       ipcb_limits_no_attach(-error);
	ipcb_os_hide_from_children(base, memory->size_bytes);
	memory->base = base;
	memory->shm_id = id;
	return 0;
}

static int set_owner(int id, const struct ipcb_name_owner *owner)
{
	struct shmid_ds ds;

	if (shmctl(id, IPC_STAT, &ds))
		return -errno;
	if (owner->uid != (uid_t)-1)
		ds.shm_perm.uid = owner->uid;
	if (owner->gid != (gid_t)-1)
		ds.shm_perm.gid = owner->gid;
	ds.shm_perm.mode = (unsigned short)(owner->mode & 0777);
	return ipcb_errno(shmctl(id, IPC_SET, &ds));
}

/* Not reserved: the size is what it may grow to, not what it uses. */
static int make_segment(int name_fd, struct ipcb_name_record *record)
{
	int id, error;

	do {
		record->shm_key = ipcb_random_key();
		error = ipcb_namefile_write(name_fd, record);
		if (error)
			return error;
		id = shmget(record->shm_key, record->size_bytes,
			    IPC_CREAT | IPC_EXCL | ipcb_os_shm_noreserve | 0600);
	} while (id < 0 && errno == EEXIST);
	if (id < 0)
		return ipcb_limits_no_segment(errno, record->size_bytes);
	record->shm_id = id;
	return 0;
}

static int sysv_create(struct ipcb_memory *memory, const char *name,
		       int name_fd, struct ipcb_name_record *record,
		       const struct ipcb_name_owner *owner)
{
	int error = make_segment(name_fd, record);

	(void)name;
	if (error)
		return error;
	memory->fd = -1;
	memory->size_bytes = record->size_bytes;
	error = set_owner(record->shm_id, owner);
	if (!error)
		error = sysv_attach(memory, record->shm_id);
	if (error)
		shmctl(record->shm_id, IPC_RMID, NULL);
	return error;
}

static int sysv_open(struct ipcb_memory *memory, const char *name,
		     const struct ipcb_name_record *record)
{
	struct shmid_ds ds;

	(void)name;
	memory->fd = -1;
	memory->size_bytes = record->size_bytes;
	if (shmctl(record->shm_id, IPC_STAT, &ds))
		return errno == EACCES ? -EACCES : -ENOENT;
	if (ds.shm_segsz != record->size_bytes)
		return -EPROTO;
	return sysv_attach(memory, record->shm_id);
}

static void sysv_close(struct ipcb_memory *memory)
{
	if (memory->base)
		shmdt(memory->base);
	memory->base = NULL;
}

/* The key decides: an id alone may have been given to somebody else since. */
static int sysv_remove(const char *name, const struct ipcb_name_record *record)
{
	int id;

	(void)name;
	if (!record->shm_key)
		return 0;
	id = shmget(record->shm_key, 0, 0);
	if (id < 0)
		return errno == ENOENT ? 0 : -errno;
	return ipcb_errno(shmctl(id, IPC_RMID, NULL));
}

static int sysv_commit(struct ipcb_memory *memory, uint64_t offset,
		       uint64_t bytes)
{
	return ipcb_os_memory_commit(memory->base + offset, bytes);
}

static void sysv_decommit(struct ipcb_memory *memory, uint64_t offset,
			  uint64_t bytes)
{
	ipcb_os_memory_punch(memory->base + offset, bytes);
}

static uint64_t sysv_usage(const struct ipcb_memory *memory)
{
	return ipcb_os_sysv_usage(memory->shm_id);
}

const struct ipcb_memory_ops ipcb_memory_sysv = {
	.name = "sysv",
	.id = IPCBUF_BACKEND_SYSV,
	.waits = 1u << IPCBUF_WAIT_FUTEX | 1u << IPCBUF_WAIT_POSIX_SEM |
		 1u << IPCBUF_WAIT_SYSV_SEM,
	.max_bytes = IPCBUF_REGION_MAX_BYTES,
	.room = ipcb_limits_shm_room,
	.names = &ipcb_names_file,
	.available = ipcb_memory_always,
	.create = sysv_create,
	.open = sysv_open,
	.close = sysv_close,
	.remove = sysv_remove,
	.commit = sysv_commit,
	.decommit = sysv_decommit,
	.usage = sysv_usage,
	.owner = ipcb_memory_owner_of_file,
	.get_fd = ipcb_memory_no_fd,
	.open_fd = ipcb_memory_no_open_fd,
	.join = ipcb_memory_join,
	.leave = ipcb_memory_leave,
	.reap = ipcb_memory_reap,
	.news = ipcb_memory_news,
};
