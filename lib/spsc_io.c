/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The SPSC record ring: a record's way in and out. See spsc.h for the order of the
 * accesses, and what a death between any two of them leaves.
 *
 * The short ways do what usually happens, and call nothing: where it isn't as usual,
 * they end by a call that begins anew, before anything has been changed. So nothing
 * has to be kept across a call.
 */
#include "relax.h"
#include "spsc.h"

/* The peer isn't there any more: -EPIPE, or once for each death -EOWNERDEAD. */
static int peer_gone(struct ipcbuf_channel *channel, uint64_t word)
{
	uint32_t deaths = ipcb_end_deaths(word);

	if (ipcb_end_state(word) != IPCBUF_END_DEAD ||
	    channel->deaths_told == deaths)
		return -EPIPE;
	channel->deaths_told = deaths;
	return -EOWNERDEAD;
}

/* How far head may go; what a peer wrote there is bounded by the depth. */
static int set_limit(struct ipcbuf_channel *channel)
{
	struct ipcb_spsc *spsc = channel->shared;
	/* Acquire: pairs with C4, so C3 is done before the slot is reused. */
	uint64_t tail = ipcb_load_acquire(&spsc->tail);

	if (channel->position - tail > channel->mask)
		return 0;
	channel->limit = tail + channel->mask + 1;
	return 1;
}

int ipcb_spsc_has_room(struct ipcbuf_channel *channel)
{
	return ipcb_likely(channel->position < channel->limit) ||
	       set_limit(channel);
}

/*
 * A consumer that runs close behind its producer takes the slots' line away
 * from it for each record; a producer that finds the channel full does the
 * same to the consumer with the line of tail. Where records keep coming, who
 * had to stop lets the other get ahead ("temporal slipping", FastForward).
 * Whether they do is tried out now and then: if a short pause brought several,
 * the next one does too. A peer that answers one record at a time is hardly
 * delayed.
 */
#define SLIP_PAUSES  12u
#define SLIP_RECORDS 3u
#define SLIP_TRY     64u

static void pause_a_little(void)
{
	unsigned int i;

	for (i = 0; i < SLIP_PAUSES; i++)
		ipcb_relax();
}

/*
 * A consumer that waits for each single record, as for an answer, waits about as long
 * each time. The record's own word comes from the other side after the slot: when
 * three quarters of such a wait are over it is fetched, if it is the last one's or
 * lies in the same line. By then the other has written it, or doesn't need it yet; in
 * half the time it might still need it. Times are in looks.
 */
static void begin_wait(struct ipcbuf_channel *channel)
{
	uint32_t looks = channel->polls - channel->wait_poll;

	channel->wait_poll = channel->polls;
	channel->fetch_poll = channel->polls + looks - looks / 4;
}

/* 1 where it paused: look again. */
static ipcb_noinline int slip(struct ipcbuf_channel *channel)
{
	uint64_t run = channel->position - channel->stop_position;

	if (!run) {
		channel->slipping = 0;
		return 0;
	}
	channel->stop_position = channel->position;
	begin_wait(channel);
	if (channel->slipping)
		channel->slipping = run >= SLIP_RECORDS;
	else
		channel->slipping = ++channel->stops % SLIP_TRY == 0;
	if (channel->slipping)
		pause_a_little();
	return channel->slipping;
}

/*
 * A producer that is faster than its consumer has room for each record once that
 * has taken one, and takes the line of tail away from it each time. It waits for
 * more room, a little: nobody is kept from what lies in the channel.
 */
#define ROOM_RECORDS 32u
#define ROOM_PAUSES  4u

static ipcb_noinline int has_room_after_all(struct ipcbuf_channel *channel)
{
	uint64_t enough = ipcb_min(ROOM_RECORDS, channel->mask / 4);
	unsigned int i;

	if (!ipcb_spsc_has_room(channel) &&
	    (!slip(channel) || !ipcb_spsc_has_room(channel)))
		return 0;
	for (i = 0; i < ROOM_PAUSES &&
		    channel->limit - channel->position < enough; i++) {
		pause_a_little();
		set_limit(channel);
	}
	return 1;
}

/*
 * The producer has come to another line of slots, and maybe another lap. The
 * consumer has the line after it, from the lap before.
 */
static ipcb_always_inline void begin_slots(struct ipcbuf_channel *channel,
					   uint64_t position)
{
	channel->lap = ipcb_spsc_lap(position, channel->shift);
	ipcb_prefetch_for_store(
		&channel->slots[(position + IPCB_SPSC_LINE_SLOTS) &
				channel->mask]);
}

static ipcb_always_inline int is_held(const struct ipcbuf_region *region,
				      uint64_t unit)
{
	return unit < region->heap_units &&
	       ipcb_load_relaxed(&region->held[unit]);
}

/* P1 and P2. @position: the channel's. */
static ipcb_always_inline void put_unit(struct ipcbuf_channel *channel,
					struct ipcbuf_region *region,
					uint64_t position, uint64_t unit)
{
	uint64_t *slot = &channel->slots[position & channel->mask];
	uint64_t value = (unit + region->heap_unit) << 2 | channel->lap;

	ipcb_store_relaxed(&region->held[unit], 0);
	/* P2 */
	ipcb_store_release(slot, value);
	channel->position = ++position;
	if (ipcb_unlikely(!(position & channel->line_mask)))
		begin_slots(channel, position);
}

/* P0 to P2 */
static ipcb_always_inline int put(struct ipcbuf_channel *channel, void *record)
{
	struct ipcbuf_region *region = channel->region;
	uint64_t unit = ipcb_unit_of(region, record);

	if (ipcb_unlikely(!is_held(region, unit)))
		return -EINVAL;
	if (ipcb_unlikely(channel->position >= channel->limit) &&
	    !has_room_after_all(channel))
		return -EAGAIN;
	put_unit(channel, region, channel->position, unit);
	return 0;
}

/* P3, once for all of them. */
static void sent_some(struct ipcbuf_channel *channel)
{
	struct ipcb_spsc *spsc = channel->shared;

	ipcb_store_relaxed(&spsc->sent, channel->position);
	ipcb_wait_wake(&channel->region->wait, &channel->peer->wait);
}

static ipcb_noinline int send_rest(struct ipcbuf_channel *channel, void *record,
				   struct ipcb_reader *reader,
				   uint64_t deadline_ns)
{
	uint64_t peer = ipcb_load_relaxed(&channel->peer->word);
	int error;

	if (!record)
		error = -EINVAL;
	else
		error = ipcb_end_usable(peer) ? put(channel, record) :
						peer_gone(channel, peer);
	if (!error)
		sent_some(channel);
	return ipcb_channel_send_rest(channel, record, reader, deadline_ns,
				      error);
}

/* K4, after a short way. */
static ipcb_noinline int wake_and_leave(struct ipcbuf_channel *channel,
					struct ipcb_reader *reader)
{
	ipcb_wait_wake_slow(&channel->region->wait, &channel->peer->wait);
	ipcb_reader_leave(reader);
	return 0;
}

/* P3 or C5 of a short way, and its end. */
static ipcb_always_inline int end_short(struct ipcbuf_channel *channel,
					const struct ipcb_end *peer,
					struct ipcb_reader *reader)
{
	if (ipcb_unlikely(ipcb_wait_is_awaited_short(&peer->wait)))
		return wake_and_leave(channel, reader);
	ipcb_reader_leave(reader);
	return 0;
}

/* P0 to P3, where all is as it usually is. */
static int send_short(struct ipcbuf_channel *channel, void *record,
		      struct ipcb_reader *reader, uint64_t deadline_ns)
{
	struct ipcbuf_region *region = channel->region;
	struct ipcb_spsc *spsc = channel->shared;
	const struct ipcb_end *peer = channel->peer;
	uint64_t unit = ipcb_unit_of(region, record);
	uint64_t position = channel->position;

	if (ipcb_unlikely(!ipcb_end_usable(ipcb_load_relaxed(&peer->word)) ||
			  !is_held(region, unit) ||
			  position >= channel->limit))
		return send_rest(channel, record, reader, deadline_ns);
	put_unit(channel, region, position, unit);
	ipcb_store_relaxed(&spsc->sent, position + 1);
	return end_short(channel, peer, reader);
}

const struct ipcb_channel_ways ipcb_spsc_producer_ways = {
	.send = send_short,
	.receive = ipcb_channel_receive_long,
};

/*
 * P0 to P2 for as many of @count as are the caller's and there was room for at the last
 * look.
 */
static size_t put_run(struct ipcbuf_channel *channel, void *const *records,
		      size_t count)
{
	struct ipcbuf_region *region = channel->region;
	uint64_t heap_units = region->heap_units, unit, value;
	uint64_t position = channel->position, mask = channel->mask;
	uint64_t line_mask = channel->line_mask, lap = channel->lap;
	uint64_t room = channel->limit - position, heap_unit = region->heap_unit;
	uint64_t *slots = channel->slots;
	uint8_t *held = region->held;
	void *const *next = records, *const *end;

	end = records + (position < channel->limit ? ipcb_min(room, count) : 0);
	while (next < end) {
		unit = ipcb_unit_of(region, *next);
		if (ipcb_unlikely(unit >= heap_units ||
				  !ipcb_load_relaxed(&held[unit])))
			break;
		next++;
		ipcb_store_relaxed(&held[unit], 0);
		value = (unit + heap_unit) << 2 | lap;
		/* P2 */
		ipcb_store_release(&slots[position & mask], value);
		if (ipcb_unlikely(!(++position & line_mask))) {
			begin_slots(channel, position);
			lap = channel->lap;
		}
	}
	channel->position = position;
	return (size_t)(next - records);
}

int ipcb_spsc_send(struct ipcbuf_channel *channel, void *const *records,
		   size_t count, size_t *ret_sent)
{
	uint64_t peer = ipcb_load_relaxed(&channel->peer->word);
	size_t sent = 0;
	int error = 0;

	if (ipcb_unlikely(!ipcb_end_usable(peer)))
		return peer_gone(channel, peer);
	while (sent < count) {
		sent += put_run(channel, records + sent, count - sent);
		if (sent == count)
			break;
		error = put(channel, records[sent]);
		if (error)
			break;
		sent++;
	}
	if (ipcb_unlikely(!sent))
		return error;
	sent_some(channel);
	*ret_sent = sent;
	return 0;
}

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

	if (own)
		ipcb_slab_memo_set(&channel->memo, region, unit, class);
	else if ((own = ipcb_large_own_at(region, unit, &class)))
		ipcb_large_memo_set(&channel->large, region, unit, class);
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

/*
 * What is to come of a line of slots, when the one before has been received: if the
 * line is full, the records' first lines are on their way here while the program reads
 * the ones before, and so is the next line of slots, and half a line later the first
 * record that it names.
 *
 * A consumer that goes as fast as its producer never finds the channel empty, and yet
 * takes the line away from it for each record. It lets the producer get ahead by
 * a line, and stays behind from then on; who stopped a short while ago may be
 * one that waits for each single record, and isn't delayed.
 */
#define STREAM_RECORDS 64u

static uint64_t slot_at(const struct ipcbuf_channel *channel, uint64_t position)
{
	return ipcb_load_relaxed(&channel->slots[position & channel->mask]);
}

static int is_of_lap(uint64_t slot, uint64_t lap)
{
	return (slot & IPCB_SPSC_LAP_MASK) == lap;
}

/* A slot's record; any address, in a spoilt region. */
static ipcb_always_inline void prefetch_record(const struct ipcbuf_region *region,
					       uint64_t slot)
{
	ipcb_prefetch(ipcb_at(region, ipcb_spsc_slot_unit(slot) << 6));
}

/* The first own word of its frame, if it is of the last large class. */
static ipcb_always_inline void
prefetch_large_own(const struct ipcbuf_channel *channel, uint64_t slot)
{
	const struct ipcbuf_region *region = channel->region;
	uint64_t unit = ipcb_spsc_slot_unit(slot) - region->heap_unit;
	uint32_t frame = (uint32_t)ipcb_frame_of_unit(region, unit);

	ipcb_prefetch_for_store(channel->large.own +
				(uint64_t)frame * channel->large.own_words);
}

static int is_of_memo(const struct ipcbuf_channel *channel, uint64_t slot)
{
	uint64_t unit = ipcb_spsc_slot_unit(slot) - channel->region->heap_unit;

	return unit - channel->memo.first < channel->memo.units;
}

/* The second to the last of a full line. */
static void prefetch_line(const struct ipcbuf_channel *channel,
			  const uint64_t *slots)
{
	const struct ipcbuf_region *region = channel->region;
	unsigned int i;

	if (ipcb_likely(is_of_memo(channel, ipcb_load_relaxed(&slots[0]))))
		for (i = 1; i < IPCB_SPSC_LINE_SLOTS; i++)
			prefetch_record(region, ipcb_load_relaxed(&slots[i]));
	else if (channel->large.units)
		for (i = 1; i < IPCB_SPSC_LINE_SLOTS; i++)
			prefetch_large_own(channel, ipcb_load_relaxed(&slots[i]));
}

static void begin_line(struct ipcbuf_channel *channel, uint64_t position)
{
	const uint64_t *slots = &channel->slots[position & channel->mask];
	const uint64_t *last = &slots[IPCB_SPSC_LINE_SLOTS - 1];
	uint64_t lap = channel->lap;

	if (!is_of_lap(ipcb_load_relaxed(last), lap) &&
	    channel->mask >= STREAM_RECORDS - 1 &&
	    position - channel->stop_position >= STREAM_RECORDS)
		pause_a_little();
	channel->is_behind = is_of_lap(ipcb_load_relaxed(last), lap);
	if (!channel->is_behind)
		return;
	ipcb_prefetch(&channel->slots[(position + IPCB_SPSC_LINE_SLOTS) &
				      channel->mask]);
	prefetch_line(channel, slots);
}

/* The first record of the next line of slots, which has come by now. */
static void begin_next_line(const struct ipcbuf_channel *channel,
			    uint64_t position)
{
	uint64_t slot = slot_at(channel, position);

	if (!is_of_lap(slot, ipcb_spsc_lap(position, channel->shift)))
		return;
	if (ipcb_likely(is_of_memo(channel, slot)))
		prefetch_record(channel->region, slot);
	else if (channel->large.units)
		prefetch_large_own(channel, slot);
}

/*
 * The position that has been come to ends half a line of slots; or it is of a lap of
 * its own.
 */
static ipcb_noinline void turn(struct ipcbuf_channel *channel)
{
	uint64_t position = channel->position;

	channel->lap = ipcb_spsc_lap(position, channel->shift);
	if (channel->mask < IPCB_SPSC_LINE_SLOTS - 1)
		return;
	if (!(position % IPCB_SPSC_LINE_SLOTS))
		begin_line(channel, position);
	else if (channel->is_behind)
		begin_next_line(channel, position + IPCB_SPSC_LINE_SLOTS / 2);
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
		turn(channel);
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
	return peer_gone(channel, peer);
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
			turn(channel);
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
	if (error == -EAGAIN && slip(channel))
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

/* Nothing there, and the last record's own word is to be fetched. */
static ipcb_noinline int receive_none_and_fetch(struct ipcbuf_channel *channel,
						struct ipcb_reader *reader)
{
	uint64_t slot = slot_at(channel, channel->position - 1);
	uint64_t unit = ipcb_spsc_slot_unit(slot) - channel->region->heap_unit;
	uint16_t *own;

	channel->polls++;
	if (ipcb_slab_memo_find(&channel->memo, unit - channel->memo.first,
				&own))
		ipcb_prefetch_for_store(own);
	ipcb_reader_leave(reader);
	return -EAGAIN;
}

/* The first look in vain since a record came, or the time is to be asked for. */
static ipcb_noinline int receive_none_rest(struct ipcbuf_channel *channel,
					   void **ret_record,
					   struct ipcb_reader *reader,
					   uint64_t deadline_ns)
{
	if (slip(channel) || !ipcb_channel_polled_short(channel))
		return receive_rest(channel, ret_record, reader, deadline_ns);
	ipcb_reader_leave(reader);
	return -EAGAIN;
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

	if (ipcb_unlikely(deadline_ns ||
			  !ipcb_end_usable(ipcb_load_relaxed(
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
	turn(channel);
	return end_short(channel, channel->peer, reader);
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
	return end_short(channel, peer, reader);
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
	    !find(channel, region, unit, &found) ||
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

static int receive_short(struct ipcbuf_channel *channel, void **ret_record,
			 struct ipcb_reader *reader, uint64_t deadline_ns)
{
	const struct ipcb_slab_memo *memo = &channel->memo;
	const struct ipcb_end *peer = channel->peer;
	uint64_t slot = next_slot(channel);
	uint64_t unit = ipcb_spsc_slot_unit(slot) - channel->region->heap_unit;
	struct found found;

	if (ipcb_unlikely((slot & IPCB_SPSC_LAP_MASK) != channel->lap))
		return receive_none(channel, ret_record, reader, deadline_ns);
	if (ipcb_unlikely(!find_within(memo, unit - memo->first, &found) ||
			  ipcb_end_removed(ipcb_load_relaxed(&peer->word)) ||
			  !is_expected(channel, found.own)))
		return receive_large(channel, ret_record, reader, deadline_ns,
				     unit);
	return take_short(channel, &found, ret_record, peer, reader);
}

const struct ipcb_channel_ways ipcb_spsc_consumer_ways = {
	.send = ipcb_channel_send_long,
	.receive = receive_short,
};
