/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What a SPSC ring looks like, for spsc.c (joining, leaving, recovery) and
 * spsc_send.c and spsc_receive.c (its records' ways).
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
#ifndef IPCB_SPSC_H
#define IPCB_SPSC_H

#include "channel.h"

#define IPCB_SPSC_LAP_MASK   UINT64_C(3)
#define IPCB_SPSC_LINE_SLOTS (IPCB_LINE / sizeof(uint64_t))

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

static inline uint64_t ipcb_spsc_lap(uint64_t position, uint32_t shift)
{
	return 1 + (position >> shift & 1);
}

/* A handle's place in the ring. */
static inline void ipcb_spsc_seek(struct ipcbuf_channel *channel,
				  uint64_t position)
{
	channel->position = position;
	channel->lap = ipcb_spsc_lap(position, channel->shift);
}

/* What a slot names, in units of 64 bytes; any value, in a spoilt region. */
static inline uint64_t ipcb_spsc_slot_unit(uint64_t slot)
{
	return slot >> 2;
}

/*
 * The same, counted from @before >> 2, where the lap is that of @before; more than any
 * region has where it isn't.
 */
static inline uint64_t ipcb_spsc_slot_within(uint64_t slot, uint64_t before)
{
	uint64_t beyond = slot - before;

	return beyond >> 2 | beyond << 62;
}

static inline int ipcb_spsc_in_window(const struct ipcb_spsc *spsc,
				      uint32_t shift, uint64_t position)
{
	uint64_t mask = (UINT64_C(1) << shift) - 1;

	return (ipcb_load_acquire(&spsc->slots[position & mask]) &
		IPCB_SPSC_LAP_MASK) == ipcb_spsc_lap(position, shift);
}

/* Does an own word say that the block is @member's, LEAVING or not? */
static inline int ipcb_spsc_is_or_was(unsigned int own, uint32_t member)
{
	return (own & ~IPCB_OWN_LEAVING) == member;
}

/* See struct ipcb_channel_ops. spsc_send.c: */
extern const struct ipcb_channel_ways ipcb_spsc_producer_ways;
int ipcb_spsc_has_room(struct ipcbuf_channel *channel);
int ipcb_spsc_send(struct ipcbuf_channel *channel, void *const *records,
		   size_t count, size_t *ret_sent);
/* spsc_receive.c: */
extern const struct ipcb_channel_ways ipcb_spsc_consumer_ways;
int ipcb_spsc_receive(struct ipcbuf_channel *channel, void **records,
		      size_t count, size_t *ret_received);

#endif
