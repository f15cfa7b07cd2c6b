// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Processes hand each other records of random sizes. Every record carries its
 * number and a pattern over all of its bytes; whoever gets it checks both.
 *
 * There are more records than any channel holds, so nobody can have left
 * before the other has come: who comes first waits.
 */
#include "../common/variants.h"
#include "../common/fill.h"
#include "../common/random.h"

#define RECORDS       60000
#define CHAIN_RECORDS 15000
#define RECORD_LIMIT  4000
#define BATCH         16

REGION_FIXTURE(exchange, 64 * MIB);

struct party {
	const struct test_region *region;
	int64_t from;			/* channel, or -1 at the beginning */
	int64_t to;			/* channel, or -1 at the end */
	uint32_t depth_slots;
	uint64_t records;
	bool batches;
};

static void *next_record(struct ipcbuf_region *region, uint64_t serial)
{
	struct random random = { serial };
	size_t bytes = MESSAGE_MIN_BYTES + random_size(&random, RECORD_LIMIT);
	void *record;

	if (serial % 1000 == 999)
		bytes *= 100;
	record = record_new(region, bytes);
	message_write(record, bytes, serial);
	return record;
}

static void check_record(void *record, uint64_t expected)
{
	uint64_t serial;
	size_t usable;

	MUST_EQ(0, ipcbuf_usable_size(record, &usable));
	MUST(message_read(record, usable, &serial));
	MUST_EQ(expected, serial);
}

static void send_batch(struct ipcbuf_channel *channel, void **records,
		       size_t count)
{
	size_t sent;

	while (count) {
		MUST_EQ(0, ipcbuf_channel_send_batch(channel, records, count,
						     IPCBUF_FOREVER, &sent));
		MUST(sent >= 1 && sent <= count);
		records += sent;
		count -= sent;
	}
}

static int produce(void *arg)
{
	const struct party *party = arg;
	struct ipcbuf_region *region = test_region_join(party->region);
	struct ipcbuf_channel *out;
	void *records[BATCH];
	uint64_t serial = 0;
	size_t count;

	out = channel_join(region, party->to, IPCBUF_PRODUCER,
			   party->depth_slots);
	while (serial < party->records) {
		for (count = 0; count < (party->batches ? BATCH : 1) &&
		     serial < party->records; count++)
			records[count] = next_record(region, serial++);
		if (party->batches)
			send_batch(out, records, count);
		else
			MUST_EQ(0, ipcbuf_channel_send(out, records[0]));
	}
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

static int consume(void *arg)
{
	const struct party *party = arg;
	struct ipcbuf_region *region = test_region_join(party->region);
	struct ipcbuf_channel *in;
	void *records[BATCH];
	uint64_t serial = 0;
	size_t count, i;
	int ret;

	in = channel_join(region, party->from, IPCBUF_CONSUMER,
			  party->depth_slots);
	for (;;) {
		count = 1;
		ret = party->batches ?
		      ipcbuf_channel_recv_batch(in, records, BATCH,
						IPCBUF_FOREVER, &count) :
		      ipcbuf_channel_recv(in, records);
		if (ret)
			break;
		for (i = 0; i < count; i++) {
			check_record(records[i], serial++);
			MUST_EQ(0, ipcbuf_free(records[i]));
		}
	}
	MUST_EQ(-EPIPE, ret);
	MUST_EQ(party->records, serial);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Passes on what it gets, the very same memory. */
static int forward(void *arg)
{
	const struct party *party = arg;
	struct ipcbuf_region *region = test_region_join(party->region);
	struct ipcbuf_channel *in, *out;
	uint64_t serial = 0;
	void *record;
	int ret;

	in = channel_join(region, party->from, IPCBUF_CONSUMER,
			  party->depth_slots);
	out = channel_join(region, party->to, IPCBUF_PRODUCER,
			   party->depth_slots);
	while (!(ret = ipcbuf_channel_recv(in, &record))) {
		check_record(record, serial++);
		MUST_EQ(0, ipcbuf_channel_send(out, record));
	}
	MUST_EQ(-EPIPE, ret);
	MUST_EQ(party->records, serial);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

static void all_is_back(struct __test_metadata *_metadata,
			struct ipcbuf_region *region)
{
	EXPECT_EQ(1, region_info(region).members);
	EXPECT_EQ(0, ipcbuf_region_trim(region));
	EXPECT_EQ(0, region_held(region));
}

static void run_pair(struct __test_metadata *_metadata,
		     const struct test_region *region, uint32_t depth_slots,
		     bool batches)
{
	struct party party = { region, 1, 1, depth_slots, RECORDS, batches };
	pid_t consumer = peer_start(consume, &party);
	pid_t producer = peer_start(produce, &party);

	EXPECT_EQ(0, peer_wait(producer));
	EXPECT_EQ(0, peer_wait(consumer));
	all_is_back(_metadata, region->handle);
}

/* Fails if a record is lost, doubled, spoiled, or a sleeper isn't woken. */
TEST_F_TIMEOUT(exchange, shallow, 60)
{
	run_pair(_metadata, &self->region, 2, false);
}

/* The same where hardly anybody ever waits. */
TEST_F_TIMEOUT(exchange, deep, 60)
{
	run_pair(_metadata, &self->region, 1024, false);
}

/* The same, many at a time and fewer than there is room for. */
TEST_F_TIMEOUT(exchange, batches, 60)
{
	run_pair(_metadata, &self->region, 64, true);
}

/* Fails if a record can't go on from one who didn't allocate it. */
TEST_F_TIMEOUT(exchange, chain, 60)
{
	struct party parties[] = {
		{ &self->region, -1, 1, 8, CHAIN_RECORDS, false },
		{ &self->region, 1, 2, 8, CHAIN_RECORDS, false },
		{ &self->region, 2, 3, 8, CHAIN_RECORDS, false },
		{ &self->region, 3, -1, 8, CHAIN_RECORDS, false },
	};
	int (*const roles[])(void *) = { produce, forward, forward, consume };
	pid_t peers[ARRAY_SIZE(parties)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parties); i++)
		peers[i] = peer_start(roles[i], &parties[i]);
	for (i = 0; i < ARRAY_SIZE(parties); i++)
		EXPECT_EQ(0, peer_wait(peers[i]));
	all_is_back(_metadata, self->region.handle);
}

TEST_HARNESS_MAIN
