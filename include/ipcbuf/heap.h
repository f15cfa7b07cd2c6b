/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The shared heap: records that any member may allocate, and whoever holds
 * them may free.
 *
 * A record is held by exactly one member: the one that allocated it, and after
 * it has been sent and received, the one that received it.
 */
#ifndef IPCBUF_HEAP_H
#define IPCBUF_HEAP_H

#include <ipcbuf/region.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * ipcbuf_alloc() - allocate a record.
 * @region:     the region
 * @bytes:      1 to the region's size; at least this many are usable
 * @ret_record: its address in this process, aligned to 64 bytes; the contents
 *              are undefined
 *
 * Return: 0; -ENOMEM (the region, or the machine, is full), -EMSGSIZE (larger
 * than the region can ever hold), -EINVAL, -EBADF. Lock-free; usually touches
 * no memory that another process writes.
 */
int ipcbuf_alloc(struct ipcbuf_region *region, size_t bytes,
		 void **ret_record);

/**
 * ipcbuf_alloc_aligned() - allocate a record at an aligned address.
 * @align_bytes: a power of two up to 64 KiB (16 KiB in regions below 16 MiB);
 *               the address has this alignment in every process
 *
 * Otherwise as ipcbuf_alloc(); -EINVAL for other alignments.
 */
int ipcbuf_alloc_aligned(struct ipcbuf_region *region, size_t bytes,
			 size_t align_bytes, void **ret_record);

/**
 * ipcbuf_free() - free a record that this process holds.
 * @record: an address returned by an allocation or a receive of this process,
 *          in any region and from any thread; NULL does nothing
 *
 * Return: 0; -EINVAL, with nothing changed, where @record isn't a record held
 * by this process: freed already, sent away, or no record's address at all;
 * -ENOMEM (the thread's first call here, and no memory of its own); -EBADF
 * (another thread is closing the region).
 * (Two threads that free one record at the very same instant are not told
 * apart.) Lock-free, one store where the record came from elsewhere.
 */
int ipcbuf_free(void *record);

/**
 * ipcbuf_usable_size() - how many bytes of a held record may be used.
 *
 * Return: 0; -EINVAL as for ipcbuf_free(); -EUCLEAN (somebody has overwritten
 * what says how large it is). Wait-free.
 */
int ipcbuf_usable_size(const void *record, size_t *ret_bytes);

/**
 * ipcbuf_offset_of() - the place of an address within its region, which is the
 * same in every process.
 * @address:    anywhere inside a region that this process has open
 * @ret_offset: bytes from the region's start
 *
 * Return: 0; -EINVAL (in no open region). Wait-free.
 */
int ipcbuf_offset_of(const void *address, uint64_t *ret_offset);

/**
 * ipcbuf_address_of() - the address of a place within a region.
 *
 * Return: 0; -EINVAL (outside of the region's heap), -EBADF. Wait-free.
 */
int ipcbuf_address_of(struct ipcbuf_region *region, uint64_t offset,
		      void **ret_address);

#ifdef __cplusplus
}
#endif

#endif
