// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Frees that are wrong, and a region that is full: an error each time, and
 * everything else goes on.
 */
#include "../common/variants.h"
#include "../common/fill.h"
#include "../common/random.h"

#include <unistd.h>

#define MANY 400000

REGION_FIXTURE(errors, 16 * MIB);

/* Everything that takes a record must refuse this one. */
static void refused(struct ipcbuf_channel *producer, void *record)
{
	size_t bytes = 77;

	MUST_EQ(-EINVAL, ipcbuf_free(record));
	MUST_EQ(-EINVAL, ipcbuf_usable_size(record, &bytes));
	MUST_EQ(77, bytes);
	MUST_EQ(-EINVAL, ipcbuf_channel_try_send(producer, record));
}

/* Fails if a record can be freed or sent after it has been freed. */
TEST_F(errors, double_free)
{
	struct ipcbuf_region *region = self->region.handle;
	uint64_t part = region_part(region, 16);
	const size_t sizes[] = { 1, 64, 65, 500, 4096, 70000, part, 3 * part };
	struct ipcbuf_channel *producer;
	unsigned int i;

	producer = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *record = record_new(region, sizes[i]), *again;

		EXPECT_EQ(0, ipcbuf_free(record));
		refused(producer, record);
		refused(producer, record);
		again = record_new(region, sizes[i]);
		EXPECT_EQ(0, ipcbuf_free(again));
	}
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
}

/* Fails if an address that isn't a record's start frees something. */
TEST_F(errors, wild_free)
{
	struct ipcbuf_region *region = self->region.handle;
	uint64_t part = region_part(region, 16);
	const size_t sizes[] = { 64, 200, 1000, 5000, 70000, part, 4 * part };
	struct ipcbuf_channel *producer;
	struct random random = { 1 };
	unsigned int i, j;

	producer = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned char *record = record_new(region, sizes[i]);

		fill_write(record, sizes[i], i);
		for (j = 0; j < 200; j++)
			refused(producer, record + 1 +
				random_below(&random, sizes[i] - 1));
		EXPECT_TRUE(fill_matches(record, sizes[i], i));
		EXPECT_EQ(0, ipcbuf_free(record));
	}
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
}

/* Fails if an address far from every record is looked at. */
TEST_F(errors, not_even_close)
{
	struct ipcbuf_region *region = self->region.handle;
	unsigned char *record = record_new(region, 100), *base;
	struct ipcbuf_channel *producer;
	struct random random = { 2 };
	uint64_t offset, size = region_info(region).size_bytes;
	int i;

	producer = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	ASSERT_EQ(0, ipcbuf_offset_of(record, &offset));
	base = record - offset;
	refused(producer, &offset);
	refused(producer, (void *)(uintptr_t)64);
	refused(producer, (void *)UINTPTR_MAX);
	refused(producer, base);
	refused(producer, base - 64);
	refused(producer, base + size);
	for (i = 0; i < 20000; i++) {
		unsigned char *at = base + random_below(&random, size);

		if (at != record)
			refused(producer, at);
	}
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
}

/* Fails if the sender keeps any say over what it has sent. */
TEST_F(errors, free_after_send)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *producer, *consumer;
	void *record = record_new(region, 5000), *got;

	producer = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	fill_write(record, 5000, 1);
	ASSERT_EQ(0, ipcbuf_channel_send(producer, record));
	refused(producer, record);
	consumer = channel_join(region, 1, IPCBUF_CONSUMER, 0);
	ASSERT_EQ(0, ipcbuf_channel_recv(consumer, &got));
	EXPECT_EQ(-EAGAIN, ipcbuf_channel_try_recv(consumer, &record));
	EXPECT_TRUE(fill_matches(got, 5000, 1));
	EXPECT_EQ(0, ipcbuf_free(got));
	refused(producer, got);
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
}

/* Fails if a record of one region can be sent through another's channel. */
TEST_F(errors, other_regions_record)
{
	struct test_region other;
	struct ipcbuf_channel *producer;
	void *record;

	ASSERT_EQ(0, test_region_create(&other, variant->backend,
					variant->wait, 1 * MIB));
	record = record_new(other.handle, 100);
	producer = channel_join(self->region.handle, 1, IPCBUF_PRODUCER, 0);
	EXPECT_EQ(-EINVAL, ipcbuf_channel_try_send(producer, record));
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, region_verify(other.handle));
	EXPECT_EQ(0, test_region_end(&other));
}

struct owner {
	const struct test_region *region;
	int offset[2];
	int tried;
};

static int hold_a_record(void *arg)
{
	struct owner *owner = arg;
	struct ipcbuf_region *region = test_region_join(owner->region);
	void *record = record_new(region, 3000);
	uint64_t offset;

	fill_write(record, 3000, 9);
	MUST_EQ(0, ipcbuf_offset_of(record, &offset));
	MUST_EQ(sizeof(offset), write(owner->offset[1], &offset,
				      sizeof(offset)));
	gate_wait(owner->tried);
	MUST(fill_matches(record, 3000, 9));
	MUST_EQ(0, ipcbuf_free(record));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if one process can free, or send, what another holds. */
TEST_F(errors, other_process_record)
{
	struct owner owner = { .region = &self->region, .tried = gate_new() };
	struct ipcbuf_channel *producer;
	uint64_t offset;
	void *record;
	pid_t peer;

	ASSERT_EQ(0, pipe(owner.offset));
	peer = peer_start(hold_a_record, &owner);
	ASSERT_EQ(sizeof(offset), read(owner.offset[0], &offset,
				       sizeof(offset)));
	ASSERT_EQ(0, ipcbuf_address_of(self->region.handle, offset, &record));
	producer = channel_join(self->region.handle, 1, IPCBUF_PRODUCER, 0);
	refused(producer, record);
	gate_post(owner.tried, 1);
	EXPECT_EQ(0, peer_wait(peer));
	refused(producer, record);
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
}

struct hoard {
	void **records;
	size_t count;
	uint64_t bytes;
};

/* Takes records of random sizes until there are no more of 64 bytes. */
static void take_all(struct ipcbuf_region *region, struct hoard *hoard,
		     uint64_t limit, uint64_t seed)
{
	struct random random = { seed };
	int ret;

	hoard->count = 0;
	hoard->bytes = 0;
	while (hoard->count < MANY && limit) {
		size_t bytes = random_size(&random, limit);
		void *record = POISON;

		ret = ipcbuf_alloc(region, bytes, &record);
		if (ret) {
			MUST_EQ(-ENOMEM, ret);
			MUST(record == POISON);
			limit = bytes <= 64 ? 0 : bytes - 1;
			continue;
		}
		fill_write(record, bytes < 64 ? bytes : 64, hoard->count);
		hoard->records[hoard->count++] = record;
		hoard->bytes += bytes;
	}
	MUST(hoard->count < MANY);
}

static void give_all(struct hoard *hoard)
{
	size_t i;

	for (i = 0; i < hoard->count; i++)
		MUST_EQ(0, ipcbuf_free(hoard->records[i]));
}

/*
 * Fails if a full region says anything but -ENOMEM, stops what goes on in it,
 * or has less room the second time than the first.
 */
TEST_F(errors, full_region)
{
	struct ipcbuf_region *region = self->region.handle;
	struct hoard hoard = { calloc(MANY, sizeof(void *)), 0, 0 };
	struct ipcbuf_channel *producer, *consumer;
	uint64_t part = region_part(region, 16), first, round;
	void *got;

	ASSERT_NE(NULL, hoard.records);
	producer = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	consumer = channel_join(region, 1, IPCBUF_CONSUMER, 0);
	take_all(region, &hoard, part, 3);
	first = hoard.bytes;
	EXPECT_LT(4 * part, first);
	EXPECT_LT(0, region_info(region).allocation_failures);
	EXPECT_EQ(0, ipcbuf_channel_send(producer, hoard.records[0]));
	EXPECT_EQ(0, ipcbuf_channel_recv(consumer, &got));
	EXPECT_EQ(hoard.records[0], got);
	EXPECT_EQ(0, region_verify(region));
	give_all(&hoard);
	for (round = 0; round < 3; round++) {
		take_all(region, &hoard, part, 3);
		EXPECT_LE(first - first / 8, hoard.bytes);
		give_all(&hoard);
	}
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	free(hoard.records);
}

/* Fails if memory that small records used can't serve large ones, or the reverse. */
TEST_F(errors, full_then_other_sizes)
{
	struct ipcbuf_region *region = self->region.handle;
	struct hoard hoard = { calloc(MANY, sizeof(void *)), 0, 0 };
	uint64_t part = region_part(region, 16);
	const uint64_t limits[] = { 64, part / 10, 1000, 4 * part, 64,
				    part / 50 };
	unsigned int i;

	ASSERT_NE(NULL, hoard.records);
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		take_all(region, &hoard, limits[i], i);
		EXPECT_LT(2 * part, hoard.bytes);
		give_all(&hoard);
	}
	free(hoard.records);
}

TEST_HARNESS_MAIN
