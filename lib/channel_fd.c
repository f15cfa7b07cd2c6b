/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Waiting in a program's own event loop: a descriptor that polls an end's wait
 * word, and arming it. Who arms does what a sleeper does but sleep (wait.h):
 *
 *   L1, L2  look for the dead    POLLPRI tells of those who die after L1
 *   W1, W2  waiting = 1, fence
 *   W3      look again           POLLIN tells of a K4 after W1
 *
 * The descriptor tells as long as waiting isn't 1: what came before it was
 * polled isn't missed. A wake when nobody polls any more costs the waker one
 * system call, and no more until the end is armed again.
 *
 * POLLPRI is one for all ends of a handle. So who says that a death has been
 * seen has recovered all who were dead: recovery wakes their peers, by K4.
 */
#include "channel.h"

#include "member.h"

IPCB_PUBLIC int ipcbuf_channel_get_fd(struct ipcbuf_channel *channel,
				      int *ret_fd)
{
	struct ipcb_wait_region *wait;
	int error;

	if (!ret_fd)
		return -EINVAL;
	error = ipcb_channel_enter(channel, 0);
	if (error)
		return error;
	wait = &channel->region->wait;
	error = wait->ops->doorbell(wait, &channel->mine->wait, ret_fd);
	ipcb_leave();
	return error;
}

/*
 * Another end's thread may say that it has seen fewer than we have; it then
 * finds that there are more, and says so.
 */
static void see_deaths(struct ipcbuf_channel *channel)
{
	const struct ipcb_wait_region *wait = &channel->region->wait;
	uint32_t deaths;

	while ((deaths = ipcb_wait_deaths(wait)) != channel->deaths_seen) {
		ipcb_recover_dead(channel->region);
		wait->ops->seen(wait, deaths);
		channel->deaths_seen = deaths;
	}
}

static int arm(struct ipcbuf_channel *channel)
{
	struct ipcb_wait_region *wait = &channel->region->wait;
	struct ipcb_wait_object *object = &channel->mine->wait;

	see_deaths(channel);
	ipcb_channel_look_after_peer(channel);
	if (channel->unsettled)
		return 1;
	ipcb_wait_begin(wait, object);
	if (!channel->ops->ready(channel))
		return 0;
	ipcb_wait_end(wait, object);
	return 1;
}

IPCB_PUBLIC int ipcbuf_channel_arm(struct ipcbuf_channel *channel)
{
	int result = ipcb_channel_enter(channel, 0);

	if (result)
		return result;
	if (channel->region->wait.ops->doorbell == ipcb_wait_no_doorbell)
		result = -EOPNOTSUPP;
	else
		result = arm(channel);
	ipcb_leave();
	return result;
}
