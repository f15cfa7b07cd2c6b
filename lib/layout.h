/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The shared memory of a region: what lies where, and what each word can say.
 *
 *   header | members | waiters | sem slots | frame words | slab words |
 *   own words of few | of BIG frames | of slabs | heap: frames
 *
 * All places are offsets from the region's start. Zero-filled tables are valid
 * tables of an empty region. The metadata of a frame is committed before
 * header.frames_limit is raised past it; nothing at or beyond that limit may
 * be touched.
 *
 * One word of truth each:
 *
 *   frame word  FREE
 *               SLABS                cut into slabs, see their words
 *               BIG                  one slab as large as the frame
 *               HEAD(pages)          first frame of a run
 *               CONTINUES(head)      another frame of a run
 *               TENTATIVE(n, member) being claimed
 *               FREEING(n, member)   a run or big frame on its way to FREE
 *               SEALING(member)      a SLABS frame on its way to FREE
 *   slab word   NONE                 its frame isn't cut, nobody can claim it
 *               FREE
 *               OWNED(class, thread, member)
 *               ORPHAN(class)        its thread has gone; who needs it takes it
 *               HUGE                 a run that nobody caches
 *   own word    FREE, a member id, LEAVING(member) and then CHANNEL (sent by
 *               a member that leaves or has left), or REGION (the directory
 *               and what it lists)
 *
 * A BIG frame and a run have one slab word: that of their first slab.
 *
 * Own words lie aside from the blocks, one word a block: a small slab has an
 * array, and each frame has one more for when it is BIG. That one is as large as
 * two lines (in regions with 2 MiB frames). Runs, and BIG frames of at most four
 * blocks, have four words a frame in a table of their own instead: more blocks to
 * a line are fewer lines that move, and where they are written and read, that both
 * sides write to a line costs nothing beside it.
 */
#ifndef IPCB_LAYOUT_H
#define IPCB_LAYOUT_H

#include <ipcbuf/base.h>
#include "util.h"

#define IPCB_MAGIC          UINT64_C(0x0a66756263706931)
#define IPCB_LAYOUT_VERSION 2u

#define IPCB_LINE        64u
#define IPCB_META_PAGE   4096u
#define IPCB_HEADER_SIZE 4096u

/* A frame's blocks whose own words lie in the table of few. */
#define IPCB_FEW_BLOCKS 4u

#define IPCB_CLASSES    76u	/* 64 B to 64 MiB, see class.h */
#define IPCB_CLASS_HUGE 76u

#define IPCB_DIR_LEVELS 24u

/* Own words. Member slot s is known as id s + 1. */
#define IPCB_OWN_FREE    0u
#define IPCB_OWN_LEAVING 0x8000u	/* with a member id: on its way to CHANNEL */
#define IPCB_OWN_REGION  0xfffeu
#define IPCB_OWN_CHANNEL 0xffffu
#define IPCB_MEMBERS_MAX 4096u

/*
 * Where a thread sleeps. One waiter at a time, its writer but for @waiting,
 * which whoever wakes it exchanges for 0.
 */
struct ipcb_wait_object {
	uint32_t waiting;	/* 1 while its waiter sleeps or is about to */
	uint32_t sem_slot;	/* semaphores: 1 + its index, 0 for none */
	uint64_t sleeps;	/* how often it went to sleep */
};

/* A waiter for changes of the directory. @own is claimed by CAS. */
struct ipcb_waiter {
	uint32_t own;
	uint32_t reserved0;
	struct ipcb_wait_object object;
	uint64_t reserved1[5];
};

/*
 * @word: FREE or ALIVE(generation); written by whoever holds the slot's lock.
 * The rest of the line: the last one that died here, see death.h.
 */
struct ipcb_member_slot {
	uint64_t word;
	int32_t pid;
	uint32_t flags;
	uint64_t joined_ns;
	uint64_t death;			/* its number, from 1; 0: none */
	uint32_t dead_generation;
	int32_t dead_pid;
	uint64_t recovered_ns;
	uint64_t reserved[2];
};

struct ipcb_header {
	/* Constants. The creator writes them, @magic last. */
	uint64_t magic;
	uint32_t layout_version;
	uint32_t features;
	uint64_t size_bytes;
	uint32_t slab_shift;
	uint32_t frame_shift;
	uint32_t backend;
	uint32_t wait;
	uint32_t max_members;
	uint32_t max_waiters;
	uint32_t max_sems;
	int32_t sem_id;
	uint64_t created_ns;
	uint64_t reserved0[7];
	char name[IPCBUF_NAME_MAX + 1];
	uint64_t reserved1[9];

	/* 256: only ever raised, by CAS: frames below have their metadata. */
	uint64_t frames_limit;
	uint64_t reserved2[7];

	/* 320: hints, any member; wrong after a death, never relied upon. */
	uint64_t free_slabs;
	uint64_t first_free_frame;
	uint64_t committed_bytes;
	uint64_t peak_committed_bytes;
	uint64_t allocation_failures;
	uint64_t pressure;		/* raised by who is short of memory */
	uint64_t reserved3[2];

	/* 384: the directory; changed under the directory's lock alone. */
	uint64_t dir_sequence;		/* raised by each change */
	uint64_t dir_objects;
	uint64_t deaths;		/* see death.h */
	uint64_t reserved4[5];
	uint64_t dir_level[IPCB_DIR_LEVELS];

	/* Hints: how many slabs of the class wait for a new owner. */
	uint32_t orphans[IPCB_CLASSES];
};

_Static_assert(sizeof(struct ipcb_wait_object) == 16, "part of a line");
_Static_assert(sizeof(struct ipcb_waiter) == 64, "a line");
_Static_assert(sizeof(struct ipcb_member_slot) == 64, "a line");
_Static_assert(offsetof(struct ipcb_header, frames_limit) == 256, "layout");
_Static_assert(offsetof(struct ipcb_header, free_slabs) == 320, "layout");
_Static_assert(offsetof(struct ipcb_header, dir_sequence) == 384, "layout");
_Static_assert(sizeof(struct ipcb_header) <= IPCB_HEADER_SIZE, "one page");

/* Frame words: kind in the top byte, member in the next 16 bits. */
enum ipcb_frame_kind {
	IPCB_FRAME_FREE = 0,
	IPCB_FRAME_SLABS = 1,
	IPCB_FRAME_BIG = 2,
	IPCB_FRAME_HEAD = 3,
	IPCB_FRAME_CONTINUES = 4,
	IPCB_FRAME_TENTATIVE = 5,
	IPCB_FRAME_FREEING = 6,
	IPCB_FRAME_SEALING = 7,
};

static inline uint64_t ipcb_frame_word(enum ipcb_frame_kind kind,
				       unsigned int member, uint64_t value)
{
	return (uint64_t)kind << 56 | (uint64_t)member << 40 | value;
}

static inline unsigned int ipcb_frame_kind(uint64_t word)
{
	return (unsigned int)(word >> 56);
}

static inline unsigned int ipcb_frame_member(uint64_t word)
{
	return (unsigned int)(word >> 40) & 0xffff;
}

static inline uint64_t ipcb_frame_value(uint64_t word)
{
	return word & ((UINT64_C(1) << 40) - 1);
}

/* Slab words: kind, class, member, thread. */
enum ipcb_slab_kind {
	IPCB_SLAB_NONE = 0,
	IPCB_SLAB_FREE = 1,
	IPCB_SLAB_OWNED = 2,
	IPCB_SLAB_ORPHAN = 3,
	IPCB_SLAB_HUGE = 4,
};

static inline uint64_t ipcb_slab_word(enum ipcb_slab_kind kind,
				      unsigned int class, unsigned int member,
				      uint32_t thread)
{
	return (uint64_t)kind << 56 | (uint64_t)class << 48 |
	       (uint64_t)member << 32 | thread;
}

static inline unsigned int ipcb_slab_kind(uint64_t word)
{
	return (unsigned int)(word >> 56);
}

static inline unsigned int ipcb_slab_class(uint64_t word)
{
	return (unsigned int)(word >> 48) & 0xff;
}

/* Kind and class in one: what a slab holds, whoever has it. */
static inline uint32_t ipcb_slab_what(uint64_t word)
{
	return (uint32_t)(word >> 48);
}

static inline unsigned int ipcb_slab_member(uint64_t word)
{
	return (unsigned int)(word >> 32) & 0xffff;
}

/* Where everything is: a pure function of a region's size. */
struct ipcb_geometry {
	uint64_t size_bytes;
	uint32_t slab_shift;
	uint32_t frame_shift;
	uint32_t slabs_per_frame_shift;
	uint32_t max_members;
	uint32_t max_waiters;
	uint32_t max_sems;
	uint32_t own_words_per_slab;
	uint32_t big_own_words;		/* a frame: blocks that BIG can have */
	uint64_t frames;
	uint64_t members_offset;
	uint64_t waiters_offset;
	uint64_t sems_offset;
	uint64_t frames_offset;
	uint64_t slabs_offset;
	uint64_t few_own_offset;
	uint64_t big_own_offset;
	uint64_t own_offset;
	uint64_t heap_offset;
	uint64_t heap_bytes;
};

/*
 * Return: 0; -EINVAL where @size_bytes is below IPCBUF_REGION_MIN_BYTES or
 * above IPCBUF_REGION_MAX_BYTES. The size is rounded up to whole frames.
 */
int ipcb_geometry_compute(uint64_t size_bytes, struct ipcb_geometry *ret);

#endif
