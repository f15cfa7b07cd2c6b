// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Sending and receiving. Records have serial numbers. Of those that the victim
 * had sent each is received once and in order, of those that it had begun to
 * send either all or none of one is seen; of those that it had received none
 * comes again, and who takes its place gets all that it had not begun to take.
 * The peer is told -EOWNERDEAD once, and -EPIPE after that.
 *
 * With the victim stopped the judge asks how many are pending: what is in the
 * channel then must come out of it, no matter what happens.
 */
#include "cases.h"
#include "peers.h"

#include "../../common/check.h"

#include <errno.h>
#include <stddef.h>

#define BEFORE 3u	/* that the victim sends before the operation */
#define BATCH  4u
#define STAGED 6u	/* that the judge sends */
#define TAKEN  2u	/* of them: received by the victim before the operation */

static uint32_t pending_of(struct ipcbuf_channel *channel)
{
	size_t pending;

	MUST_EQ(0, ipcbuf_channel_pending(channel, &pending));
	return (uint32_t)pending;
}

static void must_be_within(uint32_t least, uint32_t seen, uint32_t most)
{
	if (seen < least)
		MUST_EQ(least, seen);
	if (seen > most)
		MUST_EQ(most, seen);
}

/* --- the victim sends ------------------------------------------------------- */

static void stage_consumer(struct crash *crash)
{
	if (crash->peer == CRASH_IDLE)
		crash->in = channel_join(crash->region.handle, 1,
					 IPCBUF_CONSUMER, PEER_DEPTH);
}

static void join_producer(struct crash *crash)
{
	unsigned int i;

	crash->out = channel_join(crash->mine, 1, IPCBUF_PRODUCER, PEER_DEPTH);
	for (i = 0; i < BATCH; i++)
		crash->records[i] = crash_message(crash->mine, BEFORE + 1 + i);
}

static void prepare_producer(struct crash *crash)
{
	uint32_t serial;

	join_producer(crash);
	for (serial = 1; serial <= BEFORE; serial++)
		MUST_EQ(0, ipcbuf_channel_send(
				crash->out, crash_message(crash->mine, serial)));
}

static void send_one(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_channel_send(crash->out, crash->records[0]));
	crash_done(crash, 1);
}

static void send_batch(struct crash *crash)
{
	size_t sent;

	MUST_EQ(0, ipcbuf_channel_send_batch(crash->out, crash->records, BATCH,
					     IPCBUF_FOREVER, &sent));
	MUST_EQ(BATCH, sent);
	crash_done(crash, BATCH);
}

static void look_at_consumer(struct crash *crash)
{
	if (crash->peer == CRASH_IDLE)
		crash->pending = pending_of(crash->in);
}

/* @before were sent for certain, and up to @most by the operation. */
static void judge_sent(struct crash *crash, uint32_t before, uint32_t most)
{
	uint32_t done = crash->ended ? most : crash->page->done;
	void *record;

	if (crash->peer == CRASH_IDLE) {
		MUST_EQ(-EOWNERDEAD, drain(crash, crash->in, false));
		MUST_EQ(-EPIPE, ipcbuf_channel_recv(crash->in, &record));
		MUST_EQ(0, ipcbuf_channel_close(crash->in));
		MUST_EQ(crash->pending, crash->page->last);
	}
	MUST_EQ(crash->page->last ? 1 : 0, crash->page->first);
	must_be_within(before + done, crash->page->last, before + most);
}

static void judge_one_sent(struct crash *crash)
{
	judge_sent(crash, BEFORE, 1);
}

static void judge_batch_sent(struct crash *crash)
{
	judge_sent(crash, BEFORE, BATCH);
}

/* --- the victim receives ---------------------------------------------------- */

static void stage_producer(struct crash *crash)
{
	uint32_t serial;

	if (crash->peer != CRASH_IDLE)
		return;
	crash->out = channel_join(crash->region.handle, 1, IPCBUF_PRODUCER,
				  PEER_DEPTH);
	for (serial = 1; serial <= STAGED; serial++)
		MUST_EQ(0, ipcbuf_channel_send(
				crash->out,
				crash_message(crash->region.handle, serial)));
	crash->page->sent = STAGED;
}

static void join_consumer(struct crash *crash)
{
	crash->in = channel_join(crash->mine, 1, IPCBUF_CONSUMER, PEER_DEPTH);
}

/* One that it has freed, and one that it holds. */
static void prepare_consumer(struct crash *crash)
{
	void *record;

	join_consumer(crash);
	MUST_EQ(0, ipcbuf_channel_recv(crash->in, &record));
	MUST_EQ(1, crash_read(record));
	MUST_EQ(0, ipcbuf_channel_recv(crash->in, &record));
}

static void receive_one(struct crash *crash)
{
	MUST_EQ(0, ipcbuf_channel_recv(crash->in, &crash->records[0]));
	crash_done(crash, 1);
}

static void receive_batch(struct crash *crash)
{
	size_t received;

	MUST_EQ(0, ipcbuf_channel_recv_batch(crash->in, crash->records, BATCH,
					     IPCBUF_FOREVER, &received));
	crash_done(crash, (uint32_t)received);
}

static void look_at_producer(struct crash *crash)
{
	if (crash->peer == CRASH_IDLE)
		crash->pending = pending_of(crash->out);
}

/* The judge is told, and takes the victim's place. */
static void succeed_consumer(struct crash *crash)
{
	struct ipcbuf_region *region = crash->region.handle;
	void *record = crash_message(region, STAGED + 1);

	MUST_EQ(-EOWNERDEAD, ipcbuf_channel_send(crash->out, record));
	MUST_EQ(-EPIPE, ipcbuf_channel_send(crash->out, record));
	MUST_EQ(0, ipcbuf_free(record));
	crash->in = channel_join(region, 1, IPCBUF_CONSUMER, PEER_DEPTH);
	MUST_EQ(-EAGAIN, drain(crash, crash->in, false));
	MUST_EQ(0, ipcbuf_channel_close(crash->in));
	MUST_EQ(0, ipcbuf_channel_close(crash->out));
}

/* @before were received for certain, and up to @most by the operation. */
static void judge_received(struct crash *crash, uint32_t before, uint32_t most)
{
	struct crash_page *page = crash->page;
	uint32_t gone;

	if (crash->peer == CRASH_IDLE)
		succeed_consumer(crash);
	gone = page->first ? page->first - 1 : page->sent;
	MUST_EQ(page->first ? page->sent : 0, page->last);
	if (crash->peer == CRASH_IDLE)
		must_be_within(STAGED - crash->pending, gone,
			       STAGED - crash->pending + most);
	must_be_within(before + page->done, gone, before + most);
	if (crash->ended)
		MUST_EQ(before + page->done, gone);
}

static void judge_one_received(struct crash *crash)
{
	judge_received(crash, TAKEN, 1);
}

static void judge_batch_received(struct crash *crash)
{
	judge_received(crash, TAKEN, BATCH);
}

/* --- the victim hands on ---------------------------------------------------- */

static void stage_chain(struct crash *crash)
{
	uint32_t serial;

	crash->out = channel_join(crash->region.handle, 1, IPCBUF_PRODUCER,
				  PEER_DEPTH);
	crash->in = channel_join(crash->region.handle, 2, IPCBUF_CONSUMER,
				 PEER_DEPTH);
	for (serial = 1; serial <= STAGED; serial++)
		MUST_EQ(0, ipcbuf_channel_send(
				crash->out,
				crash_message(crash->region.handle, serial)));
}

static void forward(struct crash *crash)
{
	void *record;

	MUST_EQ(0, ipcbuf_channel_recv(crash->in, &record));
	MUST_EQ(0, ipcbuf_channel_send(crash->out, record));
	crash_done(crash, 1);
}

static void prepare_forwarder(struct crash *crash)
{
	join_consumer(crash);
	crash->out = channel_join(crash->mine, 2, IPCBUF_PRODUCER, PEER_DEPTH);
	forward(crash);
	forward(crash);
}

static void look_at_chain(struct crash *crash)
{
	crash->pending = pending_of(crash->in);
}

/* At most the one record that was in the victim's hands has gone with it. */
static void judge_chain(struct crash *crash)
{
	struct crash_page *page = crash->page;
	struct ipcbuf_channel *second = crash->in;
	uint32_t arrived, gone;
	void *record;

	MUST_EQ(-EOWNERDEAD, drain(crash, second, false));
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(second, &record));
	MUST_EQ(0, ipcbuf_channel_close(second));
	MUST_EQ(1, page->first);
	arrived = page->last;
	MUST_EQ(crash->pending, arrived);
	must_be_within(page->done, arrived, TAKEN + 1);
	page->first = page->last = 0;
	succeed_consumer(crash);
	gone = page->first - 1;
	MUST_EQ(STAGED, page->last);
	must_be_within(arrived, gone, crash->ended ? arrived : arrived + 1);
	must_be_within(TAKEN, gone, TAKEN + 1);
}

/* --- somebody sleeps -------------------------------------------------------- */

static void prepare_full(struct crash *crash)
{
	uint32_t serial;

	join_producer(crash);
	for (serial = 1; serial <= PEER_DEPTH; serial++)
		MUST_EQ(0, ipcbuf_channel_send(
				crash->out, crash_message(crash->mine, serial)));
	MUST_EQ(0, ipcbuf_free(crash->records[0]));
	crash->records[0] = crash_message(crash->mine, serial);
}

static void judge_sent_to_full(struct crash *crash)
{
	judge_sent(crash, PEER_DEPTH, 1);
}

static void judge_first_received(struct crash *crash)
{
	judge_received(crash, 0, 1);
}

const struct crash_case crash_send = {
	.name = "send", .stage = stage_consumer, .prepare = prepare_producer,
	.operate = send_one, .look = look_at_consumer,
	.judge = judge_one_sent, .work = peer_consumes,
};

const struct crash_case crash_send_batch = {
	.name = "send_batch", .stage = stage_consumer,
	.prepare = prepare_producer, .operate = send_batch,
	.look = look_at_consumer, .judge = judge_batch_sent,
	.work = peer_consumes,
};

const struct crash_case crash_receive = {
	.name = "receive", .stage = stage_producer,
	.prepare = prepare_consumer, .operate = receive_one,
	.look = look_at_producer, .judge = judge_one_received,
	.work = peer_produces,
};

const struct crash_case crash_receive_batch = {
	.name = "receive_batch", .stage = stage_producer,
	.prepare = prepare_consumer, .operate = receive_batch,
	.look = look_at_producer, .judge = judge_batch_received,
	.work = peer_produces,
};

const struct crash_case crash_forward = {
	.name = "forward", .stage = stage_chain, .prepare = prepare_forwarder,
	.operate = forward, .look = look_at_chain, .judge = judge_chain,
};

/* The consumer has taken what came before, and sleeps. */
const struct crash_case crash_send_wake = {
	.name = "send_wake", .flags = CRASH_SLEEPER,
	.prepare = prepare_producer, .operate = send_one,
	.judge = judge_one_sent, .work = peer_consumes,
};

/* The producer has filled the channel, and sleeps. */
const struct crash_case crash_receive_wake = {
	.name = "receive_wake", .flags = CRASH_SLEEPER,
	.prepare = join_consumer, .operate = receive_one,
	.judge = judge_first_received, .work = peer_produces,
};

const struct crash_case crash_send_sleep = {
	.name = "send_sleep", .flags = CRASH_WAITER, .prepare = prepare_full,
	.operate = send_one, .judge = judge_sent_to_full,
	.work = peer_consumes_late,
};

const struct crash_case crash_receive_sleep = {
	.name = "receive_sleep", .flags = CRASH_WAITER,
	.prepare = join_consumer, .operate = receive_one,
	.judge = judge_first_received, .work = peer_produces_late,
};
