/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Members: the handles that have a region open for writing.
 *
 * A member slot is FREE or ALIVE(generation). Its byte in the lock file is
 * taken before the slot is claimed and held until after it has been left; the
 * kernel drops it when the process ends in any way. So a slot that says ALIVE
 * and whose byte can be taken belongs to a dead member, and who has taken the
 * byte is its only recoverer. The byte of such a slot is taken with the
 * directory's lock held, so that who holds that isn't misled by a recoverer.
 *
 * A backend that tells of deaths (struct ipcb_memory_ops.news) knows members by
 * the same slots and gives them their generations. It is joined after the byte
 * has been taken, and left before it is given back; so between the two, and
 * while a slot is being recovered, what the slot says here and there may differ.
 *
 * Members are known by id = slot + 1 and generation, never by pid.
 */
#ifndef IPCB_MEMBER_H
#define IPCB_MEMBER_H

#include "region.h"

#define IPCB_MEMBER_FREE  0u
#define IPCB_MEMBER_ALIVE 1u

static inline uint64_t ipcb_member_word(unsigned int state, uint32_t generation)
{
	return (uint64_t)state << 32 | generation;
}

static inline unsigned int ipcb_member_state(uint64_t word)
{
	return (unsigned int)(word >> 32);
}

static inline uint32_t ipcb_member_generation(uint64_t word)
{
	return (uint32_t)word;
}

static inline int ipcb_member_id_valid(const struct ipcbuf_region *region,
				       uint32_t id)
{
	return id >= 1 && id <= region->g.max_members;
}

/*
 * Claims a slot and sets region->member; recovers the dead that it meets.
 * -EUSERS: all slots belong to the living.
 */
int ipcb_member_join(struct ipcbuf_region *region);

/*
 * Before the region is unmapped. Where somebody kept the directory's lock for
 * so long that an end or a segment couldn't be left (region->left_behind), the
 * slot isn't either: the unmapping then is this member's death.
 */
void ipcb_member_leave(struct ipcbuf_region *region);

/* Is the member with this id alive? A system call, unless it is us. */
int ipcb_member_alive(const struct ipcbuf_region *region, uint32_t id);

/* Does the backend know of a death in this slot that nobody has seen to? */
int ipcb_member_died(const struct ipcbuf_region *region, uint32_t id);

/* 0 where there is none. */
int32_t ipcb_member_pid(const struct ipcbuf_region *region, uint32_t id);

/*
 * Recovers every member that died. Returns how many. Any member, any time;
 * takes the directory's lock.
 */
unsigned int ipcb_recover_dead(struct ipcbuf_region *region);

/* Recovers this one, if it died. 1 where it had. */
int ipcb_recover_if_dead(struct ipcbuf_region *region, uint32_t id);
/*
 * The same without waiting. -EAGAIN: it has died, but somebody else is changing
 * the directory or recovering it just now.
 */
int ipcb_try_recover_if_dead(struct ipcbuf_region *region, uint32_t id);

/*
 * recover.c: the caller holds the byte of @slot. -ETIMEDOUT where a stopped
 * process holds the directory; then the slot stays as it is.
 */
int ipcb_recover_member(struct ipcbuf_region *region, uint32_t slot);

#endif
