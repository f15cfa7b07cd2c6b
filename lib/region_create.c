/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Creating and opening: finding who knows the name, and making a region in
 * memory that is there. What a name is, and what of a creation a death leaves
 * behind, is told in names_file.c and names_kmod.c.
 */
#include <string.h>
#include <unistd.h>

#include "cancel.h"
#include "hint.h"
#include "lockfile.h"
#include "member.h"
#include "names.h"
#include "process.h"
#include "region_attach.h"

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

/* Where it isn't the name's file, which whoever opened that closes. */
static int open_lock_file(struct ipcbuf_region *region)
{
	const struct ipcb_memory_ops *ops = region->memory.ops;

	return ops->lock_file ? ops->lock_file(&region->memory,
					       &region->lock_fd) : 0;
}

static void close_lock_file(struct ipcbuf_region *region)
{
	if (!region->memory.ops->lock_file)
		return;
	ipcb_lock_close(region->lock_fd);
	region->lock_fd = -1;
}

int ipcb_region_open_memory(struct ipcbuf_region *region)
{
	int error = open_lock_file(region);

	if (!error) {
		error = ipcb_region_attach(region);
		if (error)
			close_lock_file(region);
	}
	if (error)
		region->memory.ops->close(&region->memory);
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
	error = open_lock_file(region);
	if (!error) {
		error = furnish(region, name, name_fd, &record, params);
		if (error)
			close_lock_file(region);
	}
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

/* Whoever else knows the name comes first: it is theirs. */
static int ask_others(struct ipcbuf_region *region, const char *name,
		      enum ipcb_open_mode mode,
		      const struct ipcb_names_ops *own)
{
	const struct ipcb_names_ops *const *names;
	int error;

	for (names = ipcb_names; *names; names++) {
		if (*names == own)
			continue;
		if (mode == IPCB_CREATE)
			error = (*names)->check_free(name);
		else
			error = (*names)->open(region, name, IPCB_OPEN, NULL);
		if (mode == IPCB_CREATE ? error : error != -ENOENT)
			return error;
	}
	return -ENOENT;
}

static int create_named(struct ipcbuf_region *region, const char *name,
			enum ipcb_open_mode mode,
			const struct ipcb_region_params *params)
{
	const struct ipcb_names_ops *own = params->memory->names;
	int error;

	if (!own)
		return ipcb_region_make(region, name, -1, params);
	error = ask_others(region, name, mode, own);
	return error == -ENOENT ? own->open(region, name, mode, params) :
				  error;
}

static int open_rdonly(struct ipcbuf_region *region, const char *name)
{
	const struct ipcb_names_ops *const *names;
	int error = -ENOENT;

	region->rdonly = 1;
	region->memory.rdonly = 1;
	for (names = ipcb_names; *names && error == -ENOENT; names++)
		error = (*names)->open_rdonly(region, name);
	return error;
}

static int open_by_name(const char *name,
			const struct ipcbuf_region_options *options,
			enum ipcb_open_mode mode,
			struct ipcbuf_region **ret_region)
{
	struct ipcb_region_params params;
	struct ipcbuf_region *region;
	int cancel, error;

	ipcb_hint_clear();
	if (!ret_region || ipcb_name_check(name))
		return -EINVAL;
	error = mode == IPCB_OPEN ? ipcb_region_flags(options, &params.flags) :
				    ipcb_region_params(options, &params);
	if (error)
		return error;
	if ((params.flags & IPCBUF_REGION_RDONLY) && mode != IPCB_OPEN)
		return -EINVAL;
	region = ipcb_region_new();
	if (!region)
		return -ENOMEM;
	cancel = ipcb_cancel_off();
	if (params.flags & IPCBUF_REGION_RDONLY)
		error = open_rdonly(region, name);
	else if (mode == IPCB_OPEN)
		error = ask_others(region, name, mode, NULL);
	else
		error = create_named(region, name, mode, &params);
	if (error)
		ipcb_handle_free(&ipcb_region_handles, &region->handle);
	else
		*ret_region = region;
	ipcb_cancel_restore(cancel);
	return error;
}

IPCB_PUBLIC int
ipcbuf_region_create(const char *name,
		     const struct ipcbuf_region_options *options,
		     struct ipcbuf_region **ret_region)
{
	return open_by_name(name, options, IPCB_CREATE, ret_region);
}

IPCB_PUBLIC int
ipcbuf_region_open(const char *name,
		   const struct ipcbuf_region_options *options,
		   struct ipcbuf_region **ret_region)
{
	return open_by_name(name, options, IPCB_OPEN, ret_region);
}

IPCB_PUBLIC int
ipcbuf_region_open_or_create(const char *name,
			     const struct ipcbuf_region_options *options,
			     struct ipcbuf_region **ret_region)
{
	return open_by_name(name, options, IPCB_OPEN_OR_CREATE, ret_region);
}
