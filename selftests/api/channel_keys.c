// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Numbers and names of channels, the flags of opening, and the list. */
#include "../common/variants.h"

#include <string.h>

#define LONGEST_NAME \
	"a23456789012345678901234567890123456789012345678901234567890123"

REGION_FIXTURE(keys, 8 * MIB);

static int open_with(struct ipcbuf_region *region, struct ipcbuf_key key,
		     uint32_t flags, struct ipcbuf_channel **ret_channel)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;

	options.flags = flags;
	return ipcbuf_channel_open(region, key, IPCBUF_PRODUCER, &options,
				   ret_channel);
}

/* Fails if two keys lead to one channel, or one key to two. */
TEST_F(keys, are_separate)
{
	const struct ipcbuf_key keys[] = {
		ipcbuf_key_id(0), ipcbuf_key_id(7), ipcbuf_key_id(8),
		ipcbuf_key_id(INT64_MAX), ipcbuf_key_id(INT64_C(1) << 32),
		ipcbuf_key_name("7"), ipcbuf_key_name("0"),
		ipcbuf_key_name("a"), ipcbuf_key_name("A"),
		ipcbuf_key_name("a."), ipcbuf_key_name("_"),
		ipcbuf_key_name(LONGEST_NAME),
	};
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_region *second = test_region_join(&self->region);
	struct ipcbuf_channel *producers[ARRAY_SIZE(keys)], *consumer;
	void *record, *got;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(0, ipcbuf_channel_exists(second, keys[i]));
		ASSERT_EQ(0, open_with(region, keys[i], 0, &producers[i]));
		EXPECT_EQ(1, ipcbuf_channel_exists(second, keys[i]));
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		ASSERT_EQ(0, ipcbuf_channel_open(second, keys[i],
						 IPCBUF_CONSUMER, NULL,
						 &consumer));
		record = record_new(region, 64);
		memset(record, (int)i, 64);
		EXPECT_EQ(0, ipcbuf_channel_send(producers[i], record));
		ASSERT_EQ(0, ipcbuf_channel_try_recv(consumer, &got));
		EXPECT_EQ(i, *(unsigned char *)got);
		EXPECT_EQ(0, ipcbuf_free(got));
		EXPECT_EQ(0, ipcbuf_channel_close(consumer));
		EXPECT_EQ(0, ipcbuf_channel_close(producers[i]));
		EXPECT_EQ(0, ipcbuf_channel_exists(second, keys[i]));
	}
	EXPECT_EQ(0, ipcbuf_region_close(second));
}

/* Fails if a key outside of the rule is taken by any call. */
TEST_F(keys, bad)
{
	const struct ipcbuf_key keys[] = {
		ipcbuf_key_id(-1), ipcbuf_key_id(INT64_MIN),
		ipcbuf_key_name(NULL), ipcbuf_key_name(""),
		ipcbuf_key_name("a/b"), ipcbuf_key_name(".a"),
		ipcbuf_key_name("-a"), ipcbuf_key_name("a b"),
		ipcbuf_key_name("\xc3\xa9"), ipcbuf_key_name(LONGEST_NAME "4"),
	};
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *channel = POISON;
	struct ipcbuf_segment *segment = POISON;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(-EINVAL, open_with(region, keys[i], 0, &channel));
		EXPECT_EQ(-EINVAL, ipcbuf_segment_open(region, keys[i], 64,
						       NULL, &segment));
		EXPECT_EQ(-EINVAL, ipcbuf_channel_exists(region, keys[i]));
		EXPECT_EQ(-EINVAL, ipcbuf_channel_remove(region, keys[i]));
		EXPECT_EQ(-EINVAL, ipcbuf_segment_remove(region, keys[i]));
		EXPECT_EQ(-EINVAL, ipcbuf_channel_wait(region, keys[i],
						       IPCBUF_FOREVER));
	}
	EXPECT_EQ(POISON, channel);
	EXPECT_EQ(POISON, segment);
	EXPECT_EQ(0, region_info(region).channels);
}

/* Fails if OPEN_ONLY creates, or EXCL joins. */
TEST_F(keys, flags)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *producer, *consumer = POISON;
	struct ipcbuf_channel_options excl = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_key key = ipcbuf_key_id(1);

	EXPECT_EQ(-ENOENT, open_with(region, key, IPCBUF_CHANNEL_OPEN_ONLY,
				     &consumer));
	EXPECT_EQ(0, ipcbuf_channel_exists(region, key));
	ASSERT_EQ(0, open_with(region, key, IPCBUF_CHANNEL_EXCL, &producer));
	excl.flags = IPCBUF_CHANNEL_EXCL;
	EXPECT_EQ(-EEXIST, ipcbuf_channel_open(region, key, IPCBUF_CONSUMER,
					       &excl, &consumer));
	EXPECT_EQ(POISON, consumer);
	EXPECT_EQ(0, ipcbuf_channel_has_consumer(producer));
	excl.flags = IPCBUF_CHANNEL_OPEN_ONLY;
	EXPECT_EQ(0, ipcbuf_channel_open(region, key, IPCBUF_CONSUMER, &excl,
					 &consumer));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(-ENOENT, open_with(region, key, IPCBUF_CHANNEL_OPEN_ONLY,
				     &producer));
}

/* Fails if flags that mean nothing, or contradict each other, are let through. */
TEST_F(keys, bad_flags)
{
	const uint32_t bad[] = { 8, 0x80000000, 0xffffffff,
				 IPCBUF_CHANNEL_OPEN_ONLY |
				 IPCBUF_CHANNEL_EXCL };
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel = POISON;
	struct ipcbuf_key key = ipcbuf_key_id(1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, open_with(self->region.handle, key, bad[i],
					     &channel));
	options.struct_bytes = 0;
	EXPECT_EQ(-EINVAL, ipcbuf_channel_open(self->region.handle, key,
					       IPCBUF_PRODUCER, &options,
					       &channel));
	EXPECT_EQ(POISON, channel);
	EXPECT_EQ(0, ipcbuf_channel_exists(self->region.handle, key));
}

/* Fails if a channel goes before it is removed, or what is in it does. */
TEST_F(keys, keep)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *producer, *consumer;
	struct ipcbuf_key key = ipcbuf_key_name("keeps");
	void *got;

	ASSERT_EQ(0, open_with(region, key, IPCBUF_CHANNEL_KEEP, &producer));
	EXPECT_EQ(0, ipcbuf_channel_send(producer, record_new(region, 64)));
	EXPECT_EQ(0, ipcbuf_channel_close(producer));
	EXPECT_EQ(1, ipcbuf_channel_exists(region, key));
	ASSERT_EQ(0, ipcbuf_channel_open(region, key, IPCBUF_CONSUMER, NULL,
					 &consumer));
	ASSERT_EQ(0, ipcbuf_channel_recv(consumer, &got));
	EXPECT_EQ(0, ipcbuf_free(got));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_recv(consumer, &got));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(1, ipcbuf_channel_exists(region, key));
	EXPECT_EQ(0, ipcbuf_channel_remove(region, key));
	EXPECT_EQ(0, ipcbuf_channel_exists(region, key));
}

/* Fails if a channel passes for a segment, or a segment for a channel. */
TEST_F(keys, wrong_kind)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_key of_channel = ipcbuf_key_id(1);
	struct ipcbuf_key of_segment = ipcbuf_key_name("segment");
	struct ipcbuf_segment *segment, *no_segment = POISON;
	struct ipcbuf_channel *channel, *no_channel = POISON;

	ASSERT_EQ(0, open_with(region, of_channel, 0, &channel));
	ASSERT_EQ(0, ipcbuf_segment_open(region, of_segment, 64, NULL,
					 &segment));
	EXPECT_EQ(-EPROTOTYPE, open_with(region, of_segment, 0, &no_channel));
	EXPECT_EQ(-EPROTOTYPE, ipcbuf_segment_open(region, of_channel, 64,
						   NULL, &no_segment));
	EXPECT_EQ(-EPROTOTYPE, ipcbuf_channel_remove(region, of_segment));
	EXPECT_EQ(-EPROTOTYPE, ipcbuf_segment_remove(region, of_channel));
	EXPECT_EQ(POISON, no_channel);
	EXPECT_EQ(POISON, no_segment);
	EXPECT_EQ(1, region_info(region).channels);
	EXPECT_EQ(1, region_info(region).segments);
	EXPECT_EQ(0, ipcbuf_channel_close(channel));
	EXPECT_EQ(0, ipcbuf_segment_close(segment));
}

struct listing {
	unsigned int channels;
	unsigned int segments;
	uint64_t pending;
	uint64_t sent;
	uint64_t received;
	uint64_t segment_bytes;
	unsigned int named;
};

static int add_up(const struct ipcbuf_channel_info *info, void *arg)
{
	struct listing *listing = arg;

	listing->channels += info->kind == IPCBUF_KIND_SPSC_RECORD;
	listing->segments += info->kind == IPCBUF_KIND_SEGMENT;
	listing->pending += info->pending;
	listing->sent += info->sent;
	listing->received += info->received;
	if (info->kind == IPCBUF_KIND_SEGMENT)
		listing->segment_bytes += info->bytes;
	if (info->key.name && !strcmp(info->key.name, "name"))
		listing->named++;
	return 0;
}

/* Fails if the list leaves any out, or its figures are wrong. */
TEST_F(keys, list)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *first, *second, *consumer;
	struct ipcbuf_segment *segment;
	struct listing listing = { 0 };
	void *got;
	int i;

	ASSERT_EQ(0, open_with(region, ipcbuf_key_id(5), 0, &first));
	ASSERT_EQ(0, open_with(region, ipcbuf_key_name("name"), 0, &second));
	ASSERT_EQ(0, ipcbuf_segment_open(region, ipcbuf_key_id(6), 1000, NULL,
					 &segment));
	consumer = channel_join(region, 5, IPCBUF_CONSUMER, 0);
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, ipcbuf_channel_send(first,
						 record_new(region, 100)));
	ASSERT_EQ(0, ipcbuf_channel_recv(consumer, &got));
	EXPECT_EQ(0, ipcbuf_free(got));
	EXPECT_EQ(0, ipcbuf_region_list_channels(region, add_up, &listing));
	EXPECT_EQ(2, listing.channels);
	EXPECT_EQ(1, listing.segments);
	EXPECT_EQ(1, listing.named);
	EXPECT_EQ(4, listing.pending);
	EXPECT_EQ(5, listing.sent);
	EXPECT_EQ(1, listing.received);
	EXPECT_LE(1000, listing.segment_bytes);
	EXPECT_EQ(0, ipcbuf_channel_close(first));
	EXPECT_EQ(0, ipcbuf_channel_close(second));
	EXPECT_EQ(0, ipcbuf_channel_close(consumer));
	EXPECT_EQ(0, ipcbuf_segment_close(segment));
	EXPECT_EQ(0, region_held(region));
}

static int stop_at_once(const struct ipcbuf_channel_info *info, void *arg)
{
	(void)info;
	++*(int *)arg;
	return -4321;
}

/* Fails if a visitor can't end the list. */
TEST_F(keys, visitor_ends_the_list)
{
	struct ipcbuf_channel *first, *second;
	int visits = 0;

	ASSERT_EQ(0, open_with(self->region.handle, ipcbuf_key_id(1), 0,
			       &first));
	ASSERT_EQ(0, open_with(self->region.handle, ipcbuf_key_id(2), 0,
			       &second));
	EXPECT_EQ(-4321, ipcbuf_region_list_channels(self->region.handle,
						     stop_at_once, &visits));
	EXPECT_EQ(1, visits);
	EXPECT_EQ(0, ipcbuf_channel_close(first));
	EXPECT_EQ(0, ipcbuf_channel_close(second));
}

TEST_HARNESS_MAIN
