/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Names that the kernel module keeps. No file stands for them: the kernel
 * creates a name and its memory in one step, and only for one of those who ask.
 *
 * The creator then takes IPCB_LOCK_CREATE of the region, makes the region and
 * writes the header's magic last. Whoever opens takes the same lock first, so
 * that it sees either a whole region or what was left half-made by a creator
 * that died, or that comes later than it; in both cases it takes the name away.
 * A creator that has the lock but no name any more starts over, and so does an
 * opener. What a death after each step leaves:
 *
 *   CREATE               memory of a name, magic 0: removed by the next one
 *   lock, header         the same; the lock goes with its holder
 *   magic                a region without a member; it can be opened
 *   member               the same, and whatever becomes of the magic
 */
#include <string.h>
#include <unistd.h>

#include "kmod.h"
#include "lockfile.h"
#include "names.h"
#include "region_attach.h"

/* How often a creator, or opener, starts over before it gives up. */
#define MOST_TRIES 1000

/* Where the module isn't there, or isn't for us, it knows no names. */
static int open_device(int *ret_fd)
{
	int error = ipcb_kmod_device(ret_fd);

	return error == -EOPNOTSUPP || error == -EACCES ? -ENOENT : error;
}

/* By @id where @name is NULL. */
static int ask_for_fd(const char *name, uint64_t id, int rdonly, int *ret_fd)
{
	struct ipcbuf_ioc_open call = {
		.id = id,
		.flags = rdonly ? IPCBUF_IOC_RDONLY : 0,
	};
	int device, error = open_device(&device);

	if (error)
		return error;
	if (name)
		strncpy(call.name, name, sizeof(call.name) - 1);
	error = ipcb_kmod_call(device, IPCBUF_IOC_OPEN, &call);
	close(device);
	*ret_fd = call.fd;
	return error;
}

/* @id 0: whichever region has the name. */
static int take_name_away(const char *name, uint64_t id)
{
	struct ipcbuf_ioc_unlink call = { .id = id };
	int device, error = open_device(&device);

	if (error)
		return error;
	strncpy(call.name, name, sizeof(call.name) - 1);
	error = ipcb_kmod_call(device, IPCBUF_IOC_UNLINK, &call);
	close(device);
	return error;
}

/*
 * Who joins comes after the magic, and the first one takes slot 0. The kernel
 * remembers that: a member that scribbles over the magic doesn't turn a region
 * into something half-made.
 */
static int is_whole(const struct ipcb_memory *memory)
{
	const struct ipcb_header *header = (struct ipcb_header *)memory->base;

	return memory->size_bytes < sizeof(*header) ||
	       ipcb_load_acquire(&header->magic) != 0 ||
	       ipcb_load_relaxed(&memory->control->slot[0]) != 0;
}

/* Removes what is half-made. -ESTALE: it was no longer what the name means. */
static int check_locked(const struct ipcb_memory *memory, const char *name)
{
	int linked = ipcb_kmod_linked(memory), error;

	if (linked < 0)
		return linked;
	if (!linked)
		return -ESTALE;
	if (is_whole(memory))
		return 0;
	error = take_name_away(name, memory->kernel_id);
	return error == -EPERM ? -EACCES : -ENOENT;
}

static int find_once(struct ipcb_memory *memory, const char *name)
{
	int fd, error = ask_for_fd(name, 0, 0, &fd);

	if (!error)
		error = ipcb_kmod_adopt(memory, fd);
	if (error)
		return error;
	error = ipcb_lock(memory->fd, IPCB_LOCK_CREATE);
	if (!error)
		error = check_locked(memory, name);
	if (error)
		memory->ops->close(memory);
	return error;
}

/* The region of a name, mapped, whole, its IPCB_LOCK_CREATE held. */
static int find(struct ipcb_memory *memory, const char *name)
{
	int tries, error = -ESTALE;

	for (tries = 0; tries < MOST_TRIES && error == -ESTALE; tries++)
		error = find_once(memory, name);
	return error == -ESTALE ? -ETIMEDOUT : error;
}

static int open_existing(struct ipcbuf_region *region, const char *name)
{
	int error = find(&region->memory, name);

	if (!error)
		error = ipcb_region_open_memory(region);
	if (!error)
		ipcb_unlock(region->lock_fd, IPCB_LOCK_CREATE);
	return error;
}

static int make(struct ipcbuf_region *region, const char *name,
		const struct ipcb_region_params *params)
{
	int error;

	region->memory.kernel_id = 0;
	error = ipcb_region_make(region, name, -1, params);
	if (!error)
		ipcb_unlock(region->lock_fd, IPCB_LOCK_CREATE);
	else if (region->memory.kernel_id)
		take_name_away(name, region->memory.kernel_id);
	return error;
}

static int kmod_check_free(const char *name)
{
	struct ipcb_memory memory = { .fd = -1 };
	int error = find(&memory, name);

	if (error)
		return error == -ENOENT ? 0 : error;
	memory.ops->close(&memory);
	return -EEXIST;
}

/* -ESTALE: start over. */
static int create_once(struct ipcbuf_region *region, const char *name,
		       enum ipcb_open_mode mode,
		       const struct ipcb_region_params *params)
{
	int error = make(region, name, params);

	if (error != -EEXIST)
		return error;
	/* Is it one, or what a dead creator has left? */
	error = mode == IPCB_CREATE ? kmod_check_free(name) : 0;
	return error ? error : -ESTALE;
}

static int kmod_open(struct ipcbuf_region *region, const char *name,
		     enum ipcb_open_mode mode,
		     const struct ipcb_region_params *params)
{
	int tries, error = -ESTALE;

	for (tries = 0; tries < MOST_TRIES && error == -ESTALE; tries++) {
		error = mode == IPCB_CREATE ? -ENOENT :
			open_existing(region, name);
		if (error == -ENOENT && mode != IPCB_OPEN)
			error = create_once(region, name, mode, params);
	}
	return error == -ESTALE ? -ETIMEDOUT : error;
}

/* An observer can't lock: what isn't whole yet isn't there yet. */
static int kmod_open_rdonly(struct ipcbuf_region *region, const char *name)
{
	int fd, error = ask_for_fd(name, 0, 1, &fd);

	if (!error)
		error = ipcb_kmod_adopt(&region->memory, fd);
	if (error)
		return error;
	if (is_whole(&region->memory))
		return ipcb_region_open_memory(region);
	region->memory.ops->close(&region->memory);
	return -ENOENT;
}

/*
 * Who may take the name away needn't be allowed to open the region, and then
 * can't know whether it is whole.
 */
static int kmod_unlink(const char *name)
{
	struct ipcb_memory memory = { .fd = -1 };
	int error = find(&memory, name);

	if (error == -EACCES)
		return take_name_away(name, 0);
	if (error)
		return error;
	error = take_name_away(name, memory.kernel_id);
	memory.ops->close(&memory);
	return error;
}

/* Can it be opened for looking, and is it whole? */
static int status_of(const struct ipcbuf_ioc_region *found)
{
	struct ipcb_memory memory = { .fd = -1, .rdonly = 1 };
	int fd, error = ask_for_fd(NULL, found->id, 1, &fd);

	if (!error)
		error = ipcb_kmod_adopt(&memory, fd);
	if (error)
		return error;
	error = is_whole(&memory) ? 0 : -ENOENT;
	memory.ops->close(&memory);
	return error;
}

static int list_one(const struct ipcbuf_ioc_region *found,
		    int (*visit)(const struct ipcbuf_region_entry *entry,
				 void *arg), void *arg)
{
	struct ipcbuf_region_entry entry = {
		.name = found->name,
		.backend = IPCBUF_BACKEND_KMOD,
		.mode = found->mode,
		.uid = found->uid,
		.gid = found->gid,
		.status = status_of(found),
	};

	return visit(&entry, arg);
}

/* Names of other user namespaces can't be opened from here. */
static int kmod_list(int (*visit)(const struct ipcbuf_region_entry *entry,
				  void *arg), void *arg)
{
	int device, result = 0, error = open_device(&device);
	uint64_t last = 0;

	if (error)
		return error == -ENOENT ? 0 : error;
	while (!error && !result) {
		struct ipcbuf_ioc_region found = { .after_id = last };

		error = ipcb_kmod_call(device, IPCBUF_IOC_LIST, &found);
		last = found.id;
		if (!error && !(found.flags & IPCBUF_IOC_FOREIGN))
			result = list_one(&found, visit, arg);
	}
	close(device);
	return error == -ENOENT || !error ? result : error;
}

const struct ipcb_names_ops ipcb_names_kmod = {
	.open = kmod_open,
	.open_rdonly = kmod_open_rdonly,
	.check_free = kmod_check_free,
	.unlink = kmod_unlink,
	.list = kmod_list,
};
