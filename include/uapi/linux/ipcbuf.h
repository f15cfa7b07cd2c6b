/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/ipcbuf: shared memory regions that tell of their members' deaths.
 *
 * Two kinds of descriptor:
 *
 *   the device    open("/dev/ipcbuf"): creates, opens, unlinks, lists regions
 *   a region's    from CREATE, OPEN or ATTACH: maps the region's memory, locks,
 *                 waits and wakes. One that has JOINed is a member.
 *
 * Every argument is a structure of fixed-width fields that is the same for 32
 * and 64 bits. Its size is part of the command, so that it can grow: a kernel
 * takes a longer one if what it doesn't know is zero (else -E2BIG), and a shorter
 * one, down to what version 1 has, as if the rest were zero (shorter: -EINVAL).
 * Unknown flags and padding that isn't zero are -EINVAL.
 * A failed call leaves what it would have written as it was.
 *
 * Documentation/uapi.rst says what each call does and which errors it gives.
 */
#ifndef _UAPI_LINUX_IPCBUF_H
#define _UAPI_LINUX_IPCBUF_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define IPCBUF_IOC_VERSION	1

#define IPCBUF_IOC_NAME_BYTES	64	/* with the 0 at its end */
#define IPCBUF_IOC_MAX_SLOTS	4096
#define IPCBUF_IOC_MAX_WORDS	128	/* of one WAIT_MANY */
#define IPCBUF_IOC_FOREVER	(~(__u64)0)
#define IPCBUF_IOC_SLOT_ANY	(~(__u32)0)
#define IPCBUF_IOC_ID_CALLER	(~(__u32)0)	/* uid, gid: the caller's */

/* What to mmap() of a region's descriptor: the memory from 0 on, or ... */
#define IPCBUF_IOC_MAX_BYTES	  (1ULL << 43)
#define IPCBUF_IOC_CONTROL_OFFSET (1ULL << 43)

/*
 * The control page(s), read-only, the same for all members. A slot's word is
 * generation << 32 | state; it changes before deaths does.
 */
#define IPCBUF_SLOT_FREE	0
#define IPCBUF_SLOT_ALIVE	1
#define IPCBUF_SLOT_DEAD	2	/* died, and nobody has REAPed it */

struct ipcbuf_control {
	__u32 version;
	__u32 slots;
	__u32 deaths;		/* one more for each death; wraps */
	__u32 reserved0;
	__u64 region_id;
	__u64 reserved[5];
	__u64 slot[];
};

#define IPCBUF_SLOT_STATE(word)		((__u32)(word))
#define IPCBUF_SLOT_GENERATION(word)	((__u32)((word) >> 32))

/* INFO, on either descriptor. All of it is written. */
struct ipcbuf_ioc_info {
	__u32 version;
	__u32 max_slots;
	__u32 max_words;
	__u32 pad;
	__u64 features;		/* none yet */
	__u64 max_bytes;
};

/* CREATE. An empty name: only descriptors lead to it. */
struct ipcbuf_ioc_create {
	__u64 size_bytes;	/* a multiple of the page size */
	__u32 flags;		/* 0 */
	__u32 slots;		/* members at the same time */
	__u32 mode;		/* 0 to 0777; who may open it, as of a file */
	__u32 uid;
	__u32 gid;
	__s32 fd;		/* written */
	__u64 id;		/* written: never given twice */
	char name[IPCBUF_IOC_NAME_BYTES];
};

#define IPCBUF_IOC_RDONLY	1u

/* OPEN, by its name, or by its id where that is empty. */
struct ipcbuf_ioc_open {
	__u64 id;
	__u32 flags;		/* IPCBUF_IOC_RDONLY */
	__u32 pad;
	char name[IPCBUF_IOC_NAME_BYTES];
	__u64 opened_id;	/* written */
	__s32 fd;		/* written */
	__u32 pad2;
};

/* ATTACH, on a region's descriptor: another one of the same region. */
struct ipcbuf_ioc_attach {
	__u32 flags;		/* IPCBUF_IOC_RDONLY; kept by who has only that */
	__s32 fd;		/* written */
};

/*
 * UNLINK: takes the name away. By name, or by id; where both are given, only
 * if they are of the same region.
 */
struct ipcbuf_ioc_unlink {
	__u64 id;
	__u32 flags;		/* 0 */
	__u32 pad;
	char name[IPCBUF_IOC_NAME_BYTES];
};

/* What LIST (on the device) and STAT (on a region's descriptor) tell. */
#define IPCBUF_IOC_LINKED	1u	/* it has a name */
#define IPCBUF_IOC_FOREIGN	2u	/* ... in another user namespace */
#define IPCBUF_IOC_READONLY	4u	/* STAT: this descriptor can't write */

struct ipcbuf_ioc_region {
	__u64 after_id;		/* LIST: the next after this one, 0 first */
	__u64 id;		/* written, as are all that follow */
	__u64 size_bytes;
	__u64 used_bytes;	/* what it holds of the machine's memory */
	__u32 flags;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 slots;
	__u32 members;
	__u32 waiters;
	__u32 deaths;
	char name[IPCBUF_IOC_NAME_BYTES];
};

/*
 * JOIN: the caller's process becomes a member. Its control page must be mapped
 * in the process: the end of that mapping is the member's death.
 */
struct ipcbuf_ioc_join {
	__u32 slot;		/* one that isn't ALIVE, or SLOT_ANY: a FREE one */
	__u32 flags;		/* 0 */
	__u32 joined_slot;	/* written */
	__u32 generation;	/* written */
};

/* LEAVE: the slot is FREE, and this is no death. */
struct ipcbuf_ioc_leave {
	__u32 flags;		/* 0 */
	__u32 pad;
};

/* REAP: what the dead one held has been seen to; DEAD becomes FREE. */
struct ipcbuf_ioc_reap {
	__u32 slot;
	__u32 generation;
};

/* COMMIT: asks for memory before it is touched, or gives it back. */
#define IPCBUF_IOC_DECOMMIT	1u

struct ipcbuf_ioc_commit {
	__u64 offset;		/* both multiples of the page size */
	__u64 bytes;
	__u32 flags;		/* IPCBUF_IOC_DECOMMIT */
	__u32 pad;
};

/*
 * WAIT: sleeps while the 32-bit word at offset is value. With WAIT_DEATHS also
 * only while the control page's deaths is deaths.
 */
#define IPCBUF_IOC_WAIT_DEATHS	1u

struct ipcbuf_ioc_wait {
	__u64 offset;		/* a multiple of 4 */
	__u64 deadline_ns;	/* CLOCK_MONOTONIC, or IPCBUF_IOC_FOREVER */
	__u32 value;
	__u32 flags;		/* IPCBUF_IOC_WAIT_DEATHS */
	__u32 deaths;
	__u32 pad;
};

struct ipcbuf_ioc_word {
	__u64 offset;
	__u32 value;
	__u32 pad;
};

/* WAIT_MANY: the same for any of some words. */
struct ipcbuf_ioc_wait_many {
	__u64 words;		/* address of struct ipcbuf_ioc_word[count] */
	__u64 deadline_ns;
	__u32 count;		/* 1 to IPCBUF_IOC_MAX_WORDS */
	__u32 flags;
	__u32 deaths;
	__u32 index;		/* written with 0 and EAGAIN: which one */
};

/* WAKE: ends the waits of so many at a word. The result is how many. */
struct ipcbuf_ioc_wake {
	__u64 offset;
	__u32 count;
	__u32 pad;
};

/*
 * DOORBELL: a descriptor for poll(). POLLIN: the word isn't value. POLLPRI: a
 * death that hasn't been SEEN. POLLHUP: the member has left or died.
 */
struct ipcbuf_ioc_doorbell {
	__u64 offset;
	__u32 value;
	__u32 flags;		/* 0 */
	__s32 fd;		/* written */
	__u32 pad;
};

/* SEEN: up to this value of the control page's deaths, as POLLPRI has it. */
struct ipcbuf_ioc_seen {
	__u32 deaths;
	__u32 flags;		/* 0 */
};

#define IPCBUF_IOC_MAGIC	0xbc

/* The device's. */
#define IPCBUF_IOC_INFO \
	_IOR(IPCBUF_IOC_MAGIC, 0x00, struct ipcbuf_ioc_info)
#define IPCBUF_IOC_CREATE \
	_IOWR(IPCBUF_IOC_MAGIC, 0x01, struct ipcbuf_ioc_create)
#define IPCBUF_IOC_OPEN \
	_IOWR(IPCBUF_IOC_MAGIC, 0x02, struct ipcbuf_ioc_open)
#define IPCBUF_IOC_UNLINK \
	_IOW(IPCBUF_IOC_MAGIC, 0x03, struct ipcbuf_ioc_unlink)
#define IPCBUF_IOC_LIST \
	_IOWR(IPCBUF_IOC_MAGIC, 0x04, struct ipcbuf_ioc_region)

/* A region's. */
#define IPCBUF_IOC_STAT \
	_IOWR(IPCBUF_IOC_MAGIC, 0x10, struct ipcbuf_ioc_region)
#define IPCBUF_IOC_ATTACH \
	_IOWR(IPCBUF_IOC_MAGIC, 0x11, struct ipcbuf_ioc_attach)
#define IPCBUF_IOC_JOIN \
	_IOWR(IPCBUF_IOC_MAGIC, 0x12, struct ipcbuf_ioc_join)
#define IPCBUF_IOC_LEAVE \
	_IOW(IPCBUF_IOC_MAGIC, 0x13, struct ipcbuf_ioc_leave)
#define IPCBUF_IOC_REAP \
	_IOW(IPCBUF_IOC_MAGIC, 0x14, struct ipcbuf_ioc_reap)
#define IPCBUF_IOC_COMMIT \
	_IOW(IPCBUF_IOC_MAGIC, 0x15, struct ipcbuf_ioc_commit)
#define IPCBUF_IOC_WAIT \
	_IOW(IPCBUF_IOC_MAGIC, 0x16, struct ipcbuf_ioc_wait)
#define IPCBUF_IOC_WAIT_MANY \
	_IOWR(IPCBUF_IOC_MAGIC, 0x17, struct ipcbuf_ioc_wait_many)
#define IPCBUF_IOC_WAKE \
	_IOW(IPCBUF_IOC_MAGIC, 0x18, struct ipcbuf_ioc_wake)
#define IPCBUF_IOC_DOORBELL \
	_IOWR(IPCBUF_IOC_MAGIC, 0x19, struct ipcbuf_ioc_doorbell)
#define IPCBUF_IOC_SEEN \
	_IOW(IPCBUF_IOC_MAGIC, 0x1a, struct ipcbuf_ioc_seen)

#endif
