/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Creating, opening and unlinking by name.
 *
 * All of it happens under the name's IPCB_LOCK_CREATE, so there is never more
 * than one who makes or removes what a name stands for, and whatever isn't
 * READY under the lock was left by somebody who died (or gave up) and is
 * removed. The steps of creation, and what a death after each leaves:
 *
 *   name file            empty: the next one starts over
 *   record PENDING       the same; the record says what may exist
 *   memory, semaphores   removed through the record
 *   header, magic        the same
 *   record READY         a region without a member; it can be opened
 */
#include <string.h>
#include <unistd.h>

#include "lockfile.h"
#include "member.h"
#include "process.h"
#include "region_attach.h"
#include "region_params.h"

enum open_mode { MODE_CREATE, MODE_OPEN, MODE_EITHER };

static void header_init(struct ipcbuf_region *region, const char *name,
			const struct ipcb_region_params *params)
{
	struct ipcb_header *header = region->header;
	const struct ipcb_geometry *g = &region->g;

	header->layout_version = IPCB_LAYOUT_VERSION;
	header->features = ipcb_membarrier_register() ?
			   IPCB_FEATURE_MEMBARRIER : 0;
	header->size_bytes = g->size_bytes;
	header->slab_shift = g->slab_shift;
	header->frame_shift = g->frame_shift;
	header->backend = params->memory->id;
	header->wait = params->wait->id;
	header->max_members = g->max_members;
	header->max_waiters = g->max_waiters;
	header->max_sems = g->max_sems;
	header->created_ns = ipcb_realtime_ns();
	strncpy(header->name, name, sizeof(header->name) - 1);
}

/* Semaphores, header, membership; the memory is there. */
static int furnish(struct ipcbuf_region *region, const char *name, int name_fd,
		   struct ipcb_name_record *record,
		   const struct ipcb_region_params *params)
{
	uint64_t offset;
	int fd, error;

	region->g = params->geometry;
	region->base = region->memory.base;
	error = region->memory.ops->commit(&region->memory, 0,
					   region->g.frames_offset);
	if (error)
		return error == -ENOMEM ? -ENOSPC : error;
	ipcb_region_set_tables(region);
	header_init(region, name, params);
	fd = ipcb_region_wait_file(region, &offset);
	error = params->wait->create(&region->wait, name_fd, fd, offset,
				     record);
	if (error)
		return error;
	region->header->sem_id = record->sem_id;
	/* Release: pairs with the acquire in check_header(). */
	ipcb_store_release(&region->header->magic, IPCB_MAGIC);
	error = ipcb_region_attach(region);
	if (error) {
		params->wait->close(&region->wait);
		params->wait->remove(record);
	}
	return error;
}

int ipcb_region_make(struct ipcbuf_region *region, const char *name,
		     int name_fd, const struct ipcb_region_params *params)
{
	struct ipcb_name_record record = {
		.state = IPCB_NAME_PENDING,
		.backend = params->memory->id,
		.wait = params->wait->id,
		.size_bytes = params->geometry.size_bytes,
	};
	int error = name_fd < 0 ? 0 : ipcb_namefile_write(name_fd, &record);

	if (error)
		return error;
	region->memory.ops = params->memory;
	error = params->memory->create(&region->memory, name, name_fd, &record,
				       &params->owner);
	if (error)
		return error;
	if (params->memory->anonymous)
		error = ipcb_region_own_description(&region->memory,
						    &region->lock_fd);
	if (!error)
		error = furnish(region, name, name_fd, &record, params);
	if (!error && name_fd >= 0) {
		record.state = IPCB_NAME_READY;
		error = ipcb_namefile_write(name_fd, &record);
		if (error)
			ipcb_region_shut(region, 0);
	} else if (error) {
		params->memory->close(&region->memory);
	}
	if (error)
		ipcb_name_reap(name, &record);
	return error;
}

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
	if (!region->memory.ops)
		return -EPROTO;
	error = region->memory.ops->open(&region->memory, name, record);
	if (error)
		return error;
	error = ipcb_region_attach(region);
	if (error)
		region->memory.ops->close(&region->memory);
	return error;
}

/*
 * Under the lock. What a dead creator has left is removed here, be it to
 * start again or to say that there is nothing.
 */
static int open_locked(struct ipcbuf_region *region, const char *name,
		       int name_fd, enum open_mode mode,
		       const struct ipcb_region_params *params)
{
	struct ipcb_name_record record;
	int error = ipcb_namefile_read(name_fd, &record);

	if (!error && record.state == IPCB_NAME_READY) {
		if (mode == MODE_CREATE)
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
	error = mode == MODE_OPEN ? -ENOENT :
		ipcb_region_make(region, name, name_fd, params);
	if (error)
		ipcb_namefile_remove(name);
	/* Memory of that name, which no region's name file speaks of. */
	return error == -EEXIST && mode == MODE_EITHER ? -EPROTO : error;
}

static int open_writable(struct ipcbuf_region *region, const char *name,
			 enum open_mode mode,
			 const struct ipcb_region_params *params)
{
	int fd, error;

	error = ipcb_namefile_lock(name, mode == MODE_OPEN ? NULL :
				   &params->owner, &fd);
	if (error)
		return error;
	region->lock_fd = fd;
	error = open_locked(region, name, fd, mode, params);
	if (error)
		close(fd);
	else
		ipcb_unlock(fd, IPCB_LOCK_CREATE);
	return error;
}

/* An observer takes no lock: the record is written by a single pwrite(). */
static int open_rdonly(struct ipcbuf_region *region, const char *name)
{
	struct ipcb_name_record record;
	int fd, error;

	error = ipcb_namefile_open_rdonly(name, &fd);
	if (error)
		return error;
	region->lock_fd = fd;
	region->rdonly = 1;
	region->memory.rdonly = 1;
	error = ipcb_namefile_read(fd, &record);
	if (!error && record.state != IPCB_NAME_READY)
		error = -ENOENT;
	if (!error)
		error = open_ready(region, name, &record);
	if (error)
		close(fd);
	return error == -ENODATA ? -ENOENT : error;
}

struct ipcbuf_region *ipcb_region_new(void)
{
	struct ipcbuf_region *region;

	if (ipcb_process_init())
		return NULL;
	region = ipcb_handle_alloc(&ipcb_region_handles, sizeof(*region));
	if (region) {
		region->memory.fd = -1;
		region->lock_fd = -1;
	}
	return region;
}

static int open_by_name(const char *name,
			const struct ipcbuf_region_options *options,
			enum open_mode mode, struct ipcbuf_region **ret_region)
{
	struct ipcb_region_params params;
	struct ipcbuf_region *region;
	int error;

	if (!ret_region || ipcb_name_check(name))
		return -EINVAL;
	error = mode == MODE_OPEN ? ipcb_region_flags(options, &params.flags) :
				    ipcb_region_params(options, &params);
	if (error)
		return error;
	if ((params.flags & IPCBUF_REGION_RDONLY) && mode != MODE_OPEN)
		return -EINVAL;
	region = ipcb_region_new();
	if (!region)
		return -ENOMEM;
	if (params.flags & IPCBUF_REGION_RDONLY)
		error = open_rdonly(region, name);
	else if (mode != MODE_OPEN && params.memory->anonymous)
		error = ipcb_region_make(region, name, -1, &params);
	else
		error = open_writable(region, name, mode, &params);
	if (error)
		ipcb_handle_free(&ipcb_region_handles, &region->handle);
	else
		*ret_region = region;
	return error;
}

IPCB_PUBLIC int
ipcbuf_region_create(const char *name,
		     const struct ipcbuf_region_options *options,
		     struct ipcbuf_region **ret_region)
{
	return open_by_name(name, options, MODE_CREATE, ret_region);
}

IPCB_PUBLIC int
ipcbuf_region_open(const char *name,
		   const struct ipcbuf_region_options *options,
		   struct ipcbuf_region **ret_region)
{
	return open_by_name(name, options, MODE_OPEN, ret_region);
}

IPCB_PUBLIC int
ipcbuf_region_open_or_create(const char *name,
			     const struct ipcbuf_region_options *options,
			     struct ipcbuf_region **ret_region)
{
	return open_by_name(name, options, MODE_EITHER, ret_region);
}
