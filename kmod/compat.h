/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that the module is built for, 5.10 to 7.2:
 * the only place that asks for a version. Each part says what newer ones have.
 */
#ifndef IPCBUF_COMPAT_H
#define IPCBUF_COMPAT_H

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/filelock.h>
#endif

/* 5.11: vm_operations_struct.may_split, vma_set_file(), kmap_local_page() */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define IPCBUF_MAY_SPLIT split

static inline void vma_set_file(struct vm_area_struct *vma, struct file *file)
{
	get_file(file);
	swap(vma->vm_file, file);
	fput(file);
}

static inline void *kmap_local_page(struct page *page)
{
	return kmap_atomic(page);
}

static inline void kunmap_local(void *address)
{
	kunmap_atomic(address);
}
#else
#define IPCBUF_MAY_SPLIT may_split
#endif

/* 6.3: flags of a mapping are changed by functions */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* 6.9: what file locks and leases share is struct file_lock_core */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
static inline bool ipcbuf_lock_is_unlock(const struct file_lock *lock)
{
	return lock->fl_type == F_UNLCK;
}

static inline bool ipcbuf_lock_is_ofd(const struct file_lock *lock)
{
	return lock->fl_flags & FL_OFDLCK;
}
#else
static inline bool ipcbuf_lock_is_unlock(const struct file_lock *lock)
{
	return lock->c.flc_type == F_UNLCK;
}

static inline bool ipcbuf_lock_is_ofd(const struct file_lock *lock)
{
	return lock->c.flc_flags & FL_OFDLCK;
}
#endif

/* Of the commands that come for 32 and 64 bits alike. */
static inline bool ipcbuf_lock_is_query(int cmd)
{
	return IS_GETLK(cmd);
}

/* 6.17: call_mmap() is vfs_mmap() */
static inline int ipcbuf_call_mmap(struct file *file,
				   struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
	return call_mmap(file, vma);
#else
	return vfs_mmap(file, vma);
#endif
}

/* A page that is there and filled, with a reference, or NULL. */
static inline struct page *ipcbuf_find_page(struct address_space *mapping,
					    pgoff_t index)
{
	struct page *page = find_get_page(mapping, index);

	if (page && !PageUptodate(page)) {
		put_page(page);
		page = NULL;
	}
	return page;
}

/* 7.0: flags of a mapping are a type of their own */
static inline struct file *ipcbuf_shmem_file(struct vfsmount *mount,
					     const char *name, u64 bytes)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
	return shmem_file_setup_with_mnt(mount, name, bytes, VM_NORESERVE);
#else
	return shmem_file_setup_with_mnt(mount, name, bytes,
					 mk_vma_flags(VMA_NORESERVE_BIT));
#endif
}

/* 6.18: the length is found by itself */
static inline int ipcbuf_parse_fs_string(struct fs_context *context,
					 const char *key, const char *value)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
	return vfs_parse_fs_string(context, key, value, strlen(value));
#else
	return vfs_parse_fs_string(context, key, value);
#endif
}

/*
 * 5.16: folios; later a page no longer says what it belongs to. Does this one
 * still belong to a file, or has it been given up or replaced since?
 */
static inline bool ipcbuf_page_belongs(struct page *page,
				       const struct address_space *mapping)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
	return READ_ONCE(compound_head(page)->mapping) == mapping;
#else
	return READ_ONCE(page_folio(page)->mapping) == mapping;
#endif
}

#endif
