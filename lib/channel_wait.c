/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Waiting at a channel: spin, the longer the more that has paid off lately, then sleep,
 * and look after the peer at each tick. Nobody sleeps inside: the end counts its
 * sleeper, so that who closes it waits, and a reference keeps the region.
 */
#include "channel.h"

#include "directory.h"
#include "member.h"
#include "os.h"
#include "relax.h"

/*
 * In pauses of the processor, of 10 to 50 ns. The most is a small multiple of what a
 * sleep and its end take, so that a wait takes no more than that multiple of what it
 * would if its length were known (Karlin, Manasse, McGeoch and Owicki, "Competitive
 * randomized algorithms for nonuniform problems", 1990).
 */
#define SPIN_MAX   1024u
#define SPIN_MIN   16u
/* Of so many waits that spinning shortly didn't end one spins for the longest time. */
#define SPIN_PROBE 128u

/* Who doesn't sleep for a tick looks after the peer so often, and no more. */
#define LOOK_NS (100 * IPCB_NS_PER_MS)
/* How long a sleep lasts while somebody else keeps us from recovering. */
#define UNSETTLED_NS IPCB_NS_PER_MS

/* Constant once the first region is open. */
static int is_multiprocessor;

void ipcb_channel_init(void)
{
	is_multiprocessor = ipcb_os_is_multiprocessor();
}

static int is_ready_within(struct ipcbuf_channel *channel, uint32_t pauses)
{
	uint32_t i;

	for (i = 0; i < pauses; i++) {
		if (channel->ops->ready(channel))
			return 1;
		ipcb_relax();
	}
	return 0;
}

int ipcb_channel_spins(const struct ipcbuf_channel *channel)
{
	return channel->spin != SPIN_MIN && is_multiprocessor;
}

/* 0 stands for the most: who has that stored nothing. */
static uint32_t twice(uint32_t pauses)
{
	return pauses >= SPIN_MAX / 2 ? 0 : pauses * 2;
}

void ipcb_channel_spun(struct ipcbuf_channel *channel)
{
	channel->spin = twice(channel->spin);
}

/*
 * Doubles where it was worth it, halves where it wasn't: at a peer that is slow, or is
 * kept to the same processor, hardly anything is spun away. But two that answer each
 * other at once, and both sleep, are as slow as waking is, and each finds that spinning
 * shortly isn't worth it. So now and then one spins until a sleeper's answer is there; it
 * goes on spinning, and when the other one tries, neither sleeps any more.
 */
static int spin(struct ipcbuf_channel *channel)
{
	uint32_t pauses = channel->spin ? channel->spin : SPIN_MAX;
	int is_probe;

	if (!is_multiprocessor)
		return 0;
	is_probe = pauses == SPIN_MIN && ++channel->probe % SPIN_PROBE == 0;
	if (is_ready_within(channel, is_probe ? SPIN_MAX : pauses)) {
		channel->spin = is_probe ? 0 : twice(pauses);
		return 1;
	}
	if (!is_probe)
		channel->spin = pauses / 2 < SPIN_MIN ? SPIN_MIN : pauses / 2;
	return 0;
}

/* Outside, but counted. */
static int sleep_counted(struct ipcbuf_channel *channel, uint64_t deadline_ns)
{
	struct ipcb_wait_region *wait = &channel->region->wait;
	struct ipcb_wait_object *object = &channel->mine->wait;
	uint64_t until = deadline_ns;
	int error = 0;

	if (channel->unsettled)
		until = ipcb_min(until, ipcbuf_deadline_ns(UNSETTLED_NS));
	ipcb_wait_begin(wait, object);
	if (ipcb_load_acquire(&channel->handle.serial) &&
	    !channel->ops->ready(channel))
		error = ipcb_wait_sleep(wait, object, until, channel->deaths);
	ipcb_wait_end(wait, object);
	return until == deadline_ns ? error : 0;
}

/*
 * Inside. Nothing came: is it because the peer has died? Where somebody else
 * is changing the directory just now, the next look finds out.
 *
 * L1 and L2 of wait.h: deaths are read before the end's word, and that before
 * the state of whom it names. A peer that comes and dies after this look is
 * one more death.
 */
void ipcb_channel_look_after_peer(struct ipcbuf_channel *channel)
{
	uint32_t deaths = ipcb_wait_deaths(&channel->region->wait);
	uint64_t word = ipcb_load_acquire(&channel->peer->word);
	struct ipcb_cache *cache = ipcb_cache_get(channel->region);

	channel->deaths = deaths;
	channel->unsettled = 0;
	channel->looked_ns = ipcb_coarse_ns();
	if (cache)
		ipcb_cache_answer_pressure(cache);
	if (ipcb_end_state(word) == IPCBUF_END_ATTACHED)
		channel->unsettled =
			ipcb_try_recover_if_dead(channel->region,
						 ipcb_end_member(word)) < 0;
}

int ipcb_channel_is_time_to_look(const struct ipcbuf_channel *channel)
{
	return ipcb_coarse_ns() - channel->looked_ns >= LOOK_NS;
}

static void look_if_it_is_time(struct ipcbuf_channel *channel)
{
	if (ipcb_channel_is_time_to_look(channel))
		ipcb_channel_look_after_peer(channel);
}

void ipcb_channel_polled(struct ipcbuf_channel *channel)
{
	if (++channel->polls % IPCB_LOOK_POLLS == 0)
		look_if_it_is_time(channel);
}

int ipcb_channel_sleep(struct ipcbuf_channel *channel, unsigned int direction,
		       uint64_t deadline_ns)
{
	struct ipcbuf_region *region = channel->region;
	uint64_t serial;
	int error;

	if (spin(channel))
		return 0;
	/* A deadline may always come before the first tick. */
	look_if_it_is_time(channel);
	serial = ipcb_load_relaxed(&channel->handle.serial);
	ipcb_region_get(region);
	ipcb_add_acq_rel(&channel->sleepers, 1);
	ipcb_leave();
	error = sleep_counted(channel, deadline_ns);
	/* Release: pairs with wait_for_sleepers(). */
	ipcb_add_acq_rel(&channel->sleepers, -1u);
	ipcb_region_put(region);
	if (error)
		return error;
	error = ipcb_channel_enter(channel, direction);
	if (error)
		return error;
	if (ipcb_load_relaxed(&channel->handle.serial) != serial) {
		ipcb_leave();
		return -EBADF;
	}
	if (!channel->ops->ready(channel))
		ipcb_channel_look_after_peer(channel);
	return 0;
}

static int key_exists(struct ipcbuf_region *region, void *arg)
{
	return ipcb_directory_has(region, *(struct ipcbuf_key *)arg);
}

IPCB_PUBLIC int ipcbuf_channel_wait(struct ipcbuf_region *region,
				    struct ipcbuf_key key,
				    uint64_t deadline_ns)
{
	int error;

	if (ipcb_key_check(key))
		return -EINVAL;
	error = ipcb_directory_wait(region, key_exists, &key, deadline_ns);
	return error == -ETIMEDOUT && deadline_ns == IPCBUF_NOWAIT ? -ENOENT :
								     error;
}

IPCB_PUBLIC int ipcbuf_channel_exists(struct ipcbuf_region *region,
				      struct ipcbuf_key key)
{
	int result;

	if (ipcb_key_check(key))
		return -EINVAL;
	result = ipcb_enter(region);
	if (result)
		return result;
	result = ipcb_directory_has(region, key);
	ipcb_leave();
	return result;
}
