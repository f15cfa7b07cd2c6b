// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Killed at every instruction: sending and receiving, and leaving; with a peer
 * that looks afterwards, one that sleeps and is to be woken, and one that is
 * busy all the time. Fails if a record is lost that was sent before, comes
 * twice or out of order, or if the peer isn't told of the death, once.
 *
 * Records of a channel count from 0. The victim has sent or received READY of
 * them before its operation, which does some more.
 */
#include "../common/crash_variants.h"

#include "../common/fill.h"
#include "../common/peer.h"

#include <errno.h>

#define READY 3u
#define BATCH 8u

CRASH_FIXTURE(crash_channel);

/*
 * A producer that dies.
 */

static void join_as_producer(struct crash_scene *scene)
{
	scene->end = channel_join(scene->mine, CRASH_CHANNEL, IPCBUF_PRODUCER,
				  CRASH_DEPTH);
}

static void *message(struct crash_scene *scene, uint64_t serial)
{
	void *record = record_new(scene->mine, CRASH_BYTES);

	message_write(record, CRASH_BYTES, serial);
	return record;
}

/* Records for the operation, and one that isn't sent. */
static void prepare_to_send(struct crash_scene *scene)
{
	uint64_t i;

	join_as_producer(scene);
	for (i = 0; i < READY; i++)
		MUST_EQ(0, ipcbuf_channel_send(scene->end, message(scene, i)));
	for (; i < READY + BATCH + 1; i++)
		scene->records[i] = message(scene, i);
}

/* The same, but nothing has been sent: the consumer still sleeps. */
static void prepare_to_wake(struct crash_scene *scene)
{
	join_as_producer(scene);
	scene->records[0] = message(scene, 0);
}

static void send_one(struct crash_scene *scene)
{
	MUST_EQ(0, ipcbuf_channel_try_send(scene->end, scene->records[READY]));
}

static void send_first(struct crash_scene *scene)
{
	MUST_EQ(0, ipcbuf_channel_try_send(scene->end, scene->records[0]));
}

static void send_batch(struct crash_scene *scene)
{
	size_t sent;

	MUST_EQ(0, ipcbuf_channel_send_batch(scene->end,
					     &scene->records[READY], BATCH,
					     IPCBUF_NOWAIT, &sent));
	MUST_EQ(BATCH, sent);
}

static void close_end(struct crash_scene *scene)
{
	MUST_EQ(0, ipcbuf_channel_close(scene->end));
}

static void be_consumer(struct crash_scene *scene)
{
	scene->end = channel_join(scene->region->handle, CRASH_CHANNEL,
				  IPCBUF_CONSUMER, CRASH_DEPTH);
}

/* The operation sent @most: all of them, where it came to its end. */
static void judge_count(struct crash_scene *scene, uint64_t count,
			uint64_t before, uint64_t most)
{
	MUST(count >= before);
	MUST(count <= before + most);
	if (scene->ended)
		MUST_EQ(before + most, count);
}

/* The test itself is the consumer. */
static void judge_one_sent(struct crash_scene *scene)
{
	judge_count(scene, crash_drain(scene->end, 0, -EOWNERDEAD), READY, 1);
}

static void judge_batch_sent(struct crash_scene *scene)
{
	judge_count(scene, crash_drain(scene->end, 0, -EOWNERDEAD), READY,
		    BATCH);
}

/* Who leaves, and is killed behind that, has left. */
static void judge_left(struct crash_scene *scene)
{
	void *record;
	uint64_t i;
	int ret;

	for (i = 0; i < READY; i++) {
		MUST_EQ(0, ipcbuf_channel_recv(scene->end, &record));
		MUST_EQ(i, crash_serial(record));
		MUST_EQ(0, ipcbuf_free(record));
	}
	ret = ipcbuf_channel_recv(scene->end, &record);
	MUST(ret == -EPIPE || (ret == -EOWNERDEAD && !scene->ended));
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(scene->end, &record));
	MUST_EQ(0, ipcbuf_channel_close(scene->end));
}

/* The peer was. */
static void judge_first_told(struct crash_scene *scene)
{
	judge_count(scene, scene->shared->peer_count, 0, 1);
}

static void judge_one_told(struct crash_scene *scene)
{
	judge_count(scene, scene->shared->peer_count, READY, 1);
}

static void judge_batch_told(struct crash_scene *scene)
{
	judge_count(scene, scene->shared->peer_count, READY, BATCH);
}

CRASH_TEST(crash_channel, send,
	   .before = be_consumer, .prepare = prepare_to_send,
	   .operate = send_one, .judge = judge_one_sent)
CRASH_TEST(crash_channel, send_batch,
	   .before = be_consumer, .prepare = prepare_to_send,
	   .operate = send_batch, .judge = judge_batch_sent)
CRASH_TEST(crash_channel, send_to_a_sleeper,
	   .before = crash_nothing, .prepare = prepare_to_wake,
	   .operate = send_first, .judge = judge_first_told,
	   .peer = crash_peer_consumes, .peer_sleeps = true)
CRASH_TEST(crash_channel, send_to_a_busy_one,
	   .before = crash_nothing, .prepare = prepare_to_send,
	   .operate = send_one, .judge = judge_one_told,
	   .peer = crash_peer_consumes)
CRASH_TEST(crash_channel, send_batch_to_a_busy_one,
	   .before = crash_nothing, .prepare = prepare_to_send,
	   .operate = send_batch, .judge = judge_batch_told,
	   .peer = crash_peer_consumes)
CRASH_TEST(crash_channel, producer_leaves,
	   .before = be_consumer, .prepare = prepare_to_send,
	   .operate = close_end, .judge = judge_left)

/*
 * A consumer that dies. What it had received goes with it; the next consumer
 * gets the rest.
 */

static void be_producer(struct crash_scene *scene)
{
	uint64_t i;

	scene->end = channel_join(scene->region->handle, CRASH_CHANNEL,
				  IPCBUF_PRODUCER, CRASH_DEPTH);
	for (i = 0; i < CRASH_DEPTH; i++)
		crash_send(scene, scene->end, i);
}

static void receive_and_keep(struct crash_scene *scene, uint64_t serial)
{
	MUST_EQ(0, ipcbuf_channel_recv(scene->end, &scene->records[serial]));
	MUST_EQ(serial, crash_serial(scene->records[serial]));
}

static void prepare_to_receive(struct crash_scene *scene)
{
	uint64_t i;

	scene->end = channel_join(scene->mine, CRASH_CHANNEL, IPCBUF_CONSUMER,
				  CRASH_DEPTH);
	for (i = 0; i < READY; i++)
		receive_and_keep(scene, i);
}

/* The producer sleeps until there is room. */
static void prepare_to_make_room(struct crash_scene *scene)
{
	scene->end = channel_join(scene->mine, CRASH_CHANNEL, IPCBUF_CONSUMER,
				  CRASH_DEPTH);
}

static void receive_one(struct crash_scene *scene)
{
	MUST_EQ(0, ipcbuf_channel_try_recv(scene->end,
					   &scene->records[READY]));
}

static void receive_batch(struct crash_scene *scene)
{
	size_t received;

	MUST_EQ(0, ipcbuf_channel_recv_batch(scene->end,
					     &scene->records[READY], BATCH,
					     IPCBUF_NOWAIT, &received));
	MUST(received >= 1);
}

static void free_received(struct crash_scene *scene)
{
	unsigned int i;

	for (i = 0; i < READY; i++)
		MUST_EQ(0, ipcbuf_free(scene->records[i]));
}

/* The rest of @sent: it begins with one of those that the victim was at. */
static void judge_rest(struct crash_scene *scene, uint64_t sent,
		       uint64_t before, uint64_t most)
{
	struct ipcbuf_channel *in;
	uint64_t first, rest;
	void *record;
	size_t pending;

	in = channel_join(scene->region->handle, CRASH_CHANNEL,
			  IPCBUF_CONSUMER, CRASH_DEPTH);
	MUST_EQ(0, ipcbuf_channel_pending(in, &pending));
	rest = pending;
	first = sent - rest;
	MUST(first >= before);
	MUST(first <= before + most);
	if (scene->ended && most == 1)
		MUST_EQ(before + most, first);
	for (; first < sent; first++) {
		MUST_EQ(0, ipcbuf_channel_try_recv(in, &record));
		MUST_EQ(first, crash_serial(record));
		MUST_EQ(0, ipcbuf_free(record));
	}
	MUST_EQ(0, ipcbuf_channel_close(in));
}

/* The test is the producer: it is told, once, and gets its record back. */
static void producer_is_told(struct crash_scene *scene, int first_error)
{
	void *record = record_new(scene->region->handle, CRASH_BYTES);

	MUST_EQ(first_error, ipcbuf_channel_try_send(scene->end, record));
	MUST_EQ(-EPIPE, ipcbuf_channel_try_send(scene->end, record));
	MUST_EQ(0, ipcbuf_free(record));
}

static void judge_received(struct crash_scene *scene, uint64_t most)
{
	producer_is_told(scene, -EOWNERDEAD);
	judge_rest(scene, CRASH_DEPTH, READY, most);
	MUST_EQ(0, ipcbuf_channel_close(scene->end));
}

static void judge_one_received(struct crash_scene *scene)
{
	judge_received(scene, 1);
}

static void judge_batch_received(struct crash_scene *scene)
{
	judge_received(scene, BATCH);
}

static void judge_none_received(struct crash_scene *scene)
{
	judge_received(scene, 0);
}

static void judge_consumer_left(struct crash_scene *scene)
{
	void *record = record_new(scene->region->handle, CRASH_BYTES);
	int ret = ipcbuf_channel_try_send(scene->end, record);

	MUST(ret == -EPIPE || (ret == -EOWNERDEAD && !scene->ended));
	MUST_EQ(-EPIPE, ipcbuf_channel_try_send(scene->end, record));
	MUST_EQ(0, ipcbuf_free(record));
	judge_rest(scene, CRASH_DEPTH, READY, 0);
	MUST_EQ(0, ipcbuf_channel_close(scene->end));
}

/*
 * The peer was the producer, and has left since: with the last end the channel
 * goes, and what is in it.
 */
static void judge_room_made(struct crash_scene *scene)
{
	judge_count(scene, scene->shared->peer_count, CRASH_DEPTH, 1);
}

static void judge_busy_producer(struct crash_scene *scene)
{
	MUST(scene->shared->peer_count >= CRASH_DEPTH);
	MUST(scene->shared->peer_count <= CRASH_DEPTH + READY + BATCH);
}

CRASH_TEST(crash_channel, receive,
	   .before = be_producer, .prepare = prepare_to_receive,
	   .operate = receive_one, .judge = judge_one_received)
CRASH_TEST(crash_channel, receive_batch,
	   .before = be_producer, .prepare = prepare_to_receive,
	   .operate = receive_batch, .judge = judge_batch_received)
CRASH_TEST(crash_channel, receive_from_a_sleeper,
	   .before = crash_nothing, .prepare = prepare_to_make_room,
	   .operate = receive_batch, .judge = judge_busy_producer,
	   .peer = crash_peer_produces, .peer_sleeps = true)
CRASH_TEST(crash_channel, receive_one_from_a_sleeper,
	   .before = crash_nothing, .prepare = prepare_to_make_room,
	   .operate = receive_one, .judge = judge_room_made,
	   .peer = crash_peer_produces, .peer_sleeps = true)
CRASH_TEST(crash_channel, receive_from_a_busy_one,
	   .before = crash_nothing, .prepare = prepare_to_receive,
	   .operate = receive_batch, .judge = judge_busy_producer,
	   .peer = crash_peer_produces)
CRASH_TEST(crash_channel, free_received,
	   .before = be_producer, .prepare = prepare_to_receive,
	   .operate = free_received, .judge = judge_none_received)
CRASH_TEST(crash_channel, consumer_leaves,
	   .before = be_producer, .prepare = prepare_to_receive,
	   .operate = close_end, .judge = judge_consumer_left)

TEST_HARNESS_MAIN
