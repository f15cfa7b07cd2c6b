/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The SPSC record ring: joining and leaving one, its window, and what is left of
 * one by a death. See spsc.h.
 */
#include "spsc.h"

#include "directory.h"
#include "verify.h"

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

/* How many records are in the window that begins at @tail. */
static uint64_t window_length(const struct ipcb_spsc *spsc, uint32_t shift,
			      uint64_t tail)
{
	uint64_t depth = UINT64_C(1) << shift, n = 0;

	while (n < depth && ipcb_spsc_in_window(spsc, shift, tail + n))
		n++;
	return n;
}

/* What a slot names; any value, in a region that was spoilt. */
static uint64_t offset_at(const struct ipcb_spsc *spsc, uint32_t shift,
			  uint64_t position)
{
	uint64_t mask = (UINT64_C(1) << shift) - 1;

	return ipcb_spsc_slot_unit(ipcb_load_relaxed(
			&spsc->slots[position & mask])) << 6;
}

static void spsc_attach(struct ipcbuf_channel *channel)
{
	struct ipcb_spsc *spsc = channel->shared;
	uint64_t tail = ipcb_load_acquire(&spsc->tail);

	channel->slots = spsc->slots;
	channel->shift = depth_shift(channel->region, spsc);
	channel->mask = (UINT64_C(1) << channel->shift) - 1;
	channel->line_mask = ipcb_min(channel->mask, IPCB_SPSC_LINE_SLOTS - 1);
	channel->turn_mask = ipcb_min(channel->mask,
				      IPCB_SPSC_LINE_SLOTS / 2 - 1);
	ipcb_spsc_seek(channel, tail);
	if (channel->direction == IPCBUF_PRODUCER) {
		ipcb_spsc_seek(channel, tail + window_length(spsc, channel->shift,
							     tail));
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

static int spsc_ready(struct ipcbuf_channel *channel)
{
	if (!ipcb_end_usable(ipcb_load_relaxed(&channel->peer->word)))
		return 1;
	return channel->direction == IPCBUF_PRODUCER ? ipcb_spsc_has_room(channel) :
	       ipcb_spsc_in_window(channel->shared, channel->shift, channel->position);
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
	while (n && !ipcb_spsc_in_window(spsc, shift, tail + n - 1))
		n--;
	while (n < depth && ipcb_spsc_in_window(spsc, shift, tail + n))
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
	.producer_ways = &ipcb_spsc_producer_ways,
	.consumer_ways = &ipcb_spsc_consumer_ways,
	.send = ipcb_spsc_send,
	.receive = ipcb_spsc_receive,
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
		    !ipcb_spsc_is_or_was(ipcb_load_acquire(block.own), id))
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
		ipcb_spsc_is_or_was(own, ipcb_end_member(word)));
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
