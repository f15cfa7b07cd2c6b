// SPDX-License-Identifier: GPL-2.0
/*
 * Where regions have their memory: files of a tmpfs of the module's own, which
 * is mounted nowhere. So it is lazily made, can be swapped, is charged to the
 * memory cgroup of who touches it first, may use huge pages where a mapping
 * asks for them; and tmpfs keeps all of it within a share of the machine's
 * memory. It can't be executed, however it is mapped.
 */
#include <linux/types.h>
#include <linux/falloc.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/shmem_fs.h>

#include "call.h"
#include "compat.h"

static unsigned int max_percent = 50;
module_param(max_percent, uint, 0444);
MODULE_PARM_DESC(max_percent,
		 "share of the machine's memory that all regions may take, in percent; 0: no limit (50)");

static struct vfsmount *mount;

static int set(struct fs_context *context, const char *key, const char *value)
{
	return ipcbuf_parse_fs_string(context, key, value);
}

static int configure(struct fs_context *context)
{
	char size[16];
	int error;

	if (max_percent > 100)
		return -EINVAL;
	if (max_percent)
		snprintf(size, sizeof(size), "%u%%", max_percent);
	else
		strcpy(size, "0");
	error = set(context, "size", size);
	if (!error)
		error = set(context, "nr_inodes", "0");
	/* Not where the machine has no huge pages. */
	if (!error)
		set(context, "huge", "advise");
	return error;
}

static int make_mount(struct file_system_type *type)
{
	struct fs_context *context = fs_context_for_mount(type, 0);
	int error;

	if (IS_ERR(context))
		return PTR_ERR(context);
	error = configure(context);
	if (!error) {
		mount = fc_mount(context);
		error = PTR_ERR_OR_ZERO(mount);
	}
	put_fs_context(context);
	if (!error)
		mount->mnt_flags |= MNT_NOEXEC | MNT_NOSUID | MNT_NODEV;
	return error;
}

int __init ipcbuf_memory_init(void)
{
	struct file_system_type *type = get_fs_type("tmpfs");
	int error;

	if (!type)
		return -ENODEV;
	error = make_mount(type);
	module_put(type->owner);
	return error;
}

void ipcbuf_memory_exit(void)
{
	kern_unmount(mount);
}

/*
 * A size that nobody can change, not even who may open what is mapped
 * (/proc/PID/map_files): a shorter one is SIGBUS to all.
 */
static void seal_size(struct file *file)
{
	SHMEM_I(file_inode(file))->seals =
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
}

/* tmpfs, which limits the number of its files elsewhere, has a word of its own. */
static int file_error(int error)
{
	return error == -ENOSPC ? -ENOMEM : error;
}

int ipcbuf_memory_make(struct ipcbuf_region *region)
{
	char name[sizeof("ipcbuf:") + IPCBUF_IOC_NAME_BYTES];
	struct file *file;

	snprintf(name, sizeof(name), "ipcbuf:%s", region->name);
	file = ipcbuf_shmem_file(mount, name, region->size_bytes);
	if (IS_ERR(file))
		return file_error(PTR_ERR(file));
	seal_size(file);
	region->memory = file;
	return 0;
}

u64 ipcbuf_memory_used(const struct ipcbuf_region *region)
{
	return (u64)READ_ONCE(file_inode(region->memory)->i_blocks) << 9;
}

long ipcbuf_ioctl_commit(struct ipcbuf_call *call)
{
	const struct ipcbuf_ioc_commit *arg = &call->commit;
	struct ipcbuf_region *region = call->handle->region;
	int mode = FALLOC_FL_KEEP_SIZE;

	if ((arg->flags & ~IPCBUF_IOC_DECOMMIT) || arg->pad || !arg->bytes ||
	    !PAGE_ALIGNED(arg->offset) || !PAGE_ALIGNED(arg->bytes) ||
	    !ipcbuf_inside(region, arg->offset, arg->bytes))
		return -EINVAL;
	if (!call->handle->writable)
		return -EACCES;
	if (ipcbuf_handle_dead(call->handle))
		return -EIO;
	if (arg->flags & IPCBUF_IOC_DECOMMIT)
		mode |= FALLOC_FL_PUNCH_HOLE;
	return vfs_fallocate(region->memory, mode, arg->offset, arg->bytes);
}
