/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Shared segments: named static memory in a region, with an initialiser that
 * runs exactly once.
 *
 * A segment lives while it is open anywhere, or until it is removed if it was
 * made with IPCBUF_SEGMENT_KEEP.
 */
#ifndef IPCBUF_SEGMENT_H
#define IPCBUF_SEGMENT_H

#include <ipcbuf/heap.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipcbuf_segment;

#define IPCBUF_SEGMENT_OPEN_ONLY 1u	/* -ENOENT where it isn't there */
#define IPCBUF_SEGMENT_EXCL      2u	/* -EEXIST where it is there */
#define IPCBUF_SEGMENT_KEEP      4u	/* stays until it is removed (creator's) */

/**
 * struct ipcbuf_segment_options - how to create or join a segment.
 * @struct_bytes: sizeof(struct ipcbuf_segment_options)
 * @flags:        IPCBUF_SEGMENT_*
 * @init:         called once, by the first who opens it, with the segment's
 *                address (all zero), its size and @arg; nobody sees the
 *                segment before it has returned 0. Another value, negative,
 *                is handed to the caller and the segment isn't made. If
 *                the process dies within it, the next to open starts again with
 *                zeroed memory. NULL leaves the zeroes.
 * @arg:          handed to @init
 * @deadline_ns:  how long to wait for another's initialiser; 0 (like
 *                IPCBUF_FOREVER) as long as it takes
 */
struct ipcbuf_segment_options {
	size_t struct_bytes;
	uint32_t flags;
	uint32_t reserved;
	int (*init)(void *address, size_t bytes, void *arg);
	void *arg;
	uint64_t deadline_ns;
};

#define IPCBUF_SEGMENT_OPTIONS_INIT \
	{ sizeof(struct ipcbuf_segment_options), 0, 0, NULL, NULL, 0 }

/**
 * ipcbuf_segment_open() - join a segment, creating it where it isn't there.
 * @region:      the region
 * @key:         its number or name
 * @bytes:       its size; 0 takes whatever size it has (then it must exist)
 * @options:     NULL for the defaults
 * @ret_segment: the handle; leave with ipcbuf_segment_close()
 *
 * Return: 0; -ENOENT, -EEXIST, -EMSGSIZE (it exists and is smaller than
 * @bytes, or the region can't hold that much), -EPROTOTYPE (the key belongs
 * to a channel), -ENOMEM, -EINVAL, -EBADF, -EROFS, -ETIMEDOUT, or what the
 * initialiser said.
 */
int ipcbuf_segment_open(struct ipcbuf_region *region, struct ipcbuf_key key,
			size_t bytes,
			const struct ipcbuf_segment_options *options,
			struct ipcbuf_segment **ret_segment);

/**
 * ipcbuf_segment_address() - where it is in this process, aligned to 64 bytes.
 * @ret_bytes: its size, or NULL
 *
 * Return: 0; -EBADF, -EINVAL. Wait-free.
 */
int ipcbuf_segment_address(struct ipcbuf_segment *segment, void **ret_address,
			   size_t *ret_bytes);

/** ipcbuf_segment_close() - leave a segment. Return: 0; -EBADF. */
int ipcbuf_segment_close(struct ipcbuf_segment *segment);

/**
 * ipcbuf_segment_remove() - remove a segment by its key.
 *
 * Its key is free at once; the memory is freed when the last has left.
 * Return: 0; -ENOENT, -EPROTOTYPE, -EINVAL, -EBADF, -EROFS, -ETIMEDOUT.
 */
int ipcbuf_segment_remove(struct ipcbuf_region *region, struct ipcbuf_key key);

#ifdef __cplusplus
}
#endif

#endif
