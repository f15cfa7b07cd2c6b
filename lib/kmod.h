/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Talking to the kernel module: its calls, and regions that it keeps. Only the
 * kmod backends include this. Any thread may make any call.
 */
#ifndef IPCB_KMOD_H
#define IPCB_KMOD_H

#include <uapi/linux/ipcbuf.h>

#include "memory.h"

/*
 * The device. -EOPNOTSUPP: there is none, or one that speaks another version.
 * -EACCES: it may not be opened.
 */
int ipcb_kmod_device(int *ret_fd);

/* An ioctl, again where a signal cut it short. 0 or more, or -errno. */
int ipcb_kmod_call(int fd, unsigned long command, void *argument);

/* memory_kmod.c: maps the region of @fd, which is the memory's from now on. */
int ipcb_kmod_adopt(struct ipcb_memory *memory, int fd);
/* 1: its name hasn't been taken away; 0, or -errno. */
int ipcb_kmod_linked(const struct ipcb_memory *memory);

#endif
