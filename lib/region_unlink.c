/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Unlinking a name. The name's file goes last: who dies half-way leaves
 * a record that isn't READY any more, and the next one removes the rest.
 *
 * Memory without a name is freed by the kernel after the last mapping. A set
 * of System V semaphores isn't; in a region that is still in use its record is
 * put aside (GONE), and the last member to leave, or whoever lists or unlinks
 * a region later, removes it.
 */
#include <stdlib.h>
#include <unistd.h>

#include "lockfile.h"
#include "memory.h"
#include "wait.h"
#include <ipcbuf/inspect.h>

static int in_use(int fd)
{
	return ipcb_lock_held(fd, IPCB_LOCK_MEMBER(0), IPCB_MEMBERS_MAX) != 0;
}

/* From here on nobody can open it, and a death leaves it to the next one. */
static int unpublish(int fd, struct ipcb_name_record *record, uint32_t state)
{
	record->state = state;
	return ipcb_namefile_write(fd, record);
}

static int unlink_ready(const char *name, int fd,
			struct ipcb_name_record *record)
{
	const struct ipcb_memory_ops *memory =
		ipcb_memory_by_id(record->backend);
	int error = unpublish(fd, record, IPCB_NAME_PENDING);

	if (!error && memory)
		error = memory->remove(name, record);
	if (error) {
		unpublish(fd, record, IPCB_NAME_READY);
		return error;
	}
	record->shm_key = 0;
	if (record->sem_key && in_use(fd))
		return ipcb_namefile_retire(name, fd, record);
	ipcb_name_reap(name, record);
	return ipcb_namefile_remove(name);
}

/* -ENOENT: what there was had been left half-made, and is gone now. */
static int unlink_locked(const char *name, int fd)
{
	struct ipcb_name_record record;
	int error = ipcb_namefile_read(fd, &record);

	if (error == -EPROTO)
		return error;
	if (!error && record.state == IPCB_NAME_READY)
		return unlink_ready(name, fd, &record);
	if (!error)
		ipcb_name_reap(name, &record);
	error = ipcb_namefile_remove(name);
	return error ? error : -ENOENT;
}

IPCB_PUBLIC int ipcbuf_region_unlink(const char *name)
{
	int fd, error;

	if (ipcb_name_check(name))
		return -EINVAL;
	error = ipcb_namefile_lock(name, NULL, &fd);
	if (error)
		return error;
	error = unlink_locked(name, fd);
	close(fd);
	ipcb_namefile_collect();
	return error == -EPERM ? -EACCES : error;
}

struct list_state {
	int (*visit)(const struct ipcbuf_region_entry *entry, void *arg);
	void *arg;
};

static int entry_status(int fd, struct ipcbuf_region_entry *entry)
{
	struct ipcb_name_record record;
	int error = ipcb_namefile_read(fd, &record);

	if (error)
		return error == -ENODATA ? -ENOENT : error;
	entry->backend = record.backend;
	return record.state == IPCB_NAME_READY ? 0 : -ENOENT;
}

static int list_one(const char *name, void *arg)
{
	struct ipcbuf_region_entry entry = { .name = name };
	struct list_state *state = arg;
	struct stat st;
	int fd;

	entry.status = ipcb_namefile_open_rdonly(name, &fd);
	if (entry.status == -ENOENT)
		return 0;	/* unlinked since */
	if (!entry.status) {
		entry.status = entry_status(fd, &entry);
		if (!fstat(fd, &st)) {
			entry.mode = st.st_mode & 0777;
			entry.uid = st.st_uid;
			entry.gid = st.st_gid;
		}
		close(fd);
	}
	return state->visit(&entry, state->arg);
}

IPCB_PUBLIC int
ipcbuf_region_list(int (*visit)(const struct ipcbuf_region_entry *entry,
				void *arg), void *arg)
{
	struct list_state state = { visit, arg };

	if (!visit)
		return -EINVAL;
	ipcb_namefile_collect();
	return ipcb_namefile_list(list_one, &state);
}
