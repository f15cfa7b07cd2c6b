/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Where the memory of a region comes from: one file a backend behind this
 * table. Generic code asks the table and never which backend it has.
 *
 * Every call is made by one thread at a time for a given struct ipcb_memory,
 * but for commit() and decommit(), which any thread may call at any time.
 */
#ifndef IPCB_MEMORY_H
#define IPCB_MEMORY_H

#include "namefile.h"

struct ipcb_memory {
	const struct ipcb_memory_ops *ops;
	unsigned char *base;
	uint64_t size_bytes;
	int fd;			/* -1 where the backend has none */
	int shm_id;		/* System V */
	int rdonly;
};

struct ipcb_memory_ops {
	const char *name;
	uint32_t id;		/* enum ipcbuf_backend */
	int anonymous;		/* has no name to open it by */

	/*
	 * Makes and maps zero-filled memory of @record->size_bytes. Whatever
	 * could outlive the process is in *record, written to @name_fd,
	 * before it exists. -EEXIST: something that isn't ours is in the way.
	 */
	int (*create)(struct ipcb_memory *memory, const char *name,
		      int name_fd, struct ipcb_name_record *record,
		      const struct ipcb_name_owner *owner);
	/* Maps what a READY record names. -ENOENT, -EPROTO, -EACCES. */
	int (*open)(struct ipcb_memory *memory, const char *name,
		    const struct ipcb_name_record *record);
	void (*close)(struct ipcb_memory *memory);
	/* Removes what a record names; not being there isn't an error. */
	int (*remove)(const char *name, const struct ipcb_name_record *record);
	/* -ENOMEM where the machine is full; never a signal later. */
	int (*commit)(struct ipcb_memory *memory, uint64_t offset,
		      uint64_t bytes);
	void (*decommit)(struct ipcb_memory *memory, uint64_t offset,
			 uint64_t bytes);
	/* Bytes that it holds from the machine now. */
	uint64_t (*usage)(const struct ipcb_memory *memory);
};

extern const struct ipcb_memory_ops ipcb_memory_posix;
extern const struct ipcb_memory_ops ipcb_memory_sysv;
extern const struct ipcb_memory_ops ipcb_memory_memfd;

/*
 * memory.c. @id is an enum ipcbuf_backend; DEFAULT asks $IPCBUF_REGION.
 * -EINVAL: no such backend. -EOPNOTSUPP: known, but not available here.
 */
int ipcb_memory_select(uint32_t id, const struct ipcb_memory_ops **ret);
const struct ipcb_memory_ops *ipcb_memory_by_id(uint32_t id);

/*
 * Reserves addresses for a mapping, aligned to IPCB_MAP_ALIGN so that records
 * have the same alignment in every process. *ret is PROT_NONE; map over it.
 */
#define IPCB_MAP_ALIGN (UINT64_C(2) << 20)
int ipcb_memory_reserve(uint64_t bytes, unsigned char **ret);

/* Maps memory->fd; shared by the backends that have one. */
int ipcb_memory_map_fd(struct ipcb_memory *memory);
void ipcb_memory_close_fd(struct ipcb_memory *memory);
int ipcb_memory_commit_fd(struct ipcb_memory *memory, uint64_t offset,
			  uint64_t bytes);
void ipcb_memory_decommit_fd(struct ipcb_memory *memory, uint64_t offset,
			     uint64_t bytes);

uint64_t ipcb_memory_usage_fd(const struct ipcb_memory *memory);

/* memory_memfd.c: adopts a descriptor that was passed. */
int ipcb_memory_open_memfd(struct ipcb_memory *memory, int fd);

#endif
