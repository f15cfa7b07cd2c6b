/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One ioctl under way: its argument, copied in; what it makes, not yet given
 * to the caller. A table says which calls a kind of descriptor has.
 *
 * The argument is copied in whole before the call and out whole after it, so no
 * call touches user memory itself but for WAIT_MANY's words. A new file gets
 * its place in the caller's table after the copy: nobody else can have seen
 * the descriptor of a call that failed.
 */
#ifndef IPCBUF_CALL_H
#define IPCBUF_CALL_H

#include <linux/build_bug.h>

#include "ipcbuf.h"

#define IPCBUF_ARG_BYTES 128

struct ipcbuf_call {
	union {
		u8 raw[IPCBUF_ARG_BYTES];	/* any of: */
		struct ipcbuf_ioc_info info;
		struct ipcbuf_ioc_create create;
		struct ipcbuf_ioc_open open;
		struct ipcbuf_ioc_attach attach;
		struct ipcbuf_ioc_unlink unlink;
		struct ipcbuf_ioc_region region;
		struct ipcbuf_ioc_join join;
		struct ipcbuf_ioc_leave leave;
		struct ipcbuf_ioc_reap reap;
		struct ipcbuf_ioc_commit commit;
		struct ipcbuf_ioc_wait wait;
		struct ipcbuf_ioc_wait_many wait_many;
		struct ipcbuf_ioc_wake wake;
		struct ipcbuf_ioc_doorbell doorbell;
		struct ipcbuf_ioc_seen seen;
	};
	struct file *on;		/* the descriptor of the call */
	struct ipcbuf_handle *handle;	/* NULL: the device's */
	struct file *file;		/* made by it */
	int fd;				/* reserved for file */
};

struct ipcbuf_call_type {
	unsigned int cmd;
	size_t bytes;
	/* 0 or more: the result. Its output is copied then, and for -EAGAIN. */
	long (*run)(struct ipcbuf_call *call);
	/* The output couldn't be copied: as if it had never been. */
	void (*undo)(struct ipcbuf_call *call);
};

#define IPCBUF_CALL(name, type, function, undo_function) { \
	.cmd = IPCBUF_IOC_##name, \
	.bytes = sizeof(struct ipcbuf_ioc_##type) + \
		BUILD_BUG_ON_ZERO(sizeof(struct ipcbuf_ioc_##type) > \
				  IPCBUF_ARG_BYTES), \
	.run = (function), \
	.undo = (undo_function), \
}

long ipcbuf_call(struct ipcbuf_call *call, unsigned int cmd,
		 unsigned long address, const struct ipcbuf_call_type *types,
		 size_t n_types);

/* Reserves a descriptor for @file, which is put on failure, too. */
int ipcbuf_call_give(struct ipcbuf_call *call, struct file *file);

long ipcbuf_ioctl_info(struct ipcbuf_call *call);

#endif
