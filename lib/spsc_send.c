/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The SPSC record ring: a record's way in, see spsc_way.h. */
#include "spsc_way.h"

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
	    (!ipcb_spsc_slip(channel) || !ipcb_spsc_has_room(channel)))
		return 0;
	for (i = 0; i < ROOM_PAUSES &&
		    channel->limit - channel->position < enough; i++) {
		ipcb_spsc_pause();
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

/* P3, once for all of them. */
static void sent_some(struct ipcbuf_channel *channel)
{
	struct ipcb_spsc *spsc = channel->shared;

	ipcb_store_relaxed(&spsc->sent, channel->position);
	ipcb_wait_wake(&channel->region->wait, &channel->peer->wait);
}

/* Why one that put_run() came to didn't go; 0: there is room now. */
static int why_not(struct ipcbuf_channel *channel, const void *record)
{
	const struct ipcbuf_region *region = channel->region;

	if (!is_held(region, ipcb_unit_of(region, record)))
		return -EINVAL;
	return has_room_after_all(channel) ? 0 : -EAGAIN;
}

int ipcb_spsc_send(struct ipcbuf_channel *channel, void *const *records,
		   size_t count, size_t *ret_sent)
{
	uint64_t peer = ipcb_load_relaxed(&channel->peer->word);
	size_t sent = 0;
	int error = 0;

	if (ipcb_unlikely(!ipcb_end_usable(peer)))
		return ipcb_spsc_peer_gone(channel, peer);
	while (!error) {
		sent += put_run(channel, records + sent, count - sent);
		if (sent == count)
			break;
		error = why_not(channel, records[sent]);
	}
	if (ipcb_unlikely(!sent))
		return error;
	sent_some(channel);
	*ret_sent = sent;
	return 0;
}

static ipcb_noinline int send_rest(struct ipcbuf_channel *channel, void *record,
				   struct ipcb_reader *reader,
				   uint64_t deadline_ns)
{
	size_t sent;
	int error = record ? ipcb_spsc_send(channel, &record, 1, &sent) : -EINVAL;

	return ipcb_channel_send_rest(channel, record, reader, deadline_ns,
				      error);
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
	return ipcb_spsc_end_short(channel, peer, reader);
}

const struct ipcb_channel_ways ipcb_spsc_producer_ways = {
	.send = send_short,
	.receive = ipcb_channel_receive_long,
};
