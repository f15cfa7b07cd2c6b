// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Channels that come and go: any runner joins an end of one, sends or
 * receives a little, and closes or removes it. What was sent may go with the
 * channel. But what comes is whole, and numbers that are given out while
 * the producer's end is held only rise for whoever holds the consumer's.
 */
#include "acts.h"
#include "record.h"

#include <errno.h>

static void expect(struct runner *runner, const char *what, int ret,
		   const int *allowed, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (ret == allowed[i])
			return;
	if (ret)
		ledger_wrong(runner->ledger, "%s: %s (%d)", what,
			     ipcbuf_strerror(ret), ret);
}

#define EXPECT(runner, what, ret, ...) \
	expect(runner, what, ret, (const int[]){ __VA_ARGS__ }, \
	       sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void produce(struct runner *runner, struct ipcbuf_channel *channel)
{
	uint64_t count = random_below(&runner->random, 20), number;
	struct record *record;
	int ret = 0;

	while (count-- && !ret) {
		ret = record_new(runner->ledger, runner->session->region,
				 random_size(&runner->random, 12), &record);
		EXPECT(runner, "a record", ret, -ENOMEM);
		if (ret)
			return;
		number = __atomic_add_fetch(&runner->ledger->wild_number, 1,
					    __ATOMIC_SEQ_CST);
		record_address(record, RECORD_WILD, number, number);
		ret = ipcbuf_channel_send_until(channel, record,
						soon(&runner->random));
		EXPECT(runner, "sending", ret, -EAGAIN, -ETIMEDOUT, -EPIPE,
		       -EOWNERDEAD);
		if (ret)
			record_free(runner->ledger, record);
	}
}

static void consume(struct runner *runner, struct ipcbuf_channel *channel)
{
	uint64_t count = random_below(&runner->random, 30), last = 0;
	struct record *record;
	int ret;

	while (count--) {
		ret = ipcbuf_channel_recv_until(channel, (void **)&record,
						soon(&runner->random));
		EXPECT(runner, "receiving", ret, -EAGAIN, -ETIMEDOUT, -EPIPE,
		       -EOWNERDEAD);
		if (ret)
			return;
		record_check(runner->ledger, record, RECORD_WILD);
		if (record->number <= last)
			ledger_wrong(runner->ledger, "wild record %llu came "
				     "after %llu",
				     (unsigned long long)record->number,
				     (unsigned long long)last);
		last = record->number;
		record_free(runner->ledger, record);
		ledger_count(runner->ledger, COUNT_WILD, 1);
	}
}

/* Some are left to the region's close. */
static void leave(struct runner *runner, struct ipcbuf_channel *channel,
		  struct ipcbuf_key key)
{
	struct session *session = runner->session;
	int ret;

	if (random_one_in(&runner->random, 3)) {
		ret = ipcbuf_channel_remove(session->region, key);
		EXPECT(runner, "removing a channel", ret, -ENOENT, -ETIMEDOUT);
	}
	if (random_one_in(&runner->random, 16) &&
	    __atomic_add_fetch(&session->left_open, 1, __ATOMIC_RELAXED) <=
	    LEFT_OPEN_MAX)
		return;
	ret = ipcbuf_channel_close(channel);
	EXPECT(runner, "closing a channel", ret, 0);
}

void act_wild(struct runner *runner)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_key key = ipcbuf_key_id(
		WILD_FIRST + (int64_t)random_below(&runner->random,
						   WILD_CHANNELS));
	bool sends = random_one_in(&runner->random, 2);
	struct ipcbuf_channel *channel;
	int ret;

	cell_beat(runner->cell, DOING_WILD, (uint32_t)key.id);
	options.flags = (uint32_t)random_below(&runner->random, 8);
	if (options.flags & IPCBUF_CHANNEL_OPEN_ONLY)
		options.flags &= ~IPCBUF_CHANNEL_EXCL;
	options.depth_slots = 1u << random_below(&runner->random, 8);
	ret = ipcbuf_channel_open(runner->session->region, key,
				  sends ? IPCBUF_PRODUCER : IPCBUF_CONSUMER,
				  &options, &channel);
	EXPECT(runner, "opening a channel", ret, -EBUSY, -ENOENT, -EEXIST,
	       -ENOMEM, -ETIMEDOUT);
	if (ret)
		return;
	ledger_count(runner->ledger, COUNT_CHANNELS, 1);
	if (sends)
		produce(runner, channel);
	else
		consume(runner, channel);
	leave(runner, channel, key);
}
