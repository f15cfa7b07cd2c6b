/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What both ways of a record do when it isn't as usual, see spsc_way.h. */
#include "spsc_way.h"

int ipcb_spsc_peer_gone(struct ipcbuf_channel *channel, uint64_t word)
{
	uint32_t deaths = ipcb_end_deaths(word);

	if (ipcb_end_state(word) != IPCBUF_END_DEAD ||
	    channel->deaths_told == deaths)
		return -EPIPE;
	channel->deaths_told = deaths;
	return -EOWNERDEAD;
}

int ipcb_spsc_wake_and_leave(struct ipcbuf_channel *channel,
			     struct ipcb_reader *reader)
{
	ipcb_wait_wake_slow(&channel->region->wait, &channel->peer->wait);
	ipcb_reader_leave(reader);
	return 0;
}
