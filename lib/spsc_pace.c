/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The pace of a SPSC channel: when one side lets the other get ahead, and what the
 * consumer fetches before it comes to it. Nothing here is needed for records to arrive.
 */
#include "spsc_way.h"

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

void ipcb_spsc_pause(void)
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

int ipcb_spsc_slip(struct ipcbuf_channel *channel)
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
		ipcb_spsc_pause();
	return channel->slipping;
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

/* Large records that come one after the other have their own words in few lines. */
#define LARGE_STEP 3u

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
		for (i = 1; i < IPCB_SPSC_LINE_SLOTS; i += LARGE_STEP)
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
		ipcb_spsc_pause();
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
	uint64_t slot = ipcb_spsc_slot_at(channel, position);

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
void ipcb_spsc_turn(struct ipcbuf_channel *channel)
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
