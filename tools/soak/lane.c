// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Traffic over lanes. See lane.h. */
#include "lane.h"

#include "hoard.h"
#include "record.h"

#include <errno.h>

static void open_end(struct session *session, struct ends *ends,
		     uint32_t index, enum ipcbuf_direction direction)
{
	struct ledger *ledger = session->worker->ledger;
	struct end *end = &ends->end[ends->count];
	int ret = ipcbuf_channel_open(session->region, ipcbuf_key_id(index),
				      direction, NULL, &end->channel);

	if (ret == -ETIMEDOUT) {
		ledger_count(ledger, COUNT_TIMEOUTS, 1);
		return;
	}
	if (ret)
		ledger_wrong(ledger, "lane %u can't be opened: %s", index,
			     ipcbuf_strerror(ret));
	pthread_mutex_init(&end->lock, NULL);
	end->lane = &ledger->lane[index];
	end->index = index;
	if (direction == IPCBUF_CONSUMER)
		end->carry = ledger_carry(end->lane);
	ends->count++;
}

void lanes_open(struct session *session)
{
	const struct ledger *ledger = session->worker->ledger;
	uint32_t slot = session->worker->slot, i;

	for (i = 0; i < ledger->lanes; i++) {
		if (ledger->lane[i].producer == slot)
			open_end(session, &session->producers, i,
				 IPCBUF_PRODUCER);
		if (ledger->lane[i].consumer == slot)
			open_end(session, &session->consumers, i,
				 IPCBUF_CONSUMER);
	}
}

static bool close_ends(struct ledger *ledger, struct ends *ends)
{
	bool all = true;
	unsigned int i;
	int ret;

	for (i = 0; i < ends->count; i++) {
		struct end *end = &ends->end[i];

		if (pthread_mutex_trylock(&end->lock)) {
			all = false;
			continue;
		}
		ret = end->channel ? ipcbuf_channel_close(end->channel) : 0;
		if (ret)
			ledger_wrong(ledger, "lane %u can't be closed: %s",
				     end->index, ipcbuf_strerror(ret));
		end->channel = NULL;
		pthread_mutex_unlock(&end->lock);
	}
	return all;
}

bool lanes_close(struct session *session)
{
	struct ledger *ledger = session->worker->ledger;
	bool producers = close_ends(ledger, &session->producers);

	return close_ends(ledger, &session->consumers) && producers;
}

struct end *lane_pick(struct ends *ends, struct random *random)
{
	unsigned int i, start;

	if (!ends->count)
		return NULL;
	start = (unsigned int)random_below(random, ends->count);
	for (i = 0; i < ends->count; i++) {
		struct end *end = &ends->end[(start + i) % ends->count];

		if (pthread_mutex_trylock(&end->lock))
			continue;
		if (end->channel)
			return end;
		pthread_mutex_unlock(&end->lock);
	}
	return NULL;
}

/* Some small, few large. */
static uint64_t some_size(struct random *random)
{
	return random_size(random, random_one_in(random, 12) ? 21 : 11);
}

static unsigned int make_records(struct runner *runner, struct record **records,
				 unsigned int count)
{
	struct session *session = runner->session;
	unsigned int made;
	int ret;

	for (made = 0; made < count; made++) {
		ret = record_new(runner->ledger, session->region,
				 some_size(&runner->random), &records[made]);
		if (ret == -ENOMEM) {
			hoard_shed(runner);
			break;
		}
		if (ret)
			ledger_wrong(runner->ledger, "no record: %s",
				     ipcbuf_strerror(ret));
	}
	return made;
}

static void expect_sent(struct runner *runner, const struct end *end, int ret)
{
	if (ret && ret != -EAGAIN && ret != -ETIMEDOUT && ret != -EPIPE &&
	    ret != -EOWNERDEAD)
		ledger_wrong(runner->ledger, "sending over lane %u: %s",
			     end->index, ipcbuf_strerror(ret));
}

/* How many went. */
static unsigned int hand_over(struct runner *runner, struct end *end,
			      struct record **records, unsigned int count,
			      uint64_t deadline_ns)
{
	size_t sent = 1;
	int ret;

	cell_beat(runner->cell, DOING_SEND, end->index);
	if (count > 1)
		ret = ipcbuf_channel_send_batch(end->channel,
						(void *const *)records, count,
						deadline_ns, &sent);
	else
		ret = ipcbuf_channel_send_until(end->channel, records[0],
						deadline_ns);
	expect_sent(runner, end, ret);
	if (!ret && (!sent || sent > count))
		ledger_wrong(runner->ledger, "%zu of %u records went over lane "
			     "%u", sent, count, end->index);
	return ret ? 0 : (unsigned int)sent;
}

/* Sends them and settles the accounts; those that didn't go are the first. */
static unsigned int send_records(struct runner *runner, struct end *end,
				 struct record **records, unsigned int count,
				 uint64_t deadline_ns)
{
	uint64_t first = ledger_begin(end->lane, count);
	unsigned int sent, i;

	if (!first)
		return 0;
	for (i = 0; i < count; i++)
		record_address(records[i], end->index, first + i, first);
	sent = hand_over(runner, end, records, count, deadline_ns);
	ledger_settle(runner->ledger, end->lane, first, count, sent);
	return sent;
}

void lane_send(struct runner *runner, struct end *end, uint64_t deadline_ns)
{
	struct record *records[BATCH_MAX];
	unsigned int count = 1, i;

	cell_beat(runner->cell, DOING_HOARD, 0);
	if (random_one_in(&runner->random, 3))
		count += (unsigned int)random_below(&runner->random, BATCH_MAX);
	count = make_records(runner, records, count);
	if (!count)
		return;
	i = send_records(runner, end, records, count, deadline_ns);
	for (; i < count; i++)
		record_free(runner->ledger, records[i]);
}

/* On over another lane, if one is free and takes it. */
static bool forward(struct runner *runner, struct record *record)
{
	struct end *end = lane_pick(&runner->session->producers,
				    &runner->random);
	unsigned int sent;

	if (!end)
		return false;
	sent = send_records(runner, end, &record, 1, soon(&runner->random));
	pthread_mutex_unlock(&end->lock);
	ledger_count(runner->ledger, COUNT_FORWARDS, sent);
	return sent == 1;
}

static void dispose(struct runner *runner, struct record *record)
{
	switch (random_below(&runner->random, 4)) {
	case 0:
		if (forward(runner, record))
			return;
		break;
	case 1:
		hoard_put(runner, record);
		return;
	}
	record_free(runner->ledger, record);
}

static void came(struct ledger *ledger, struct end *end,
		 const struct record *record, uint64_t more)
{
	record_check(ledger, record, end->index);
	ledger_came(ledger, end->lane, &end->carry, record->number,
		    record->first, more);
	ledger_count(ledger, COUNT_RECORDS, 1);
	ledger_count(ledger, COUNT_BYTES, record->bytes);
}

/* Up to @count records, of which the accounts know; 0 and why. */
static size_t receive(struct ledger *ledger, struct end *end,
		      struct record **records, unsigned int count,
		      uint64_t deadline_ns, int *ret_error)
{
	size_t got = 1, i;
	int ret;

	ledger_ask(end->lane, end->carry, count);
	if (count > 1)
		ret = ipcbuf_channel_recv_batch(end->channel,
						(void **)records, count,
						deadline_ns, &got);
	else
		ret = ipcbuf_channel_recv_until(end->channel,
						(void **)records,
						deadline_ns);
	*ret_error = ret;
	if (ret)
		got = 0;
	else if (!got || got > count)
		ledger_wrong(ledger, "%zu of %u records came over lane %u", got,
			     count, end->index);
	ledger_ask(end->lane, end->carry, got);
	for (i = 0; i < got; i++)
		came(ledger, end, records[i], got - i - 1);
	return got;
}

static void expect_received(struct ledger *ledger, const struct end *end,
			    int ret)
{
	if (ret && ret != -EAGAIN && ret != -ETIMEDOUT && ret != -EPIPE &&
	    ret != -EOWNERDEAD)
		ledger_wrong(ledger, "receiving over lane %u: %s", end->index,
			     ipcbuf_strerror(ret));
}

void lane_receive(struct runner *runner, struct end *end, unsigned int count,
		  uint64_t deadline_ns)
{
	struct record *records[BATCH_MAX];
	size_t got, i;
	int ret;

	cell_beat(runner->cell, DOING_RECEIVE, end->index);
	got = receive(runner->ledger, end, records, count, deadline_ns, &ret);
	expect_received(runner->ledger, end, ret);
	for (i = 0; i < got; i++)
		dispose(runner, records[i]);
}

void lane_drain(struct ledger *ledger, struct ipcbuf_region *region,
		uint32_t index)
{
	struct end end = { .lane = &ledger->lane[index], .index = index };
	struct record *record;
	int ret = ipcbuf_channel_open(region, ipcbuf_key_id(index),
				      IPCBUF_CONSUMER, NULL, &end.channel);

	if (ret)
		ledger_wrong(ledger, "lane %u can't be drained: %s", index,
			     ipcbuf_strerror(ret));
	end.carry = ledger_carry(end.lane);
	while (receive(ledger, &end, &record, 1, IPCBUF_NOWAIT, &ret))
		record_free(ledger, record);
	expect_received(ledger, &end, ret);
	ledger_end(ledger, end.lane);
	ret = ipcbuf_channel_close(end.channel);
	if (ret)
		ledger_wrong(ledger, "lane %u can't be closed: %s", index,
			     ipcbuf_strerror(ret));
}
