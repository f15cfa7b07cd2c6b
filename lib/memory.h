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

struct ipcbuf_control;
struct ipcb_names_ops;

struct ipcb_memory {
	const struct ipcb_memory_ops *ops;
	unsigned char *base;
	uint64_t size_bytes;
	int fd;			/* -1 where the backend has none */
	int shm_id;		/* System V */
	int rdonly;
	/* kmod: the kernel's page of members, read-only, and the region's id */
	const struct ipcbuf_control *control;
	uint64_t control_bytes;
	uint64_t kernel_id;
};

/* What a backend knows of a member by itself. */
enum ipcb_member_news {
	IPCB_NEWS_NONE = 0,	/* nothing: ask the member's lock */
	IPCB_NEWS_FREE,
	IPCB_NEWS_ALIVE,
	IPCB_NEWS_DEAD,		/* and nobody has recovered it yet */
};

struct ipcb_memory_ops {
	const char *name;
	uint32_t id;		/* enum ipcbuf_backend */
	uint32_t waits;		/* 1 << enum ipcbuf_wait: what goes with it */
	uint64_t max_bytes;
	/* What the system allows a region to have; see ipcbuf_hint(). */
	uint64_t (*room)(void);
	const struct ipcb_names_ops *names;	/* NULL: has none to open it by */

	/* 0, or -EOPNOTSUPP, -EACCES: why it can't be had here and now. */
	int (*available)(void);
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
	/* Who owns it; @lock_fd is the region's lock file. */
	int (*owner)(const struct ipcb_memory *memory, int lock_fd,
		     struct ipcb_name_owner *ret_owner);

	/*
	 * A lock file of its own for this handle, where that isn't the name's
	 * file (NULL).
	 */
	int (*lock_file)(const struct ipcb_memory *memory, int *ret_fd);
	/* A new descriptor to pass on; -EOPNOTSUPP. */
	int (*get_fd)(const struct ipcb_memory *memory, int *ret_fd);
	/* Opens one that was passed; -EPROTO: none of this backend's. */
	int (*open_fd)(struct ipcb_memory *memory, int fd);

	/*
	 * Membership, for a backend that tells of its members' deaths. The
	 * caller of join() and reap() holds the byte of the slot.
	 *
	 * @generation: the slot's last one, and then the new one. -EBUSY:
	 * somebody has it who doesn't keep to the lock.
	 */
	int (*join)(struct ipcb_memory *memory, uint32_t slot,
		    uint32_t *generation);
	void (*leave)(struct ipcb_memory *memory);
	/* What the dead one held has been recovered. */
	void (*reap)(struct ipcb_memory *memory, uint32_t slot);
	enum ipcb_member_news (*news)(const struct ipcb_memory *memory,
				      uint32_t slot);
};

extern const struct ipcb_memory_ops ipcb_memory_posix;
extern const struct ipcb_memory_ops ipcb_memory_sysv;
extern const struct ipcb_memory_ops ipcb_memory_memfd;
extern const struct ipcb_memory_ops ipcb_memory_kmod;

/* names.h */
extern const struct ipcb_names_ops ipcb_names_file;
extern const struct ipcb_names_ops ipcb_names_kmod;

/* backends_*.c: all there are, NULL last; the default is the first that will do. */
extern const struct ipcb_memory_ops *const ipcb_memory_backends[];

/*
 * @id is an enum ipcbuf_backend; DEFAULT asks $IPCBUF_REGION, and where that
 * says nothing either takes one that has room for @size_bytes and goes with
 * @wait (an enum ipcbuf_wait, or 0 for any).
 * -EINVAL: no such backend. -EOPNOTSUPP, -EACCES: known, but not to be had.
 */
int ipcb_memory_select(uint32_t id, uint32_t wait, uint64_t size_bytes,
		       const struct ipcb_memory_ops **ret);
const struct ipcb_memory_ops *ipcb_memory_by_id(uint32_t id);

/*
 * A process of 32 bits can't map what others can. -ENOMEM, with a hint, if it
 * can't map so many bytes whatever else it has; and how many are no trouble.
 */
int ipcb_memory_addressable(uint64_t bytes);
uint64_t ipcb_memory_address_room(void);

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

/* For backends that can always be had, of any size, ... */
int ipcb_memory_always(void);
uint64_t ipcb_memory_any_room(void);
/* ... whose lock file tells the owner, ... */
int ipcb_memory_owner_of_file(const struct ipcb_memory *memory, int lock_fd,
			      struct ipcb_name_owner *ret_owner);
/* ... that have no descriptor to pass, ... */
int ipcb_memory_no_fd(const struct ipcb_memory *memory, int *ret_fd);
int ipcb_memory_no_open_fd(struct ipcb_memory *memory, int fd);
/* ... and that know nothing of members. */
int ipcb_memory_join(struct ipcb_memory *memory, uint32_t slot,
		     uint32_t *generation);
void ipcb_memory_leave(struct ipcb_memory *memory);
void ipcb_memory_reap(struct ipcb_memory *memory, uint32_t slot);
enum ipcb_member_news ipcb_memory_news(const struct ipcb_memory *memory,
				       uint32_t slot);

#endif
