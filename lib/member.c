/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Joining, leaving and asking after members; the rules are in member.h. */
#include "member.h"

#include <unistd.h>

#include "directory.h"
#include "lockfile.h"

static struct ipcb_member_slot *slot_at(const struct ipcbuf_region *region,
					uint32_t slot)
{
	return &region->members[slot];
}

/* Holds the byte. What a dead member has left goes first. */
static int claim(struct ipcbuf_region *region, uint32_t slot)
{
	struct ipcb_member_slot *s = slot_at(region, slot);
	uint64_t word = ipcb_load_acquire(&s->word);
	uint32_t generation;
	int error = 0;

	/* What is done in our name during recovery is found if we die. */
	region->member = slot + 1;
	region->wait.member = slot + 1;
	if (ipcb_member_state(word) != IPCB_MEMBER_FREE)
		error = ipcb_recover_member(region, slot);
	generation = ipcb_member_generation(word);
	if (!error)
		error = region->memory.ops->join(&region->memory, slot,
						 &generation);
	if (error) {
		ipcb_unlock(region->lock_fd, IPCB_LOCK_MEMBER(slot));
		return error;
	}
	ipcb_store_relaxed(&s->pid, (int32_t)getpid());
	ipcb_store_relaxed(&s->joined_ns, ipcb_realtime_ns());
	/* Release: who sees ALIVE sees the pid (ipcb_member_pid()). */
	ipcb_store_release(&s->word,
			   ipcb_member_word(IPCB_MEMBER_ALIVE, generation));
	return 0;
}

static int try_claim(struct ipcbuf_region *region, uint32_t slot)
{
	int error = ipcb_lock_try(region->lock_fd, IPCB_LOCK_MEMBER(slot));

	return error ? error : claim(region, slot);
}

/*
 * The slot of one that may be dead. Its byte is only taken by who has the
 * directory's lock: others who have it see by the byte whether it lives, and
 * would take one that somebody is about to recover for alive.
 */
static int try_inherit(struct ipcbuf_region *region, uint32_t slot)
{
	int error = ipcb_lock_held(region->lock_fd, IPCB_LOCK_MEMBER(slot), 1);

	if (error)
		return error < 0 ? error : -EAGAIN;
	error = ipcb_directory_lock(region);
	if (error)
		return error;
	error = try_claim(region, slot);
	ipcb_directory_unlock(region);
	return error;
}

int ipcb_member_join(struct ipcbuf_region *region)
{
	uint32_t slot;
	uint64_t word;
	int error;

	for (slot = 0; slot < region->g.max_members; slot++) {
		word = ipcb_load_acquire(&slot_at(region, slot)->word);
		error = ipcb_member_state(word) == IPCB_MEMBER_FREE ?
			try_claim(region, slot) : try_inherit(region, slot);
		if (error != -EAGAIN && error != -EBUSY)
			return error;
	}
	return -EUSERS;
}

void ipcb_member_leave(struct ipcbuf_region *region)
{
	uint32_t slot = region->member - 1;
	struct ipcb_member_slot *s = slot_at(region, slot);
	uint64_t word = ipcb_load_relaxed(&s->word);

	/*
	 * The slot stays ours, and its byte goes with its descriptor: whoever
	 * comes next takes us for dead, and recovers what we have left behind.
	 */
	if (ipcb_load_relaxed(&region->left_behind))
		return;
	/* Release: what was given back is seen by the slot's next owner. */
	ipcb_store_release(&s->word,
			   ipcb_member_word(IPCB_MEMBER_FREE,
					    ipcb_member_generation(word)));
	region->memory.ops->leave(&region->memory);
	ipcb_unlock(region->lock_fd, IPCB_LOCK_MEMBER(slot));
}

static enum ipcb_member_news news_of(const struct ipcbuf_region *region,
				     uint32_t id)
{
	return region->memory.ops->news(&region->memory, id - 1);
}

int ipcb_member_died(const struct ipcbuf_region *region, uint32_t id)
{
	return ipcb_member_id_valid(region, id) &&
	       news_of(region, id) == IPCB_NEWS_DEAD;
}

int ipcb_member_alive(const struct ipcbuf_region *region, uint32_t id)
{
	enum ipcb_member_news news;
	uint64_t word;

	if (!ipcb_member_id_valid(region, id))
		return 0;
	if (id == region->member)
		return 1;
	word = ipcb_load_acquire(&slot_at(region, id - 1)->word);
	if (ipcb_member_state(word) == IPCB_MEMBER_FREE)
		return 0;
	news = news_of(region, id);
	if (news != IPCB_NEWS_NONE)
		return news == IPCB_NEWS_ALIVE;
	return ipcb_lock_held(region->lock_fd, IPCB_LOCK_MEMBER(id - 1), 1) != 0;
}

int32_t ipcb_member_pid(const struct ipcbuf_region *region, uint32_t id)
{
	if (!ipcb_member_id_valid(region, id))
		return 0;
	return ipcb_load_relaxed(&slot_at(region, id - 1)->pid);
}

static unsigned int slot_state(const struct ipcbuf_region *region, uint32_t id)
{
	return ipcb_member_state(
		ipcb_load_acquire(&slot_at(region, id - 1)->word));
}

/* One that died after it had left, or before it had come, is only reaped. */
static int needs_recovery(const struct ipcbuf_region *region, uint32_t id)
{
	if (slot_state(region, id) == IPCB_MEMBER_FREE)
		return ipcb_member_died(region, id);
	return !ipcb_member_alive(region, id);
}

/* Holds the byte; whoever it belonged to has died, left or been recovered. */
static int recover_locked(struct ipcbuf_region *region, uint32_t id)
{
	if (slot_state(region, id) != IPCB_MEMBER_FREE)
		return !ipcb_recover_member(region, id - 1);
	region->memory.ops->reap(&region->memory, id - 1);
	return 0;
}

static int recover_and_unlock(struct ipcbuf_region *region, uint32_t id)
{
	int result = -EAGAIN;

	/*
	 * The byte doesn't keep out other threads of this handle, which share
	 * its open file description; the directory's lock does.
	 */
	if (!ipcb_lock_try(region->lock_fd, IPCB_LOCK_MEMBER(id - 1))) {
		result = recover_locked(region, id);
		ipcb_unlock(region->lock_fd, IPCB_LOCK_MEMBER(id - 1));
	}
	ipcb_directory_unlock(region);
	return result;
}

static int can_be_dead(const struct ipcbuf_region *region, uint32_t id)
{
	return ipcb_member_id_valid(region, id) && id != region->member &&
	       needs_recovery(region, id);
}

int ipcb_recover_if_dead(struct ipcbuf_region *region, uint32_t id)
{
	if (!can_be_dead(region, id) || ipcb_directory_lock(region))
		return 0;
	return recover_and_unlock(region, id) == 1;
}

int ipcb_try_recover_if_dead(struct ipcbuf_region *region, uint32_t id)
{
	if (!can_be_dead(region, id))
		return 0;
	if (ipcb_directory_try_lock(region))
		return -EAGAIN;
	return recover_and_unlock(region, id);
}

unsigned int ipcb_recover_dead(struct ipcbuf_region *region)
{
	unsigned int recovered = 0;
	uint32_t id;

	for (id = 1; id <= region->g.max_members; id++)
		recovered += (unsigned int)ipcb_recover_if_dead(region, id);
	return recovered;
}
