/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The SPSC record ring: a record's way out, see spsc_way.h. */
#include "spsc_way.h"

static int expected(const struct ipcbuf_channel *channel, unsigned int own)
{
	return own == channel->peer_member || own == IPCB_OWN_CHANNEL;
}

/*
 * C2. Whose it is when it isn't whom we expect: the end's word first, then own
 * once more. A producer that leaves hands its window over before its word says
 * so; read the other way round, a record of its could look like nobody's.
 */
static ipcb_noinline int sent_by_new_peer(struct ipcbuf_channel *channel,
					  const uint16_t *own)
{
	uint32_t member;
	unsigned int now;

	/* Acquire: pairs with the release that says LEFT or DEAD. */
	member = ipcb_end_member(ipcb_load_acquire(&channel->peer->word));
	channel->peer_member = member ? member : IPCB_NOBODY;
	now = ipcb_load_relaxed(own);
	return expected(channel, now) || (member && ipcb_spsc_is_or_was(now, member));
}

/* A slot's record: what is written when it is received. */
struct found {
	void *record;
	uint16_t *own;
	uint8_t *is_held;
	uint8_t held;			/* what that is to say */
};

static ipcb_always_inline void found_at(const struct ipcbuf_region *region,
					uint64_t unit, uint16_t *own,
					uint8_t held, struct found *ret)
{
	ret->record = ipcb_unit_at(region, unit);
	ret->own = own;
	ret->is_held = &region->held[unit];
	ret->held = held;
}

/*
 * Whatever block it is; 0: it is none. The slab of a small one is remembered, and the
 * class of a large one.
 */
static ipcb_noinline int find_elsewhere(struct ipcbuf_channel *channel,
					struct ipcbuf_region *region,
					uint64_t unit, struct found *ret)
{
	unsigned int class;
	uint16_t *own = ipcb_small_own_at(region, unit, &class);
	struct ipcb_block block;

	if (own) {
		ipcb_slab_memo_set(&channel->memo, region, unit, class);
	} else {
		own = ipcb_large_own_at(region, unit, &class);
		if (own)
			ipcb_large_memo_set(&channel->large, region, unit,
					    class);
	}
	if (ipcb_unlikely(!own)) {
		if (unit >= region->heap_units ||
		    ipcb_block_at(region, (unit + region->heap_unit) << 6,
				  &block))
			return 0;
		own = block.own;
		class = block.class;
	}
	found_at(region, unit, own, (uint8_t)(class + 1), ret);
	return 1;
}

/* A block of the last slab. @within: it. */
static ipcb_always_inline int find_within(const struct ipcb_slab_memo *memo,
					  uint64_t within, struct found *ret)
{
	if (ipcb_unlikely(!ipcb_slab_memo_find(memo, within, &ret->own)))
		return 0;
	ret->record = memo->start + (within << 6);
	ret->is_held = &memo->is_held[within];
	ret->held = memo->held;
	return 1;
}

/* A block of the last large class. */
static ipcb_always_inline int find_large(const struct ipcb_large_memo *memo,
					 const struct ipcbuf_region *region,
					 uint64_t unit, struct found *ret)
{
	uint16_t *own;

	if (!ipcb_large_memo_find(memo, region, unit, &own))
		return 0;
	found_at(region, unit, own, memo->held, ret);
	return 1;
}

static ipcb_always_inline int find(struct ipcbuf_channel *channel,
				   struct ipcbuf_region *region, uint64_t unit,
				   struct found *ret)
{
	return ipcb_likely(find_within(&channel->memo,
				       unit - channel->memo.first, ret)) ||
	       find_large(&channel->large, region, unit, ret) ||
	       find_elsewhere(channel, region, unit, ret);
}

/* C1 */
static ipcb_always_inline uint64_t next_slot(const struct ipcbuf_channel *channel)
{
	return ipcb_load_acquire(
		&channel->slots[channel->position & channel->mask]);
}

/* After the next position has been stored. */
static ipcb_always_inline int is_turn(const struct ipcbuf_channel *channel,
				      uint64_t position)
{
	return ipcb_unlikely(!(position & channel->turn_mask)) ? 1 : 0;
}

/* C3, and on to the next position. The record is the caller's. */
static ipcb_always_inline uint64_t take_found(struct ipcbuf_channel *channel,
					      const struct found *found,
					      void **ret_record)
{
	uint64_t position = channel->position + 1;

	/* C3, before C4. Release: pairs with the swaps in hand_over(). */
	ipcb_store_release(found->own, (uint16_t)channel->me);
	ipcb_store_relaxed(found->is_held, found->held);
	*ret_record = found->record;
	channel->position = position;
	return position;
}

/* C1 to C3; -EAGAIN: nothing there; -EBADMSG: no record of the producer's. */
static ipcb_always_inline int take(struct ipcbuf_channel *channel,
				   void **ret_record)
{
	struct ipcbuf_region *region = channel->region;
	uint64_t slot = next_slot(channel);
	uint64_t unit = ipcb_spsc_slot_unit(slot) - region->heap_unit;
	struct found found;

	if ((slot & IPCB_SPSC_LAP_MASK) != channel->lap)
		return -EAGAIN;
	if (ipcb_unlikely(!find(channel, region, unit, &found)))
		return -EBADMSG;
	/* C3 follows: one transfer of the line, not two. */
	ipcb_prefetch_for_store(found.own);
	if (!expected(channel, ipcb_load_relaxed(found.own)) &&
	    !sent_by_new_peer(channel, found.own))
		return -EBADMSG;
	if (is_turn(channel, take_found(channel, &found, ret_record)))
		ipcb_spsc_turn(channel);
	return 0;
}

/*
 * Nothing there. The producer's word is read before the slot is looked at
 * again: what it sent before it left isn't overlooked.
 */
static int nothing_there(struct ipcbuf_channel *channel)
{
	/* Acquire: pairs with the release that says LEFT. */
	uint64_t peer = ipcb_load_acquire(&channel->peer->word);

	if (ipcb_likely(ipcb_end_usable(peer)) ||
	    ipcb_spsc_in_window(channel->shared, channel->shift, channel->position))
		return -EAGAIN;
	return ipcb_spsc_peer_gone(channel, peer);
}

/* C4 and C5. */
static void received_some(struct ipcbuf_channel *channel)
{
	struct ipcb_spsc *spsc = channel->shared;

	/* C4 */
	ipcb_store_release(&spsc->tail, channel->position);
	ipcb_wait_wake(&channel->region->wait, &channel->peer->wait);
}

/* What @error of take() comes to. */
static int received_none(struct ipcbuf_channel *channel, int error)
{
	if (error == -EAGAIN)
		return nothing_there(channel);
	/* What can't be a record is skipped. */
	ipcb_spsc_seek(channel, channel->position + 1);
	received_some(channel);
	return error;
}

/*
 * C1 to C3 for as many of @count as come one after the other from the last slab, as
 * usual. What doesn't change meanwhile is copied, or would be read again after
 * each store.
 */
static size_t take_run(struct ipcbuf_channel *channel, void **records,
		       size_t count)
{
	const struct ipcb_slab_memo memo = channel->memo;
	uint64_t before = (channel->region->heap_unit + memo.first) << 2;
	uint64_t *slots = channel->slots, position = channel->position, within;
	uint64_t mask = channel->mask, turn_mask = channel->turn_mask;
	uint64_t slot_before = before | channel->lap;
	uint32_t peer = channel->peer_member;
	uint16_t me = (uint16_t)channel->me;
	struct found found;
	void **end = records + count, **next = records;

	while (next < end) {
		/* C1 */
		within = ipcb_spsc_slot_within(ipcb_load_acquire(
						&slots[position & mask]),
					       slot_before);
		if (ipcb_unlikely(!find_within(&memo, within, &found)))
			break;
		ipcb_prefetch_for_store(found.own);
		/* C2 */
		if (ipcb_unlikely(ipcb_load_relaxed(found.own) != peer))
			break;
		/* C3, as in take_found(). */
		ipcb_store_release(found.own, me);
		ipcb_store_relaxed(found.is_held, found.held);
		*next++ = found.record;
		if (ipcb_unlikely(!(++position & turn_mask))) {
			channel->position = position;
			ipcb_spsc_turn(channel);
			slot_before = before | channel->lap;
		}
	}
	channel->position = position;
	return (size_t)(next - records);
}

/* C1 to C3 for up to @count records; an error only for none. */
static int take_some(struct ipcbuf_channel *channel, void **records,
		     size_t count, size_t *ret_taken)
{
	size_t taken = 0;
	int error = 0;

	while (taken < count) {
		taken += take_run(channel, records + taken, count - taken);
		if (taken == count)
			break;
		error = take(channel, &records[taken]);
		if (error)
			break;
		taken++;
	}
	*ret_taken = taken;
	return taken ? 0 : error;
}

int ipcb_spsc_receive(struct ipcbuf_channel *channel, void **records,
		      size_t count, size_t *ret_received)
{
	uint64_t peer = ipcb_load_relaxed(&channel->peer->word);
	size_t taken;
	int error;

	/* A removed channel isn't drained: its records are given back. */
	if (ipcb_unlikely(ipcb_end_removed(peer)))
		return -EPIPE;
	error = take_some(channel, records, count, &taken);
	if (error == -EAGAIN && ipcb_spsc_slip(channel))
		error = take_some(channel, records, count, &taken);
	if (error)
		return received_none(channel, error);
	received_some(channel);
	*ret_received = taken;
	return 0;
}

static ipcb_noinline int receive_rest(struct ipcbuf_channel *channel,
				      void **ret_record,
				      struct ipcb_reader *reader,
				      uint64_t deadline_ns)
{
	size_t received;
	int error = ipcb_spsc_receive(channel, ret_record, 1, &received);

	return ipcb_channel_receive_rest(channel, ret_record, reader,
					 deadline_ns, error);
}

static void fetch_last_own(const struct ipcbuf_channel *channel)
{
	uint64_t slot = ipcb_spsc_slot_at(channel, channel->position - 1);
	uint64_t unit = ipcb_spsc_slot_unit(slot) - channel->region->heap_unit;
	uint16_t *own;

	if (ipcb_slab_memo_find(&channel->memo, unit - channel->memo.first,
				&own))
		ipcb_prefetch_for_store(own);
}

/* Nothing there, and the last record's own word is to be fetched. */
static ipcb_noinline int receive_none_and_fetch(struct ipcbuf_channel *channel,
						struct ipcb_reader *reader)
{
	channel->polls++;
	fetch_last_own(channel);
	ipcb_reader_leave(reader);
	return -EAGAIN;
}

/* The first look in vain since a record came, or the time is to be asked for. */
static ipcb_noinline int receive_none_rest(struct ipcbuf_channel *channel,
					   void **ret_record,
					   struct ipcb_reader *reader,
					   uint64_t deadline_ns)
{
	if (ipcb_spsc_slip(channel) || !ipcb_channel_polled_short(channel))
		return receive_rest(channel, ret_record, reader, deadline_ns);
	ipcb_reader_leave(reader);
	return -EAGAIN;
}

/* C2, where it is as usual. */
static ipcb_always_inline int is_expected(const struct ipcbuf_channel *channel,
					  uint16_t *own)
{
	/* C3 follows: one transfer of the line, not two. */
	ipcb_prefetch_for_store(own);
	return ipcb_load_relaxed(own) == channel->peer_member;
}

static ipcb_noinline int turn_and_end(struct ipcbuf_channel *channel,
				      struct ipcb_reader *reader)
{
	ipcb_spsc_turn(channel);
	return ipcb_spsc_end_short(channel, channel->peer, reader);
}

/* C3 to C5 of a record that the producer sent while it had the channel. */
static ipcb_always_inline int take_short(struct ipcbuf_channel *channel,
					 const struct found *found,
					 void **ret_record,
					 const struct ipcb_end *peer,
					 struct ipcb_reader *reader)
{
	struct ipcb_spsc *spsc = channel->shared;
	uint64_t position = take_found(channel, found, ret_record);

	/* C4 */
	ipcb_store_release(&spsc->tail, position);
	if (is_turn(channel, position))
		return turn_and_end(channel, reader);
	return ipcb_spsc_end_short(channel, peer, reader);
}

/* A record of another slab than the last one, or of another large class. */
static ipcb_noinline int receive_elsewhere(struct ipcbuf_channel *channel,
					   void **ret_record,
					   struct ipcb_reader *reader,
					   uint64_t deadline_ns)
{
	struct ipcbuf_region *region = channel->region;
	const struct ipcb_end *peer = channel->peer;
	uint64_t slot = next_slot(channel);
	uint64_t unit = ipcb_spsc_slot_unit(slot) - region->heap_unit;
	struct found found;

	if ((slot & IPCB_SPSC_LAP_MASK) != channel->lap ||
	    ipcb_end_removed(ipcb_load_relaxed(&peer->word)) ||
	    !find_elsewhere(channel, region, unit, &found) ||
	    !is_expected(channel, found.own))
		return receive_rest(channel, ret_record, reader, deadline_ns);
	return take_short(channel, &found, ret_record, peer, reader);
}

/* The record at @unit isn't of the last slab: a large one of the last such class? */
static ipcb_noinline int receive_large(struct ipcbuf_channel *channel,
				       void **ret_record,
				       struct ipcb_reader *reader,
				       uint64_t deadline_ns, uint64_t unit)
{
	const struct ipcb_end *peer = channel->peer;
	struct found found;

	if (ipcb_unlikely(ipcb_end_removed(ipcb_load_relaxed(&peer->word)) ||
			  !find_large(&channel->large, channel->region, unit,
				      &found) ||
			  !is_expected(channel, found.own)))
		return receive_elsewhere(channel, ret_record, reader,
					 deadline_ns);
	return take_short(channel, &found, ret_record, peer, reader);
}

/* C2 to C5, where there is a record, and it is of the last slab as usual. */
static ipcb_always_inline int receive_slot(struct ipcbuf_channel *channel,
					   void **ret_record,
					   struct ipcb_reader *reader,
					   uint64_t deadline_ns, uint64_t slot)
{
	const struct ipcb_slab_memo *memo = &channel->memo;
	const struct ipcb_end *peer = channel->peer;
	uint64_t unit = ipcb_spsc_slot_unit(slot) - channel->region->heap_unit;
	struct found found;

	if (ipcb_unlikely(!find_within(memo, unit - memo->first, &found) ||
			  ipcb_end_removed(ipcb_load_relaxed(&peer->word)) ||
			  !is_expected(channel, found.own)))
		return receive_large(channel, ret_record, reader, deadline_ns,
				     unit);
	return take_short(channel, &found, ret_record, peer, reader);
}

/*
 * How often who waits looks before it does anything else: for a microsecond or two. It
 * pauses once in a while, for a core that it may share with the producer.
 */
#define AWAIT_LOOKS 512u
#define AWAIT_PAUSE 16u

/*
 * The slot is empty, and the caller waits. What comes so soon that a wait isn't worth
 * preparing for is received as if it had been there.
 */
static ipcb_noinline int receive_awaited(struct ipcbuf_channel *channel,
					 void **ret_record,
					 struct ipcb_reader *reader,
					 uint64_t deadline_ns)
{
	const uint64_t *next = &channel->slots[channel->position & channel->mask];
	uint32_t i, fetch, looks = ipcb_channel_spins(channel) ? AWAIT_LOOKS : 0;
	uint64_t lap = channel->lap, slot;

	ipcb_spsc_slip(channel);
	fetch = channel->fetch_poll - channel->polls;
	for (i = 0; i < looks; i++) {
		/* C1 */
		slot = ipcb_load_acquire(next);
		if ((slot & IPCB_SPSC_LAP_MASK) == lap) {
			channel->polls += i;
			if (ipcb_unlikely(channel->spin))
				ipcb_channel_spun(channel);
			return receive_slot(channel, ret_record, reader,
					    deadline_ns, slot);
		}
		if (i == fetch)
			fetch_last_own(channel);
		if (i % AWAIT_PAUSE == AWAIT_PAUSE - 1)
			ipcb_relax();
	}
	channel->polls += looks;
	return receive_rest(channel, ret_record, reader, deadline_ns);
}

/*
 * The slot is empty. Who polls comes here most of the time, and sees the sooner what
 * arrives the shorter this is: it is final where the producer is there, this isn't the
 * first look of a wait, and it isn't time to look after the peer.
 */
static ipcb_noinline int receive_none(struct ipcbuf_channel *channel,
				      void **ret_record,
				      struct ipcb_reader *reader,
				      uint64_t deadline_ns)
{
	uint32_t polls = channel->polls;

	ipcb_reader_look(reader);
	if (deadline_ns)
		return receive_awaited(channel, ret_record, reader,
				       deadline_ns);
	if (ipcb_unlikely(!ipcb_end_usable(ipcb_load_relaxed(
						&channel->peer->word))))
		return receive_rest(channel, ret_record, reader, deadline_ns);
	if (ipcb_unlikely(channel->position != channel->stop_position ||
			  polls % IPCB_LOOK_POLLS == IPCB_LOOK_POLLS - 1))
		return receive_none_rest(channel, ret_record, reader,
					 deadline_ns);
	channel->slipping = 0;
	if (ipcb_unlikely(polls == channel->fetch_poll))
		return receive_none_and_fetch(channel, reader);
	channel->polls = polls + 1;
	ipcb_reader_leave(reader);
	return -EAGAIN;
}

static int receive_short(struct ipcbuf_channel *channel, void **ret_record,
			 struct ipcb_reader *reader, uint64_t deadline_ns)
{
	uint64_t slot = next_slot(channel);

	if (ipcb_unlikely((slot & IPCB_SPSC_LAP_MASK) != channel->lap))
		return receive_none(channel, ret_record, reader, deadline_ns);
	return receive_slot(channel, ret_record, reader, deadline_ns, slot);
}

const struct ipcb_channel_ways ipcb_spsc_consumer_ways = {
	.send = ipcb_channel_send_long,
	.receive = receive_short,
};
