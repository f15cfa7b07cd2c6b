// SPDX-License-Identifier: GPL-2.0
/* A region's life: creating, opening, looking at, freeing it. */
#include <linux/cred.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>

#include "call.h"
#include "compat.h"
#include "trace.h"

static void free_parts(struct ipcbuf_region *region)
{
	if (region->inode)
		ipcbuf_pseudo_release(region);
	if (region->memory)
		fput(region->memory);
	vfree(region->control);
	put_user_ns(region->user_ns);
	kvfree(region);
}

static void release(struct kref *ref)
{
	struct ipcbuf_region *region =
		container_of(ref, struct ipcbuf_region, ref);

	ipcbuf_registry_forget(region);
	free_parts(region);
}

/* May sleep. */
void ipcbuf_region_put(struct ipcbuf_region *region)
{
	kref_put(&region->ref, release);
}

static int make_control(struct ipcbuf_region *region)
{
	region->control_bytes = PAGE_ALIGN(sizeof(struct ipcbuf_control) +
					   region->slots * sizeof(u64));
	region->control = __vmalloc(region->control_bytes, GFP_KERNEL_ACCOUNT |
				    __GFP_ZERO | __GFP_NOWARN);
	if (!region->control)
		return -ENOMEM;
	region->control->version = IPCBUF_IOC_VERSION;
	region->control->slots = region->slots;
	return 0;
}

static int check_create(const struct ipcbuf_ioc_create *arg)
{
	if (arg->flags || !arg->size_bytes ||
	    !PAGE_ALIGNED(arg->size_bytes) ||
	    arg->size_bytes > IPCBUF_IOC_MAX_BYTES ||
	    arg->slots < 1 || arg->slots > IPCBUF_IOC_MAX_SLOTS)
		return -EINVAL;
	return ipcbuf_name_check(arg->name);
}

static struct ipcbuf_region *make(const struct ipcbuf_ioc_create *arg)
{
	struct ipcbuf_region *region;
	int error = check_create(arg);

	if (error)
		return ERR_PTR(error);
	region = kvzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return ERR_PTR(-ENOMEM);
	kref_init(&region->ref);
	mutex_init(&region->lock);
	INIT_LIST_HEAD(&region->handles);
	ipcbuf_buckets_init(region);
	region->size_bytes = arg->size_bytes;
	region->slots = arg->slots;
	region->user_ns = get_user_ns(current_user_ns());
	memcpy(region->name, arg->name, sizeof(region->name));
	error = ipcbuf_access_new(region, arg);
	if (!error)
		error = make_control(region);
	if (!error)
		error = ipcbuf_memory_make(region);
	if (!error)
		error = ipcbuf_pseudo_inode(region);
	if (!error)
		error = ipcbuf_registry_add(region);
	if (!error)
		return region;
	free_parts(region);
	return ERR_PTR(error);
}

long ipcbuf_ioctl_create(struct ipcbuf_call *call)
{
	struct ipcbuf_ioc_create *arg = &call->create;
	struct ipcbuf_region *region = make(arg);
	int fd;

	if (IS_ERR(region))
		return PTR_ERR(region);
	fd = ipcbuf_call_give(call, ipcbuf_handle_new(region, true));
	if (fd < 0) {
		ipcbuf_registry_unlink(region);
	} else {
		arg->fd = fd;
		arg->id = region->id;
		trace_ipcbuf_create(region);
	}
	ipcbuf_region_put(region);
	return fd < 0 ? fd : 0;
}

void ipcbuf_undo_create(struct ipcbuf_call *call)
{
	struct ipcbuf_handle *handle = call->file->private_data;

	ipcbuf_registry_unlink(handle->region);
}

long ipcbuf_ioctl_open(struct ipcbuf_call *call)
{
	struct ipcbuf_ioc_open *arg = &call->open;
	bool write = !(arg->flags & IPCBUF_IOC_RDONLY);
	struct ipcbuf_region *region;
	int error;

	if ((arg->flags & ~IPCBUF_IOC_RDONLY) || arg->pad || arg->pad2)
		return -EINVAL;
	region = ipcbuf_registry_find(arg->id, arg->name);
	if (IS_ERR(region))
		return PTR_ERR(region);
	error = region->user_ns == current_user_ns() ?
		ipcbuf_access_open(region, write) : -ENOENT;
	if (!error)
		error = ipcbuf_call_give(call, ipcbuf_handle_new(region, write));
	if (error >= 0) {
		arg->fd = call->fd;
		arg->opened_id = region->id;
		error = 0;
	}
	ipcbuf_region_put(region);
	return error;
}

static void describe(struct ipcbuf_region *region,
		     struct ipcbuf_ioc_region *ret)
{
	struct user_namespace *ns = current_user_ns();
	u64 after_id = ret->after_id;

	memset(ret, 0, sizeof(*ret));
	ret->after_id = after_id;
	ret->id = region->id;
	ret->size_bytes = region->size_bytes;
	ret->used_bytes = ipcbuf_memory_used(region);
	ret->mode = region->mode;
	ret->uid = from_kuid_munged(ns, region->uid);
	ret->gid = from_kgid_munged(ns, region->gid);
	ret->slots = region->slots;
	ret->waiters = atomic_read(&region->waiters);
	if (READ_ONCE(region->linked))
		ret->flags |= IPCBUF_IOC_LINKED;
	if (region->user_ns != ns)
		ret->flags |= IPCBUF_IOC_FOREIGN;
	memcpy(ret->name, region->name, sizeof(ret->name));
	mutex_lock(&region->lock);
	ret->members = region->members;
	ret->deaths = ipcbuf_region_deaths(region);
	mutex_unlock(&region->lock);
}

long ipcbuf_ioctl_list(struct ipcbuf_call *call)
{
	struct ipcbuf_region *region =
		ipcbuf_registry_next(call->region.after_id);

	if (!region)
		return -ENOENT;
	describe(region, &call->region);
	ipcbuf_region_put(region);
	return 0;
}

long ipcbuf_ioctl_stat(struct ipcbuf_call *call)
{
	describe(call->handle->region, &call->region);
	if (!call->handle->writable)
		call->region.flags |= IPCBUF_IOC_READONLY;
	return 0;
}
