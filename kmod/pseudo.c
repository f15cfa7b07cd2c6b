// SPDX-License-Identifier: GPL-2.0
/*
 * The files behind a region's descriptors. They share an inode, one a region,
 * on a file system that is mounted nowhere: so what the kernel keeps for each
 * inode, above all the table of file locks, is the region's. As drivers/gpu/drm
 * does for its inodes.
 *
 * The file system is pinned while there are regions, and that pins the module.
 */
#include <linux/magic.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "compat.h"
#include "ipcbuf.h"

#define IPCBUF_FS_MAGIC 0x69706362	/* "ipcb" */

static struct vfsmount *mount;
static int mount_count;

static int init_context(struct fs_context *context)
{
	return init_pseudo(context, IPCBUF_FS_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type fs_type = {
	.owner = THIS_MODULE,
	.name = "ipcbuf",
	.init_fs_context = init_context,
	.kill_sb = kill_anon_super,
};

int ipcbuf_pseudo_inode(struct ipcbuf_region *region)
{
	struct inode *inode;
	int error = simple_pin_fs(&fs_type, &mount, &mount_count);

	if (error)
		return error;
	inode = alloc_anon_inode(mount->mnt_sb);
	if (IS_ERR(inode)) {
		simple_release_fs(&mount, &mount_count);
		return PTR_ERR(inode);
	}
	region->inode = inode;
	return 0;
}

void ipcbuf_pseudo_release(struct ipcbuf_region *region)
{
	iput(region->inode);
	simple_release_fs(&mount, &mount_count);
}

/*
 * A file owns a reference to the module, which closing it gives back. Its
 * f_mapping stays its inode's: with the memory's, the kernel would take its inode
 * for one of shmem.
 */
struct file *ipcbuf_pseudo_file(struct ipcbuf_region *region, void *private,
				bool writable,
				const struct file_operations *fops)
{
	char name[sizeof("ipcbuf:") + IPCBUF_IOC_NAME_BYTES];
	struct file *file;

	snprintf(name, sizeof(name), "ipcbuf:%s", region->name);
	ihold(region->inode);
	file = alloc_file_pseudo(region->inode, mount, name,
				 writable ? O_RDWR : O_RDONLY, fops);
	if (IS_ERR(file)) {
		iput(region->inode);
		return file;
	}
	__module_get(fops->owner);
	file->private_data = private;
	return file;
}
