/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What a record's way in (spsc_send.c) and its way out (spsc_receive.c) share. See
 * spsc.h for the order of the accesses, and what a death between any two of them leaves.
 *
 * The short ways do what usually happens, and call nothing: where it isn't as usual,
 * they end by a call that begins anew, before anything has been changed. So nothing
 * has to be kept across a call.
 */
#ifndef IPCB_SPSC_WAY_H
#define IPCB_SPSC_WAY_H

#include "relax.h"
#include "spsc.h"

/* The peer isn't there any more: -EPIPE, or once for each death -EOWNERDEAD. */
int ipcb_spsc_peer_gone(struct ipcbuf_channel *channel, uint64_t word);

/* Some hundred nanoseconds, for the other side. */
void ipcb_spsc_pause(void);

/* 1 where it paused: look again. */
int ipcb_spsc_slip(struct ipcbuf_channel *channel);

/*
 * By the consumer, which has come to the end of half a line of slots, or to a lap:
 * fetches what is to come.
 */
void ipcb_spsc_turn(struct ipcbuf_channel *channel);

/* K4, after a short way. */
int ipcb_spsc_wake_and_leave(struct ipcbuf_channel *channel,
			     struct ipcb_reader *reader);

/* P3 or C5 of a short way, and its end. */
static ipcb_always_inline int ipcb_spsc_end_short(struct ipcbuf_channel *channel,
						  const struct ipcb_end *peer,
						  struct ipcb_reader *reader)
{
	if (ipcb_unlikely(ipcb_wait_is_awaited_short(&peer->wait)))
		return ipcb_spsc_wake_and_leave(channel, reader);
	ipcb_reader_leave(reader);
	return 0;
}

/* The slot of a position, as far as a hint needs it. */
static inline uint64_t ipcb_spsc_slot_at(const struct ipcbuf_channel *channel,
					 uint64_t position)
{
	return ipcb_load_relaxed(&channel->slots[position & channel->mask]);
}

#endif
