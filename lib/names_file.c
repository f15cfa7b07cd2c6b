/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Names that are files (namefile.h): creating, opening, unlinking, listing.
 *
 * All but looking happens under the name's IPCB_LOCK_CREATE, so there is never
 * more than one who makes or removes what a name stands for, and whatever isn't
 * READY under the lock was left by somebody who died (or gave up) and is
 * removed. The steps of creation, and what a death after each leaves:
 *
 *   name file            empty: the next one starts over
 *   record PENDING       the same; the record says what may exist
 *   memory, semaphores   removed through the record
 *   header, magic        the same
 *   record READY         a region without a member; it can be opened
 *
 * Unlinking: the name's file goes last. Who dies half-way leaves a record that
 * isn't READY any more, and the next one removes the rest.
 *
 * Memory without a name is freed by the kernel after the last mapping. A set
 * of System V semaphores isn't; in a region that is still in use its record is
 * put aside (GONE), and the last member to leave, or whoever lists or unlinks
 * a region later, removes it.
 */
#include <unistd.h>

#include "lockfile.h"
#include "member.h"
#include "names.h"
#include "region_attach.h"

void ipcb_name_reap(const char *name, const struct ipcb_name_record *record)
{
	const struct ipcb_memory_ops *memory =
		ipcb_memory_by_id(record->backend);
	const struct ipcb_wait_ops *wait = ipcb_wait_by_id(record->wait);

	if (memory)
		memory->remove(name, record);
	if (wait)
		wait->remove(record);
}

static int open_ready(struct ipcbuf_region *region, const char *name,
		      const struct ipcb_name_record *record)
{
	int error;

	region->memory.ops = ipcb_memory_by_id(record->backend);
	if (!region->memory.ops || region->memory.ops->names != &ipcb_names_file)
		return -EPROTO;
	error = region->memory.ops->open(&region->memory, name, record);
	return error ? error : ipcb_region_open_memory(region);
}

/*
 * Under the lock. What a dead creator has left is removed here, be it to
 * start again or to say that there is nothing.
 */
static int open_locked(struct ipcbuf_region *region, const char *name,
		       int name_fd, enum ipcb_open_mode mode,
		       const struct ipcb_region_params *params)
{
	struct ipcb_name_record record;
	int error = ipcb_namefile_read(name_fd, &record);

	if (!error && record.state == IPCB_NAME_READY) {
		if (mode == IPCB_CREATE)
			return -EEXIST;
		error = open_ready(region, name, &record);
		if (error != -ENOENT)
			return error;
		error = 0;	/* its memory was removed by hand */
	}
	if (error && error != -ENODATA)
		return error;
	if (!error)
		ipcb_name_reap(name, &record);
	error = mode == IPCB_OPEN ? -ENOENT :
		ipcb_region_make(region, name, name_fd, params);
	if (error)
		ipcb_namefile_remove(name);
	/* Memory of that name, which no region's name file speaks of. */
	return error == -EEXIST && mode == IPCB_OPEN_OR_CREATE ? -EPROTO : error;
}

static int file_open(struct ipcbuf_region *region, const char *name,
		     enum ipcb_open_mode mode,
		     const struct ipcb_region_params *params)
{
	int fd, error;

	error = ipcb_namefile_lock(name, mode == IPCB_OPEN ? NULL :
				   &params->owner, &fd);
	if (error)
		return error;
	region->lock_fd = fd;
	error = open_locked(region, name, fd, mode, params);
	if (error)
		ipcb_lock_close(fd);
	else
		ipcb_unlock(fd, IPCB_LOCK_CREATE);
	return error;
}

/* An observer takes no lock: the record is written by a single pwrite(). */
static int file_open_rdonly(struct ipcbuf_region *region, const char *name)
{
	struct ipcb_name_record record;
	int fd, error;

	error = ipcb_namefile_open_rdonly(name, &fd);
	if (error)
		return error;
	region->lock_fd = fd;
	error = ipcb_namefile_read(fd, &record);
	if (!error && record.state != IPCB_NAME_READY)
		error = -ENOENT;
	if (!error)
		error = open_ready(region, name, &record);
	if (error)
		ipcb_lock_close(fd);
	return error == -ENODATA ? -ENOENT : error;
}

/* A file that says nothing yet, or nothing of ours, is nobody's region. */
static int file_check_free(const char *name)
{
	struct ipcb_name_record record;
	int fd, error;

	error = ipcb_namefile_open_rdonly(name, &fd);
	if (error)
		return error == -ENOENT ? 0 : error;
	error = ipcb_namefile_read(fd, &record);
	ipcb_lock_close(fd);
	return !error && record.state == IPCB_NAME_READY ? -EEXIST : 0;
}

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

static int file_unlink(const char *name)
{
	int fd, error = ipcb_namefile_lock(name, NULL, &fd);

	if (error)
		return error;
	error = unlink_locked(name, fd);
	ipcb_lock_close(fd);
	return error;
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
		ipcb_lock_close(fd);
	}
	return state->visit(&entry, state->arg);
}

static int file_list(int (*visit)(const struct ipcbuf_region_entry *entry,
				  void *arg), void *arg)
{
	struct list_state state = { visit, arg };

	return ipcb_namefile_list(list_one, &state);
}

const struct ipcb_names_ops ipcb_names_file = {
	.open = file_open,
	.open_rdonly = file_open_rdonly,
	.check_free = file_check_free,
	.unlink = file_unlink,
	.list = file_list,
};
