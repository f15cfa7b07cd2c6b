/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory that the kernel module keeps. The region's descriptor is its lock
 * file, too: all descriptors of a region share one space of locks, and a
 * member's are dropped at its death, even if a child has inherited its
 * descriptor. So a handle never gives its own descriptor away.
 *
 * The control page is mapped for as long as the handle is open: that this
 * mapping ends is how the kernel knows of the member's death. A child of
 * fork() doesn't inherit it.
 */
#include "kmod.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ipcbuf/region.h>

#include "atomic.h"
#include "lockfile.h"

static uint64_t page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static int map_control(struct ipcb_memory *memory, uint32_t slots)
{
	uint64_t bytes = ipcb_align_up(sizeof(struct ipcbuf_control) +
				       slots * sizeof(uint64_t), page_bytes());
	void *control = mmap(NULL, bytes, PROT_READ, MAP_SHARED, memory->fd,
			     (off_t)IPCBUF_IOC_CONTROL_OFFSET);

	if (control == MAP_FAILED)
		return -errno;
	memory->control = control;
	memory->control_bytes = bytes;
	return 0;
}

static void kmod_close(struct ipcb_memory *memory)
{
	if (memory->control)
		munmap((void *)(uintptr_t)memory->control,
		       memory->control_bytes);
	memory->control = NULL;
	ipcb_memory_close_fd(memory);
}

static int stat_region(const struct ipcb_memory *memory,
		       struct ipcbuf_ioc_region *ret)
{
	memset(ret, 0, sizeof(*ret));
	return ipcb_kmod_call(memory->fd, IPCBUF_IOC_STAT, ret);
}

int ipcb_kmod_linked(const struct ipcb_memory *memory)
{
	struct ipcbuf_ioc_region region;
	int error = stat_region(memory, &region);

	return error ? error : !!(region.flags & IPCBUF_IOC_LINKED);
}

int ipcb_kmod_adopt(struct ipcb_memory *memory, int fd)
{
	struct ipcbuf_ioc_region region;
	int error;

	memory->ops = &ipcb_memory_kmod;
	memory->fd = fd;
	error = stat_region(memory, &region);
	if (!error) {
		memory->size_bytes = region.size_bytes;
		memory->kernel_id = region.id;
		error = map_control(memory, region.slots);
	}
	if (!error)
		error = ipcb_memory_map_fd(memory);
	if (error)
		kmod_close(memory);
	return error;
}

static int kmod_available(void)
{
	int fd, error = ipcb_kmod_device(&fd);

	if (!error)
		close(fd);
	return error;
}

/* What is the caller's anyway needn't have a number in its user namespace. */
static void set_owner(struct ipcbuf_ioc_create *create,
		      const struct ipcb_name_owner *owner)
{
	create->mode = owner->mode;
	create->uid = owner->uid == geteuid() ? IPCBUF_IOC_ID_CALLER :
						owner->uid;
	create->gid = owner->gid == getegid() ? IPCBUF_IOC_ID_CALLER :
						owner->gid;
}

static int ask_for_region(struct ipcb_memory *memory, const char *name,
			  uint64_t size_bytes,
			  const struct ipcb_name_owner *owner, int *ret_fd)
{
	struct ipcbuf_ioc_create create = { .size_bytes = size_bytes };
	struct ipcb_geometry g;
	int device, error = ipcb_geometry_compute(size_bytes, &g);

	if (error)
		return error;
	create.slots = g.max_members;
	set_owner(&create, owner);
	strncpy(create.name, name, sizeof(create.name) - 1);
	error = ipcb_kmod_device(&device);
	if (error)
		return error;
	error = ipcb_kmod_call(device, IPCBUF_IOC_CREATE, &create);
	close(device);
	if (error)
		return error;
	memory->kernel_id = create.id;
	*ret_fd = create.fd;
	return 0;
}

/* Whoever fails from here on leaves a half-made region, see names_kmod.c. */
static int kmod_create(struct ipcb_memory *memory, const char *name,
		       int name_fd, struct ipcb_name_record *record,
		       const struct ipcb_name_owner *owner)
{
	int fd, linked, error;

	(void)name_fd;
	error = ask_for_region(memory, name, record->size_bytes, owner, &fd);
	if (!error)
		error = ipcb_kmod_adopt(memory, fd);
	if (error)
		return error;
	error = ipcb_lock(memory->fd, IPCB_LOCK_CREATE);
	linked = error ? error : ipcb_kmod_linked(memory);
	if (linked == 1)
		return 0;
	kmod_close(memory);
	return linked ? linked : -ESTALE;
}

/* Only names_kmod.c opens by name; a name's file never speaks of this. */
static int kmod_open(struct ipcb_memory *memory, const char *name,
		     const struct ipcb_name_record *record)
{
	(void)memory;
	(void)name;
	(void)record;
	return -EPROTO;
}

static int kmod_remove(const char *name, const struct ipcb_name_record *record)
{
	(void)name;
	(void)record;
	return 0;
}

static int commit(const struct ipcb_memory *memory, uint64_t from, uint64_t to,
		  uint32_t flags)
{
	struct ipcbuf_ioc_commit call = {
		.offset = from,
		.bytes = to - from,
		.flags = flags,
	};

	return from < to ? ipcb_kmod_call(memory->fd, IPCBUF_IOC_COMMIT,
					  &call) : 0;
}

static int kmod_commit(struct ipcb_memory *memory, uint64_t offset,
		       uint64_t bytes)
{
	uint64_t page = page_bytes();
	int error = commit(memory, ipcb_align_down(offset, page),
			   ipcb_align_up(offset + bytes, page), 0);

	return error == -ENOSPC ? -ENOMEM : error;
}

static void kmod_decommit(struct ipcb_memory *memory, uint64_t offset,
			  uint64_t bytes)
{
	uint64_t page = page_bytes();

	commit(memory, ipcb_align_up(offset, page),
	       ipcb_align_down(offset + bytes, page), IPCBUF_IOC_DECOMMIT);
}

static uint64_t kmod_usage(const struct ipcb_memory *memory)
{
	struct ipcbuf_ioc_region region;

	return stat_region(memory, &region) ? 0 : region.used_bytes;
}

static int kmod_owner(const struct ipcb_memory *memory, int lock_fd,
		      struct ipcb_name_owner *ret_owner)
{
	struct ipcbuf_ioc_region region;
	int error = stat_region(memory, &region);

	(void)lock_fd;
	if (error)
		return error;
	ret_owner->mode = region.mode;
	ret_owner->uid = region.uid;
	ret_owner->gid = region.gid;
	return 0;
}

/* The same description: what locks the one has, the other has. */
static int kmod_lock_file(const struct ipcb_memory *memory, int *ret_fd)
{
	int fd = fcntl(memory->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int attach(int fd, int rdonly, int *ret_fd)
{
	struct ipcbuf_ioc_attach call = {
		.flags = rdonly ? IPCBUF_IOC_RDONLY : 0,
	};
	int error = ipcb_kmod_call(fd, IPCBUF_IOC_ATTACH, &call);

	if (!error)
		*ret_fd = call.fd;
	return error;
}

static int kmod_get_fd(const struct ipcb_memory *memory, int *ret_fd)
{
	return attach(memory->fd, memory->rdonly, ret_fd);
}

static int kmod_open_fd(struct ipcb_memory *memory, int fd)
{
	struct ipcbuf_ioc_region region = { .after_id = 0 };
	int own, error;

	error = ipcb_kmod_call(fd, IPCBUF_IOC_STAT, &region);
	if (error)
		return error == -EBADF ? error : -EPROTO;
	error = attach(fd, memory->rdonly, &own);
	return error ? error : ipcb_kmod_adopt(memory, own);
}

static int kmod_join(struct ipcb_memory *memory, uint32_t slot,
		     uint32_t *generation)
{
	struct ipcbuf_ioc_join call = { .slot = slot };
	int error = ipcb_kmod_call(memory->fd, IPCBUF_IOC_JOIN, &call);

	if (!error)
		*generation = call.generation;
	return error;
}

static void kmod_leave(struct ipcb_memory *memory)
{
	struct ipcbuf_ioc_leave call = { .flags = 0 };

	ipcb_kmod_call(memory->fd, IPCBUF_IOC_LEAVE, &call);
}

/* Acquire: pairs with the kernel's release; who sees deaths sees the slot. */
static uint64_t slot_word(const struct ipcb_memory *memory, uint32_t slot)
{
	return slot < memory->control->slots ?
	       ipcb_load_acquire(&memory->control->slot[slot]) : 0;
}

static void kmod_reap(struct ipcb_memory *memory, uint32_t slot)
{
	uint64_t word = slot_word(memory, slot);
	struct ipcbuf_ioc_reap call = {
		.slot = slot,
		.generation = IPCBUF_SLOT_GENERATION(word),
	};

	if (IPCBUF_SLOT_STATE(word) == IPCBUF_SLOT_DEAD)
		ipcb_kmod_call(memory->fd, IPCBUF_IOC_REAP, &call);
}

static enum ipcb_member_news kmod_news(const struct ipcb_memory *memory,
				       uint32_t slot)
{
	switch (IPCBUF_SLOT_STATE(slot_word(memory, slot))) {
	case IPCBUF_SLOT_ALIVE:
		return IPCB_NEWS_ALIVE;
	case IPCBUF_SLOT_DEAD:
		return IPCB_NEWS_DEAD;
	}
	return IPCB_NEWS_FREE;
}

const struct ipcb_memory_ops ipcb_memory_kmod = {
	.name = "kmod",
	.id = IPCBUF_BACKEND_KMOD,
	.waits = 1u << IPCBUF_WAIT_FUTEX | 1u << IPCBUF_WAIT_KMOD,
	.max_bytes = IPCBUF_IOC_MAX_BYTES,
	.room = ipcb_memory_any_room,
	.names = &ipcb_names_kmod,
	.available = kmod_available,
	.create = kmod_create,
	.open = kmod_open,
	.close = kmod_close,
	.remove = kmod_remove,
	.commit = kmod_commit,
	.decommit = kmod_decommit,
	.usage = kmod_usage,
	.owner = kmod_owner,
	.lock_file = kmod_lock_file,
	.get_fd = kmod_get_fd,
	.open_fd = kmod_open_fd,
	.join = kmod_join,
	.leave = kmod_leave,
	.reap = kmod_reap,
	.news = kmod_news,
};
