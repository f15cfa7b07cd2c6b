/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The SPSC record ring.
 *
 * A slot is 8 bytes: offset / 64 and a lap of 1 or 2, so that zero is empty
 * and a slot of the last lap isn't mistaken for one of this lap. The slot is
 * the publication; there is no shared head. The window is what has been sent
 * and not received: from tail, while the slots' laps are those of their
 * positions. (Publication by slot: as in FastForward, Giacomoni et al. 2008.)
 *
 *   producer                         consumer
 *   P1 write the record              C1 load slot (acquire; pairs with P2)
 *   P2 store slot (release)          C2 own is the producer's, or CHANNEL
 *   P3 wake, if it sleeps            C3 store own = me
 *                                    C4 store tail (release; pairs with P0)
 *   P0 head - tail < depth           C5 use the record; wake, if it sleeps
 *
 * own is the producer's until C3. What a death leaves:
 *
 *   before P2    the record is the dead producer's: swept
 *   after P2     it is in the window: recovery makes it CHANNEL's (a CAS, so
 *                that a consumer's C3 in the meantime stands), the consumer
 *                gets it
 *   before C3    it is in the window still: the next consumer gets it
 *   C3 to C4     own says the dead consumer's: recovery moves tail on, then
 *                sweeps it
 *   after C4     the dead consumer's: swept
 *
 * A producer that leaves does the same to its window as recovery does.
 */
#include "channel.h"

#include "directory.h"
#include "relax.h"
#include "verify.h"

#define SLOT_LAP_MASK UINT64_C(3)

struct ipcb_spsc {
	struct ipcb_object object;	/* constants */
	struct ipcb_end consumer;	/* 128: consumer */
	uint64_t reserved0[8];
	struct ipcb_end producer;	/* 256: producer */
	uint64_t reserved1[8];
	uint64_t tail;			/* 384: consumer, each record */
	uint64_t reserved2[15];
	uint64_t sent;			/* 512: producer, each record; a hint */
	uint64_t reserved3[15];
	uint64_t slots[];		/* 640: producer */
};

_Static_assert(offsetof(struct ipcb_spsc, consumer) == 128, "layout");
_Static_assert(offsetof(struct ipcb_spsc, producer) == 256, "layout");
_Static_assert(offsetof(struct ipcb_spsc, tail) == 384, "layout");
_Static_assert(offsetof(struct ipcb_spsc, sent) == 512, "layout");
_Static_assert(offsetof(struct ipcb_spsc, slots) == 640, "layout");
_Static_assert(sizeof(struct ipcb_spsc) + sizeof(uint64_t) <=
	       IPCB_OBJECT_LEAST_BYTES, "room for one slot");

static uint64_t lap_of(uint64_t position, uint32_t shift)
{
	return 1 + (position >> shift & 1);
}

static uint64_t slot_offset(uint64_t slot)
{
	return slot >> 2 << 6;
}

static uint64_t spsc_bytes(uint32_t depth_shift)
{
	return sizeof(struct ipcb_spsc) +
	       ((uint64_t)sizeof(uint64_t) << depth_shift);
}

static void spsc_init(struct ipcb_object *object, uint32_t depth_shift)
{
	object->depth_shift = depth_shift;
}

static struct ipcb_end *spsc_end(struct ipcb_object *object,
				 enum ipcbuf_direction direction)
{
	struct ipcb_spsc *spsc = (struct ipcb_spsc *)object;

	return direction == IPCBUF_PRODUCER ? &spsc->producer :
					      &spsc->consumer;
}

/*
 * The depth as shared memory has it, for those who haven't attached: read once
 * for whatever is done then, and never so large that the slots leave the heap.
 */
static uint32_t depth_shift(const struct ipcbuf_region *region,
			    const struct ipcb_spsc *spsc)
{
	uint64_t room = region->g.heap_offset + region->g.heap_bytes -
			ipcb_offset(region, spsc);
	uint32_t shift = ipcb_load_relaxed(&spsc->object.depth_shift);

	return shift < 32 && spsc_bytes(shift) <= room ? shift : 0;
}

static int in_window(const struct ipcb_spsc *spsc, uint32_t shift,
		     uint64_t position)
{
	uint64_t mask = (UINT64_C(1) << shift) - 1;

	return (ipcb_load_acquire(&spsc->slots[position & mask]) &
		SLOT_LAP_MASK) == lap_of(position, shift);
}

/* How many records are in the window that begins at @tail. */
static uint64_t window_length(const struct ipcb_spsc *spsc, uint32_t shift,
			      uint64_t tail)
{
	uint64_t depth = UINT64_C(1) << shift, n = 0;

	while (n < depth && in_window(spsc, shift, tail + n))
		n++;
	return n;
}

/* What a slot names; any value, in a region that was spoilt. */
static uint64_t offset_at(const struct ipcb_spsc *spsc, uint32_t shift,
			  uint64_t position)
{
	uint64_t mask = (UINT64_C(1) << shift) - 1;

	return slot_offset(ipcb_load_relaxed(&spsc->slots[position & mask]));
}

/* Does an own word say that the block is @member's, LEAVING or not? */
static int is_or_was(unsigned int own, uint32_t member)
{
	return (own & ~IPCB_OWN_LEAVING) == member;
}

static void spsc_attach(struct ipcbuf_channel *channel)
{
	struct ipcb_spsc *spsc = channel->shared;
	uint64_t tail = ipcb_load_acquire(&spsc->tail);

	channel->slots = spsc->slots;
	channel->shift = depth_shift(channel->region, spsc);
	channel->mask = (UINT64_C(1) << channel->shift) - 1;
	channel->position = tail;
	if (channel->direction == IPCBUF_PRODUCER) {
		channel->position += window_length(spsc, channel->shift, tail);
		channel->limit = tail + channel->mask + 1;
		ipcb_store_relaxed(&spsc->sent, channel->position);
	}
}

/*
 * One record in the window goes from @member to CHANNEL. A consumer that takes
 * it at this moment wins: its own word is no longer @member's. But a member
 * that leaves has other threads: if the consumer has taken and freed the block
 * since we looked, one of them may have it again, and it is given back. For as
 * long as that isn't known the word says LEAVING(member), which is no less
 * @member's: what a death leaves of it is handed over where it is in the
 * window, by recovery, and swept where it isn't. (handover.pml)
 */
static void hand_over(struct ipcbuf_region *region, struct ipcb_spsc *spsc,
		      uint32_t shift, uint64_t position, uint32_t member)
{
	uint16_t leaving = (uint16_t)(member | IPCB_OWN_LEAVING);
	struct ipcb_block block;
	int taken;

	if (ipcb_block_at(region, offset_at(spsc, shift, position), &block))
		return;
	if (!ipcb_cas_acq_rel(block.own, (uint16_t)member, leaving) &&
	    ipcb_load_relaxed(block.own) != leaving)
		return;
	/*
	 * Acquire: pairs with C4, which comes before the block's freeing, and
	 * so before the release store that made it this member's again.
	 */
	taken = (int64_t)(ipcb_load_acquire(&spsc->tail) - position) > 0;
	ipcb_cas_acq_rel(block.own, leaving, (uint16_t)
			 (taken ? member : IPCB_OWN_CHANNEL));
}

static void hand_window_over(struct ipcbuf_region *region,
			     struct ipcb_spsc *spsc, uint32_t shift,
			     uint32_t member)
{
	uint64_t tail = ipcb_load_acquire(&spsc->tail);
	uint64_t n = window_length(spsc, shift, tail), i;

	for (i = 0; i < n; i++)
		hand_over(region, spsc, shift, tail + i, member);
}

static void spsc_leave(struct ipcbuf_channel *channel)
{
	if (channel->direction == IPCBUF_PRODUCER)
		hand_window_over(channel->region, channel->shared,
				 channel->shift, channel->me);
}

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
static int has_room(struct ipcbuf_channel *channel)
{
	struct ipcb_spsc *spsc = channel->shared;
	uint64_t tail;

	if (ipcb_likely(channel->position < channel->limit))
		return 1;
	/* Acquire: pairs with C4, so C3 is done before the slot is reused. */
	tail = ipcb_load_acquire(&spsc->tail);
	if (channel->position - tail > channel->mask)
		return 0;
	channel->limit = tail + channel->mask + 1;
	return 1;
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

/* 1 where it paused: look again. */
static ipcb_noinline int slip(struct ipcbuf_channel *channel)
{
	uint64_t run = channel->position - channel->stop_position;
	unsigned int i;

	if (!run) {
		channel->slipping = 0;
		return 0;
	}
	channel->stop_position = channel->position;
	if (channel->slipping)
		channel->slipping = run >= SLIP_RECORDS;
	else
		channel->slipping = ++channel->stops % SLIP_TRY == 0;
	for (i = 0; channel->slipping && i < SLIP_PAUSES; i++)
		ipcb_relax();
	return channel->slipping;
}

static ipcb_always_inline int put(struct ipcbuf_channel *channel, void *record)
{
	struct ipcbuf_region *region = channel->region;
	uint64_t offset = ipcb_offset(region, record);
	uint64_t position = channel->position;
	uint8_t *held;

	if (ipcb_unlikely(!ipcb_heap_offset_valid(region, offset)))
		return -EINVAL;
	held = ipcb_held(region, offset);
	if (ipcb_unlikely(!ipcb_load_relaxed(held)))
		return -EINVAL;
	if (ipcb_unlikely(!has_room(channel)) &&
	    (!slip(channel) || !has_room(channel)))
		return -EAGAIN;
	ipcb_store_relaxed(held, 0);
	/* P2 */
	ipcb_store_release(&channel->slots[position & channel->mask],
			   offset >> 6 << 2 | lap_of(position, channel->shift));
	channel->position = position + 1;
	return 0;
}

static ipcb_always_inline void sent_some(struct ipcbuf_channel *channel,
					 size_t sent)
{
	struct ipcb_spsc *spsc = channel->shared;

	channel->held_delta -= (int64_t)sent;
	ipcb_store_relaxed(&spsc->sent, channel->position);
	ipcb_wait_wake(&channel->region->wait, &channel->peer->wait);
}

static int spsc_send_one(struct ipcbuf_channel *channel, void *record)
{
	uint64_t peer = ipcb_load_relaxed(&channel->peer->word);
	int error;

	if (ipcb_unlikely(!ipcb_end_usable(peer)))
		return peer_gone(channel, peer);
	error = put(channel, record);
	if (ipcb_unlikely(error))
		return error;
	sent_some(channel, 1);
	return 0;
}

static int spsc_send(struct ipcbuf_channel *channel, void *const *records,
		     size_t count, size_t *ret_sent)
{
	uint64_t peer = ipcb_load_relaxed(&channel->peer->word);
	size_t sent = 0;
	int error = 0;

	if (ipcb_unlikely(!ipcb_end_usable(peer)))
		return peer_gone(channel, peer);
	while (sent < count) {
		error = put(channel, records[sent]);
		if (error)
			break;
		sent++;
	}
	if (ipcb_unlikely(!sent))
		return error;
	sent_some(channel, sent);
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
	return expected(channel, now) || (member && is_or_was(now, member));
}

/* C1 to C3; -EAGAIN: nothing there; -EBADMSG: no record of the producer's. */
static ipcb_always_inline int take(struct ipcbuf_channel *channel,
				   uint64_t position, void **ret_record)
{
	struct ipcbuf_region *region = channel->region;
	uint64_t slot = ipcb_load_acquire(
		&channel->slots[position & channel->mask]);
	uint64_t offset = slot_offset(slot);
	struct ipcb_block block;

	if ((slot & SLOT_LAP_MASK) != lap_of(position, channel->shift))
		return -EAGAIN;
	if (ipcb_unlikely(ipcb_block_at(region, offset, &block)))
		return -EBADMSG;
	/* C3 follows: one transfer of the line, not two. */
	ipcb_prefetch_for_store(block.own);
	if (!expected(channel, ipcb_load_relaxed(block.own)) &&
	    ipcb_unlikely(!sent_by_new_peer(channel, block.own)))
		return -EBADMSG;
	/* C3, before C4. Release: pairs with the swaps in hand_over(). */
	ipcb_store_release(block.own, (uint16_t)channel->me);
	ipcb_store_relaxed(ipcb_held(region, offset),
			   (uint8_t)(block.class + 1));
	*ret_record = ipcb_at(region, offset);
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
	    in_window(channel->shared, channel->shift, channel->position))
		return -EAGAIN;
	return peer_gone(channel, peer);
}

/* C1 to C3 for up to @count records. */
static int take_some(struct ipcbuf_channel *channel, void **records,
		     size_t count, size_t *ret_taken)
{
	size_t taken = 0;
	int error = 0;

	while (taken < count) {
		error = take(channel, channel->position + taken,
			     &records[taken]);
		if (error)
			break;
		taken++;
	}
	*ret_taken = taken;
	return taken ? 0 : error;
}

static ipcb_always_inline void publish_tail(struct ipcbuf_channel *channel,
					    uint64_t position)
{
	struct ipcb_spsc *spsc = channel->shared;

	channel->position = position;
	/* C4 */
	ipcb_store_release(&spsc->tail, position);
	ipcb_wait_wake(&channel->region->wait, &channel->peer->wait);
}

/* What is left to do when @taken is known; @error says why there aren't more. */
static int received(struct ipcbuf_channel *channel, size_t taken, int error,
		    size_t *ret_received)
{
	if (error == -EAGAIN)
		return nothing_there(channel);
	/* What can't be a record is skipped. */
	publish_tail(channel, channel->position + (taken ? taken : 1));
	if (ipcb_unlikely(error))
		return error;
	channel->held_delta += (int64_t)taken;
	*ret_received = taken;
	return 0;
}

static int spsc_receive(struct ipcbuf_channel *channel, void **records,
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
	return received(channel, taken, error, ret_received);
}

/* The first look at the slot found none. */
static ipcb_noinline int receive_none(struct ipcbuf_channel *channel,
				      void **ret_record, int error)
{
	size_t taken = 0;

	if (error == -EAGAIN && slip(channel))
		error = take_some(channel, ret_record, 1, &taken);
	return received(channel, taken, error, &taken);
}

static int spsc_receive_one(struct ipcbuf_channel *channel, void **ret_record)
{
	uint64_t peer = ipcb_load_relaxed(&channel->peer->word);
	int error;

	if (ipcb_unlikely(ipcb_end_removed(peer)))
		return -EPIPE;
	error = take(channel, channel->position, ret_record);
	if (ipcb_unlikely(error))
		return receive_none(channel, ret_record, error);
	publish_tail(channel, channel->position + 1);
	channel->held_delta++;
	return 0;
}

static int spsc_ready(struct ipcbuf_channel *channel)
{
	if (!ipcb_end_usable(ipcb_load_relaxed(&channel->peer->word)))
		return 1;
	return channel->direction == IPCBUF_PRODUCER ? has_room(channel) :
	       in_window(channel->shared, channel->shift, channel->position);
}

/* From the producer's count on: it may be a record behind, or spoilt. */
static size_t spsc_pending(const struct ipcbuf_region *region,
			   const struct ipcb_object *object)
{
	const struct ipcb_spsc *spsc = (const struct ipcb_spsc *)object;
	uint32_t shift = depth_shift(region, spsc);
	uint64_t depth = UINT64_C(1) << shift;
	uint64_t tail = ipcb_load_acquire(&spsc->tail);
	uint64_t n = ipcb_load_acquire(&spsc->sent) - tail;

	if (n > depth)
		n = 0;
	while (n && !in_window(spsc, shift, tail + n - 1))
		n--;
	while (n < depth && in_window(spsc, shift, tail + n))
		n++;
	return n;
}

static void spsc_info(const struct ipcbuf_region *region,
		      const struct ipcb_object *object,
		      struct ipcbuf_channel_info *info)
{
	const struct ipcb_spsc *spsc = (const struct ipcb_spsc *)object;

	info->depth_slots = 1u << depth_shift(region, spsc);
	info->received = ipcb_load_acquire(&spsc->tail);
	info->pending = spsc_pending(region, object);
	info->sent = info->received + info->pending;
	info->producer_waits = ipcb_load_relaxed(&spsc->producer.wait.sleeps);
	info->consumer_waits = ipcb_load_relaxed(&spsc->consumer.wait.sleeps);
}

const struct ipcb_channel_ops ipcb_channel_spsc = {
	.kind = IPCBUF_KIND_SPSC_RECORD,
	.bytes = spsc_bytes,
	.init = spsc_init,
	.end = spsc_end,
	.attach = spsc_attach,
	.leave = spsc_leave,
	.send_one = spsc_send_one,
	.receive_one = spsc_receive_one,
	.send = spsc_send,
	.receive = spsc_receive,
	.ready = spsc_ready,
	.pending = spsc_pending,
	.info = spsc_info,
};

/*
 * Slots whose records the dead consumer had already made its own. LEAVING, it
 * had sent them itself once, and another of its threads was leaving that
 * channel: see hand_over().
 */
static void repair_tail(struct ipcbuf_region *region, struct ipcb_spsc *spsc,
			uint32_t id)
{
	uint32_t shift = depth_shift(region, spsc);
	uint64_t tail = ipcb_load_acquire(&spsc->tail);
	uint64_t n = window_length(spsc, shift, tail), i;
	struct ipcb_block block;

	for (i = 0; i < n; i++) {
		if (ipcb_block_at(region, offset_at(spsc, shift, tail + i),
				  &block) ||
		    !is_or_was(ipcb_load_acquire(block.own), id))
			break;
	}
	ipcb_store_release(&spsc->tail, tail + i);
}

static void end_died(struct ipcbuf_region *region, struct ipcb_end *end,
		     struct ipcb_end *peer)
{
	uint64_t word = ipcb_load_relaxed(&end->word);

	/* Release: the repaired window comes before the news. */
	ipcb_store_release(&end->word,
			   ipcb_end_next(word, IPCBUF_END_DEAD, 0));
	ipcb_wait_wake(&region->wait, &peer->wait);
}

static int attached_by(const struct ipcb_end *end, uint32_t id)
{
	uint64_t word = ipcb_load_relaxed(&end->word);

	return ipcb_end_state(word) == IPCBUF_END_ATTACHED &&
	       ipcb_end_member(word) == id;
}

/*
 * Where it had both ends, own doesn't tell what it had begun to take from what
 * it had sent. All of it is in the channel still: a receive that hasn't come to
 * C4 has given the record to nobody.
 */
static void spsc_member_died(struct ipcbuf_region *region,
			     struct ipcb_object *object, uint32_t id)
{
	struct ipcb_spsc *spsc = (struct ipcb_spsc *)object;
	int produced = attached_by(&spsc->producer, id);
	int consumed = attached_by(&spsc->consumer, id);

	if (produced)
		hand_window_over(region, spsc, depth_shift(region, spsc), id);
	else if (consumed)
		repair_tail(region, spsc, id);
	/* The consumer's first: the next recoverer of a dead one hands over. */
	if (consumed)
		end_died(region, &spsc->consumer, &spsc->producer);
	if (produced)
		end_died(region, &spsc->producer, &spsc->consumer);
}

static int spsc_is_unused(const struct ipcb_object *object)
{
	const struct ipcb_spsc *spsc = (const struct ipcb_spsc *)object;
	unsigned int producer = ipcb_end_state(
		ipcb_load_relaxed(&spsc->producer.word));
	unsigned int consumer = ipcb_end_state(
		ipcb_load_relaxed(&spsc->consumer.word));

	if (producer == IPCBUF_END_ATTACHED || consumer == IPCBUF_END_ATTACHED)
		return 0;
	return ipcb_load_relaxed(&object->state) == IPCB_OBJECT_REMOVED ||
	       !(object->flags & IPCBUF_CHANNEL_KEEP);
}

/* As its last consumer would: own, then tail, then free. */
static void spsc_drain(struct ipcbuf_region *region, struct ipcb_object *object)
{
	struct ipcb_spsc *spsc = (struct ipcb_spsc *)object;
	uint64_t tail = ipcb_load_acquire(&spsc->tail);
	uint32_t shift = depth_shift(region, spsc);
	uint64_t n = window_length(spsc, shift, tail);
	struct ipcb_block block;

	for (; n; n--, tail++) {
		uint64_t offset = offset_at(spsc, shift, tail);
		int ours = !ipcb_block_at(region, offset, &block) &&
			   ipcb_cas_acq_rel(block.own,
					    (uint16_t)IPCB_OWN_CHANNEL,
					    (uint16_t)region->member);

		ipcb_store_release(&spsc->tail, tail + 1);
		if (ours)
			ipcb_object_free(region, offset);
	}
}

static uint64_t spsc_object_bytes(const struct ipcb_object *object)
{
	uint32_t shift = ipcb_load_relaxed(&object->depth_shift);

	return shift <= 20 ? spsc_bytes(shift) : 0;
}

const struct ipcb_kind_ops ipcb_kind_spsc = {
	.kind = IPCBUF_KIND_SPSC_RECORD,
	.member_died = spsc_member_died,
	.is_unused = spsc_is_unused,
	.drain = spsc_drain,
	.bytes = spsc_object_bytes,
};

static int may_be_sent_by(const struct ipcb_spsc *spsc, unsigned int own)
{
	uint64_t word = ipcb_load_acquire(&spsc->producer.word);

	return own == IPCB_OWN_CHANNEL ||
	       (ipcb_end_state(word) == IPCBUF_END_ATTACHED &&
		is_or_was(own, ipcb_end_member(word)));
}

/* The window: blocks that the producer or CHANNEL owns, each once. */
void ipcb_verify_spsc(struct ipcb_verify *v, struct ipcb_object *object)
{
	struct ipcb_spsc *spsc = (struct ipcb_spsc *)object;
	uint64_t tail = ipcb_load_acquire(&spsc->tail);
	uint32_t shift = depth_shift(v->region, spsc);
	uint64_t n = window_length(spsc, shift, tail), i;
	struct ipcb_block block;

	for (i = 0; i < n; i++) {
		uint64_t offset = offset_at(spsc, shift, tail + i);

		ipcb_verify_see(v, offset, IPCB_SEEN_SENT, "a channel");
		if (!ipcb_block_at(v->region, offset, &block) &&
		    !may_be_sent_by(spsc, ipcb_load_acquire(block.own)))
			ipcb_verify_problem(v, "a channel holds the block at "
					    "%#llx, which isn't its "
					    "producer's",
					    (unsigned long long)offset);
	}
}
