/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Channels, whatever their kind: ends, joining and leaving, waiting.
 *
 * An end's word: NEVER, ATTACHED(member), LEFT or DEAD, how often its owner
 * died, and whether the channel was removed; written under the directory's lock
 * alone. Peers read it without: a producer's last slot comes before its LEFT.
 *
 * A kind is one file behind struct ipcb_channel_ops. Kinds don't know of one
 * another, and nothing here knows which one it has.
 */
#ifndef IPCB_CHANNEL_H
#define IPCB_CHANNEL_H

#include <ipcbuf/inspect.h>

#include "object.h"

/* Line of an end: its owner's, but for @wait.waiting. */
struct ipcb_end {
	uint64_t word;
	uint64_t reserved0;
	struct ipcb_wait_object wait;
	uint64_t reserved1[4];
};

_Static_assert(sizeof(struct ipcb_end) == 64, "a line");

#define IPCB_END_REMOVED 0x80u
#define IPCB_NOBODY      UINT32_MAX	/* no own word says this */

/* How often somebody who had this end died; modulo 2^32. */
static inline uint32_t ipcb_end_deaths(uint64_t word)
{
	return (uint32_t)(word >> 16);
}

/* What follows @word: the deaths are counted on, a removed channel stays so. */
static inline uint64_t ipcb_end_next(uint64_t word, unsigned int state,
				     uint32_t member)
{
	uint64_t removed = word & (uint64_t)IPCB_END_REMOVED << 56;
	uint32_t deaths = ipcb_end_deaths(word) + (state == IPCBUF_END_DEAD);

	return removed | (uint64_t)state << 56 | (uint64_t)deaths << 16 |
	       member;
}

/* enum ipcbuf_end_state, without REMOVED */
static inline unsigned int ipcb_end_state(uint64_t word)
{
	return (unsigned int)(word >> 56) & ~IPCB_END_REMOVED;
}

static inline uint32_t ipcb_end_member(uint64_t word)
{
	return (uint32_t)word & 0xffff;
}

/* Has nobody left, died or removed it? (NEVER or ATTACHED) */
static inline int ipcb_end_usable(uint64_t word)
{
	return word >> 56 <= IPCBUF_END_ATTACHED;
}

static inline int ipcb_end_removed(uint64_t word)
{
	return (unsigned int)(word >> 56) >= IPCB_END_REMOVED;
}

struct ipcb_channel_ops;

/* A process's end of a channel: one thread at a time, but for the list. */
struct ipcbuf_channel {
	struct ipcb_handle handle;
	const struct ipcb_channel_ops *ops;
	struct ipcbuf_region *region;
	void *shared;			/* the channel's block */
	uint64_t *slots;
	struct ipcb_end *mine;
	struct ipcb_end *peer;
	uint64_t mask;			/* depth - 1 */
	uint64_t position;		/* producer: head; consumer: tail */
	uint64_t lap;			/* of that position */
	uint64_t limit;			/* producer: head may go up to here */
	/* Slots of a line, or half of one, or if they are fewer all; less one. */
	uint64_t line_mask;		/* producer */
	uint64_t turn_mask;		/* consumer; see ipcb_spsc_turn() */
	struct ipcb_slab_memo memo;	/* consumer: where the last record was */
	struct ipcb_large_memo large;	/* the same of large ones */
	uint32_t shift;			/* log2(depth) */
	uint32_t peer_member;		/* whose records are expected */
	uint32_t me;
	uint32_t spin;			/* how long that is worth it; 0: the most */
	uint32_t probe;			/* when it is tried out again */
	uint32_t stops;			/* see ipcb_spsc_slip() */
	int slipping;
	int is_behind;			/* see ipcb_spsc_turn() */
	uint64_t stop_position;
	uint64_t first_position;	/* when it was attached */
	uint64_t offset;		/* of the block */
	enum ipcbuf_direction direction;
	uint32_t deaths_told;		/* of the peer */
	int close_with_region;
	uint32_t polls;			/* see ipcb_channel_polled() */
	uint32_t wait_poll;		/* with which this wait began */
	uint32_t fetch_poll;		/* see begin_wait() in spsc_pace.c */
	uint64_t looked_ns;
	uint32_t deaths;		/* when it was looked for the dead */
	int unsettled;			/* the peer died, and isn't recovered */
	uint32_t deaths_seen;		/* see channel_fd.c */
	unsigned int sleepers;		/* atomic; who leaves waits for 0 */
	struct ipcbuf_channel *next;	/* by region.mutex */
	char name[IPCBUF_NAME_MAX + 1];	/* empty where it has a number */
};

/*
 * What the public calls for one record come to, by what a handle is for, or that it
 * is for nothing any more. That they are read is R3 of reader.h. They are called
 * inside by @reader, and are outside afterwards; where a record can't go, or come, at
 * once, short ways end by ipcb_channel_send_rest() or ipcb_channel_receive_rest().
 */
struct ipcb_channel_ways {
	int (*send)(struct ipcbuf_channel *channel, void *record,
		    struct ipcb_reader *reader, uint64_t deadline_ns);
	int (*receive)(struct ipcbuf_channel *channel, void **ret_record,
		       struct ipcb_reader *reader, uint64_t deadline_ns);
};

struct ipcb_channel_ops {
	uint32_t kind;
	uint64_t (*bytes)(uint32_t depth_shift);
	/* The block is zero behind its object. */
	void (*init)(struct ipcb_object *object, uint32_t depth_shift);
	/* Under the directory's lock; @channel knows region and offset. */
	struct ipcb_end *(*end)(struct ipcb_object *object,
				enum ipcbuf_direction direction);
	void (*attach)(struct ipcbuf_channel *channel);
	void (*leave)(struct ipcbuf_channel *channel);
	/* The short ways, if ipcb_wait_is_light(). */
	const struct ipcb_channel_ways *producer_ways;
	const struct ipcb_channel_ways *consumer_ways;
	/*
	 * Inside, up to @count: 0, or for none -EAGAIN, -EPIPE, -EOWNERDEAD, ...
	 */
	int (*send)(struct ipcbuf_channel *channel, void *const *records,
		    size_t count, size_t *ret_sent);
	int (*receive)(struct ipcbuf_channel *channel, void **records,
		       size_t count, size_t *ret_received);
	/* Would send or receive say something other than -EAGAIN? */
	int (*ready)(struct ipcbuf_channel *channel);
	size_t (*pending)(const struct ipcbuf_region *region,
			  const struct ipcb_object *object);
	void (*info)(const struct ipcbuf_region *region,
		     const struct ipcb_object *object,
		     struct ipcbuf_channel_info *info);
};

extern const struct ipcb_channel_ops ipcb_channel_spsc;

/* NULL for kinds that aren't channels. */
const struct ipcb_channel_ops *ipcb_channel_ops_by_kind(uint32_t kind);

/* 0 and inside, -EINVAL, -EBADF; @direction 0 takes both. */
static inline int ipcb_channel_enter(struct ipcbuf_channel *channel,
				     unsigned int direction)
{
	if (ipcb_unlikely(!channel))
		return -EINVAL;
	ipcb_rcu_read_lock();
	/* Acquire: pairs with the release in channel.c's publish(). */
	if (ipcb_unlikely(!ipcb_load_acquire(&channel->handle.serial))) {
		ipcb_rcu_read_unlock();
		return -EBADF;
	}
	if (ipcb_unlikely(direction && channel->direction != direction)) {
		ipcb_rcu_read_unlock();
		return -EINVAL;
	}
	return 0;
}

/*
 * channel_io.c: the long ways for both directions, for handles that are closed, or
 * have no short ways, or none in this direction.
 */
extern const struct ipcb_channel_ways ipcb_channel_long_ways;
int ipcb_channel_send_long(struct ipcbuf_channel *channel, void *record,
			   struct ipcb_reader *reader, uint64_t deadline_ns);
int ipcb_channel_receive_long(struct ipcbuf_channel *channel,
			      void **ret_record, struct ipcb_reader *reader,
			      uint64_t deadline_ns);

/* Closing it is the caller's where this is 1: G1 of reader.h. */
static inline int ipcb_channel_shut(struct ipcbuf_channel *channel)
{
	if (!ipcb_handle_shut(&channel->handle))
		return 0;
	ipcb_store_release(&channel->handle.ways, &ipcb_channel_long_ways);
	return 1;
}

/*
 * channel_io.c: inside by @reader, with what the short way came to; leaves, and goes
 * the long way where that may come to something better before the deadline.
 */
int ipcb_channel_send_rest(struct ipcbuf_channel *channel, void *record,
			   struct ipcb_reader *reader, uint64_t deadline_ns,
			   int error);
int ipcb_channel_receive_rest(struct ipcbuf_channel *channel,
			      void **ret_record, struct ipcb_reader *reader,
			      uint64_t deadline_ns, int error);

/*
 * channel_wait.c: sleeps until ready() or a tick has passed. Called inside,
 * returns inside (0), or outside with -ETIMEDOUT or -EBADF.
 */
int ipcb_channel_sleep(struct ipcbuf_channel *channel, unsigned int direction,
		       uint64_t deadline_ns);

/*
 * channel_wait.c: has spinning been worth it lately? And now it has been; to be
 * called where a wait was over by looking alone.
 */
int ipcb_channel_spins(const struct ipcbuf_channel *channel);
void ipcb_channel_spun(struct ipcbuf_channel *channel);

/* Once, before there is a channel. */
void ipcb_channel_init(void);

/* channel_wait.c, inside: L1 and L2 of wait.h; sets deaths and unsettled. */
void ipcb_channel_look_after_peer(struct ipcbuf_channel *channel);

/* Polls for which the time isn't even asked for. */
#define IPCB_LOOK_POLLS 16u

/*
 * channel_wait.c, inside: a call that doesn't wait came too early. Now and then
 * it looks after the peer, or who only polls would never hear of a death.
 */
void ipcb_channel_polled(struct ipcbuf_channel *channel);

/* Is it time to look? Anywhere. */
int ipcb_channel_is_time_to_look(const struct ipcbuf_channel *channel);

/* The same, but the long way where it is time to look: then 0. */
static inline int ipcb_channel_polled_short(struct ipcbuf_channel *channel)
{
	if (ipcb_unlikely(channel->polls % IPCB_LOOK_POLLS ==
			  IPCB_LOOK_POLLS - 1) &&
	    ipcb_channel_is_time_to_look(channel))
		return 0;
	channel->polls++;
	return 1;
}

/*
 * Records received minus records sent, see cache.h. What can't be a record counts as
 * one: who closes then looks for more than there is.
 */
static inline int64_t ipcb_channel_gained(const struct ipcbuf_channel *channel)
{
	int64_t moved = (int64_t)(channel->position - channel->first_position);

	return channel->direction == IPCBUF_CONSUMER ? moved : -moved;
}

/*
 * channel.c: leaves on behalf of a region that is closing; the handle has been
 * shut and nobody is inside.
 */
void ipcb_channel_leave(struct ipcbuf_channel *channel);

#endif
