/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the directory lists: channels and segments. Each begins with one of
 * these, in a block of the heap whose own word is REGION.
 *
 * Making one, and what a death leaves after each step (recovery, which holds
 * the directory's lock, gives a block that an entry names to REGION first, and
 * sweeps what the dead member owns after that):
 *
 *   1. allocate, fill in       own = dead, no entry: swept
 *   2. entry                   own = dead, entry: becomes REGION, is complete
 *   3. own = REGION            done
 *
 * Destroying one:
 *
 *   1. REMOVED                 recovery destroys it, if nobody is attached
 *   2. own = me                the same: the entry gives it to REGION again
 *   3. no entry any more       own = dead: swept
 *   4. own = FREE              done
 */
#ifndef IPCB_OBJECT_H
#define IPCB_OBJECT_H

#include "cache.h"

#define IPCB_OBJECT_REMOVED 1u

/* Constant but for @state; written under the directory's lock. */
struct ipcb_object {
	uint32_t kind;		/* enum ipcbuf_kind */
	uint32_t flags;
	uint32_t state;		/* IPCB_OBJECT_REMOVED or 0 */
	uint32_t depth_shift;	/* channels */
	uint64_t bytes;		/* segments: what the program asked for */
	int64_t id;		/* -1 where it has a name */
	uint64_t reserved[4];
	char name[IPCBUF_NAME_MAX + 1];
};

_Static_assert(sizeof(struct ipcb_object) == 128, "two lines");

/*
 * Every object's block has room for the fixed part of every kind. The kind is
 * read more than once, and somebody may change it in between: who then takes
 * one kind for another still doesn't leave the block.
 */
#define IPCB_OBJECT_LEAST_BYTES UINT64_C(704)

/*
 * object.c: a block of @bytes, whose first sizeof(struct ipcb_object) bytes
 * say @key and @kind and whose rest up to @zeroed is zero. Its own word is
 * ours.
 */
int ipcb_object_alloc(struct ipcbuf_region *region, struct ipcbuf_key key,
		      uint32_t kind, uint64_t bytes, uint64_t zeroed,
		      uint64_t *ret_offset);
void ipcb_object_set_own(struct ipcbuf_region *region, uint64_t offset,
			 unsigned int own);
/* Frees a block without a thread's cache: for recovery and destruction. */
void ipcb_object_free(struct ipcbuf_region *region, uint64_t offset);

/* Steps 2 to 4 above; under the directory's lock. */
void ipcb_object_destroy(struct ipcbuf_region *region, uint64_t offset);

/* Its key. A name is copied: the one in shared memory may not end. */
struct ipcbuf_key ipcb_object_key(const struct ipcb_object *object,
				  char name[IPCBUF_NAME_MAX + 1]);

int ipcb_key_check(struct ipcbuf_key key);

/*
 * What the directory does to an object without knowing its kind. One file a
 * kind; all calls are made under the directory's lock.
 */
struct ipcb_kind_ops {
	uint32_t kind;
	/* Takes a dead member out of it; wakes whom that concerns. */
	void (*member_died)(struct ipcbuf_region *region,
			    struct ipcb_object *object, uint32_t id);
	/* Is nobody attached, and need it not be kept? */
	int (*is_unused)(const struct ipcb_object *object);
	/* Gives back what it holds, before it is destroyed. */
	void (*drain)(struct ipcbuf_region *region, struct ipcb_object *object);
	/* The least size of a block that holds it; 0 where it is damaged. */
	uint64_t (*bytes)(const struct ipcb_object *object);
};

extern const struct ipcb_kind_ops ipcb_kind_spsc;
extern const struct ipcb_kind_ops ipcb_kind_segment;

/* NULL where shared memory names a kind that isn't there. */
const struct ipcb_kind_ops *ipcb_kind_by_id(uint32_t kind);

/*
 * The object at an offset that was read from shared memory: it lies in a block
 * that is large enough for it. NULL otherwise.
 */
struct ipcb_object *ipcb_object_at(struct ipcbuf_region *region,
				   uint64_t offset);

/*
 * The object of a key, or 0; one that was being removed when its remover died
 * is gone first.
 */
uint64_t ipcb_object_find(struct ipcbuf_region *region, struct ipcbuf_key key);

/* Destroys it if nobody needs it. */
void ipcb_object_drop_unused(struct ipcbuf_region *region, uint64_t offset);

#endif
