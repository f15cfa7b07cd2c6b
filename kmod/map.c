// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping a region: its memory, whose mappings are the shmem file's from then
 * on and know nothing of us; and its control page, whose mapping is a member's
 * life line. That one isn't inherited, doesn't grow and can't be split, so it
 * ends as a whole.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "ipcbuf.h"

/* A child's copy (MADV_DOFORK), or a file passed on, isn't the member's. */
static bool is_members(const struct ipcbuf_handle *handle,
		       const struct vm_area_struct *vma)
{
	return handle->mm == vma->vm_mm;
}

static void control_open(struct vm_area_struct *vma)
{
	struct ipcbuf_handle *handle = vma->vm_file->private_data;
	struct mutex *lock = &handle->region->lock;

	mutex_lock(lock);
	if (is_members(handle, vma))
		handle->control_maps++;
	mutex_unlock(lock);
}

static bool was_last(struct ipcbuf_handle *handle, struct vm_area_struct *vma)
{
	struct mutex *lock = &handle->region->lock;
	bool last;

	mutex_lock(lock);
	last = is_members(handle, vma) && !--handle->control_maps;
	mutex_unlock(lock);
	return last;
}

static void control_close(struct vm_area_struct *vma)
{
	struct ipcbuf_handle *handle = vma->vm_file->private_data;

	if (was_last(handle, vma))
		ipcbuf_member_end(handle, vma->vm_file);
}

static int control_may_split(struct vm_area_struct *vma, unsigned long address)
{
	return -EINVAL;
}

/* Before 5.11 a part is moved without asking whether it can be split off. */
static int control_mremap(struct vm_area_struct *vma)
{
	struct ipcbuf_handle *handle = vma->vm_file->private_data;

	return vma->vm_end - vma->vm_start == handle->region->control_bytes ?
	       0 : -EINVAL;
}

static vm_fault_t control_fault(struct vm_fault *fault)
{
	struct ipcbuf_handle *handle = fault->vma->vm_file->private_data;
	u64 offset = ((u64)fault->pgoff << PAGE_SHIFT) -
		     IPCBUF_IOC_CONTROL_OFFSET;

	if (offset >= handle->region->control_bytes)
		return VM_FAULT_SIGBUS;
	fault->page = vmalloc_to_page((void *)handle->region->control +
				      offset);
	get_page(fault->page);
	return 0;
}

static const struct vm_operations_struct control_ops = {
	.fault = control_fault,
	.open = control_open,
	.close = control_close,
	.IPCBUF_MAY_SPLIT = control_may_split,
	.mremap = control_mremap,
};

static void swap_mm(struct ipcbuf_handle *handle)
{
	lockdep_assert_held(&handle->region->lock);
	if (handle->mm)
		mmdrop(handle->mm);
	mmgrab(current->mm);
	handle->mm = current->mm;
}

/* It belongs to the mm that maps it; to another one when it is mapped no more. */
static int take_mm(struct ipcbuf_handle *handle)
{
	int error = 0;

	mutex_lock(&handle->region->lock);
	if (handle->state == IPCBUF_DEAD) {
		error = -EIO;
	} else if (handle->mm != current->mm) {
		if (handle->control_maps)
			error = -EBUSY;
		else
			swap_mm(handle);
	}
	if (!error)
		handle->control_maps++;
	mutex_unlock(&handle->region->lock);
	return error;
}

static int map_control(struct ipcbuf_handle *handle, struct vm_area_struct *vma)
{
	struct ipcbuf_region *region = handle->region;
	int error;

	if (vma->vm_end - vma->vm_start != region->control_bytes)
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	vm_flags_clear(vma, VM_MAYWRITE);
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	error = take_mm(handle);
	if (!error)
		vma->vm_ops = &control_ops;
	return error;
}

static int map_memory(struct ipcbuf_handle *handle, struct vm_area_struct *vma)
{
	struct file *file = vma->vm_file;
	int error;

	if (!handle->writable) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		vm_flags_clear(vma, VM_MAYWRITE);
	}
	/* A mapping that fails must be left with the file it came with. */
	get_file(file);
	vma_set_file(vma, handle->region->memory);
	error = ipcbuf_call_mmap(handle->region->memory, vma);
	if (error)
		vma_set_file(vma, file);
	fput(file);
	return error;
}

int ipcbuf_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct ipcbuf_handle *handle = file->private_data;
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;

	/* Not VM_SHARED, which a file that is open for reading doesn't get. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	vm_flags_clear(vma, VM_MAYEXEC);
	if (offset == IPCBUF_IOC_CONTROL_OFFSET)
		return map_control(handle, vma);
	if (vma->vm_pgoff > IPCBUF_IOC_MAX_BYTES >> PAGE_SHIFT ||
	    !ipcbuf_inside(handle->region, offset,
			   PAGE_ALIGN(vma->vm_end - vma->vm_start)))
		return -EINVAL;
	return map_memory(handle, vma);
}

/* As shmem has it, which knows where huge pages can lie. */
unsigned long ipcbuf_unmapped_area(struct file *file, unsigned long address,
				   unsigned long bytes, unsigned long pgoff,
				   unsigned long flags)
{
	struct ipcbuf_handle *handle = file->private_data;
	struct file *memory = handle->region->memory;

	return memory->f_op->get_unmapped_area(memory, address, bytes, pgoff,
					       flags);
}
