// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* A hundred thousand channels in one region of the default size. */
#include "../common/variants.h"
#include "../common/random.h"

#include <string.h>

#define CHANNELS 100000
#define SAMPLE   500

REGION_FIXTURE(many, 0);

/* Every other one has a name. The text is the caller's. */
static struct ipcbuf_key key_of(int64_t number, char text[32])
{
	if (number % 2)
		return ipcbuf_key_id(number);
	snprintf(text, 32, "channel-%lld", (long long)number);
	return ipcbuf_key_name(text);
}

static void make(struct ipcbuf_region *region)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel;
	char text[32];
	int64_t number;

	options.flags = IPCBUF_CHANNEL_KEEP | IPCBUF_CHANNEL_EXCL;
	options.depth_slots = 4;
	for (number = 0; number < CHANNELS; number++) {
		MUST_EQ(0, ipcbuf_channel_open(region, key_of(number, text),
					       IPCBUF_PRODUCER, &options,
					       &channel));
		MUST_EQ(0, ipcbuf_channel_close(channel));
	}
}

static void use(struct ipcbuf_region *region, struct ipcbuf_key key)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *producer, *consumer;
	void *record = record_new(region, 64), *got;

	options.flags = IPCBUF_CHANNEL_OPEN_ONLY;
	MUST_EQ(0, ipcbuf_channel_open(region, key, IPCBUF_PRODUCER, &options,
				       &producer));
	MUST_EQ(0, ipcbuf_channel_open(region, key, IPCBUF_CONSUMER, &options,
				       &consumer));
	MUST_EQ(0, ipcbuf_channel_send(producer, record));
	MUST_EQ(0, ipcbuf_channel_recv(consumer, &got));
	MUST(got == record);
	MUST_EQ(0, ipcbuf_free(got));
	MUST_EQ(0, ipcbuf_channel_close(producer));
	MUST_EQ(0, ipcbuf_channel_close(consumer));
}

struct listing {
	unsigned char *seen;
	unsigned int strange;
};

static int tick_off(const struct ipcbuf_channel_info *info, void *arg)
{
	struct listing *listing = arg;
	long long number = info->key.id;

	if (info->key.name &&
	    sscanf(info->key.name, "channel-%lld", &number) != 1)
		number = -1;
	if (number < 0 || number >= CHANNELS || listing->seen[number]++)
		listing->strange++;
	return 0;
}

static void check_list(struct __test_metadata *_metadata,
		       struct ipcbuf_region *region, unsigned int expected)
{
	struct listing listing = { calloc(CHANNELS, 1), 0 };
	unsigned int i, count = 0;

	ASSERT_NE(NULL, listing.seen);
	EXPECT_EQ(0, ipcbuf_region_list_channels(region, tick_off, &listing));
	for (i = 0; i < CHANNELS; i++)
		count += listing.seen[i];
	EXPECT_EQ(expected, count);
	EXPECT_EQ(0, listing.strange);
	EXPECT_EQ(expected, region_info(region).channels);
	free(listing.seen);
}

/*
 * Fails if there are limits of any kind below what is promised: on channels,
 * on semaphores, on names; if one isn't found, or removing leaves anything.
 */
TEST_F_TIMEOUT(many, hundred_thousand, 60)
{
	struct ipcbuf_region *region = self->region.handle;
	struct random random = { 1 };
	char text[32];
	int64_t number;
	int i;

	NEED_BYTES(variant, IPCBUF_REGION_DEFAULT_BYTES);
	make(region);
	check_list(_metadata, region, CHANNELS);
	for (i = 0; i < SAMPLE; i++)
		use(region, key_of((int64_t)random_below(&random, CHANNELS),
				   text));
	for (number = 0; number < CHANNELS; number += 3)
		ASSERT_EQ(0, ipcbuf_channel_remove(region,
						   key_of(number, text)));
	for (number = 0; number < CHANNELS; number++)
		ASSERT_EQ(number % 3 != 0,
			  ipcbuf_channel_exists(region, key_of(number, text)));
	check_list(_metadata, region, CHANNELS - (CHANNELS + 2) / 3);
	EXPECT_EQ(0, region_verify(region));
	for (number = 0; number < CHANNELS; number++)
		if (number % 3)
			ASSERT_EQ(0, ipcbuf_channel_remove(
					     region, key_of(number, text)));
	check_list(_metadata, region, 0);
	EXPECT_EQ(0, ipcbuf_region_trim(region));
	EXPECT_EQ(0, region_held(region));
}

TEST_HARNESS_MAIN
