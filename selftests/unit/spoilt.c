// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Words of shared memory that say something impossible, one at a time: what
 * scribbling at random (unit/scribble) and fuzzing meet only by luck. Whoever
 * reads them gets an error, or something else than it wanted; it mustn't go on
 * for ever or touch anything outside of the region, which has guards.
 */
#include "../common/guard.h"
#include "../common/variants.h"

#include <pthread.h>

#include "cache.h"
#include "channel.h"
#include "directory.h"

#define KEY	   ipcbuf_key_id(7)
#define WANDERINGS 20000u

FIXTURE(spoilt) {
	struct test_region region;
	struct ipcbuf_region *handle;
};

ALL_VARIANTS(spoilt);

FIXTURE_SETUP(spoilt)
{
	void *record;

	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 2 * MIB));
	self->handle = self->region.handle;
	record = record_new(self->handle, 64);
	ASSERT_TRUE(guard_has(record));
	ASSERT_EQ(0, ipcbuf_free(record));
}

/* The region is spoilt, but its end must still work. */
FIXTURE_TEARDOWN(spoilt)
{
	EXPECT_EQ(0, test_region_end(&self->region));
}

/*
 * A channel that is kept, without anybody in it, of a size that no other object
 * has: it lies behind the directory.
 */
static struct ipcb_object *make_channel(struct ipcbuf_region *region)
{
	struct ipcbuf_channel_options keep = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel = channel_join(region, 1,
						      IPCBUF_PRODUCER, 2);

	MUST_EQ(0, ipcbuf_channel_close(channel));
	keep.flags = IPCBUF_CHANNEL_KEEP;
	MUST_EQ(0, ipcbuf_channel_open(region, KEY, IPCBUF_PRODUCER, &keep,
				       &channel));
	MUST_EQ(0, ipcbuf_channel_close(channel));
	return ipcb_object_at(region, ipcb_directory_find(region, KEY));
}

/*
 * Fails (never ends) if the entry of a channel that was being removed is looked
 * for by the key that the channel says it has.
 */
TEST_F(spoilt, removed_under_another_key)
{
	struct ipcb_object *object = make_channel(self->handle);
	struct ipcbuf_channel *channel;

	object->id = 8;
	object->state = IPCB_OBJECT_REMOVED;
	EXPECT_EQ(0, ipcbuf_channel_open(self->handle, KEY, IPCBUF_CONSUMER,
					 NULL, &channel));
	EXPECT_EQ(0, ipcbuf_channel_close(channel));
}

/*
 * Fails (beyond the region's end) if the name of a channel is read until it
 * ends.
 */
TEST_F(spoilt, endless_name)
{
	struct ipcb_object *object = make_channel(self->handle);
	uint64_t offset = ipcb_offset(self->handle, object);
	char *end = ipcb_at(self->handle, self->handle->g.size_bytes);

	ASSERT_LT(self->handle->header->dir_level[0], offset);
	object->id = -1;
	memset(object->name, 'x', (size_t)(end - object->name));
	EXPECT_EQ(0, ipcbuf_channel_remove(self->handle, KEY));
}

/* Fails if a program that asks for its channel's name is given that. */
TEST_F(spoilt, endless_name_of_mine)
{
	struct ipcbuf_channel_info info;
	struct ipcbuf_channel *channel;
	struct ipcb_object *object;

	ASSERT_EQ(0, ipcbuf_channel_open(self->handle, ipcbuf_key_name("mine"),
					 IPCBUF_PRODUCER, NULL, &channel));
	object = ipcb_object_at(self->handle, channel->offset);
	memset(object->name, 'x', sizeof(object->name));
	ASSERT_EQ(0, ipcbuf_channel_get_info(channel, &info));
	EXPECT_STREQ("mine", info.key.name);
	EXPECT_EQ(0, ipcbuf_channel_close(channel));
}

/*
 * An orphan that needs more frames than there are behind it. Fails if it is
 * adopted: the record would reach past the region's end.
 */
TEST_F(spoilt, orphan_at_the_end)
{
	struct ipcbuf_region *region = self->handle;
	uint64_t last = region->g.frames - 1, offset;
	unsigned int class = region->usable_classes - 1;
	size_t bytes = region->classes[class].bytes;
	void *record;

	ASSERT_EQ(IPCB_SPAN_RUN, region->classes[class].kind);
	ASSERT_LT(UINT64_C(1) << region->g.frame_shift, bytes);
	region->header->frames_limit = region->g.frames;
	region->header->orphans[class] = 1;
	region->frames[last] = ipcb_frame_word(IPCB_FRAME_HEAD, 0, bytes >> 12);
	region->slabs[last << region->g.slabs_per_frame_shift] =
		ipcb_slab_word(IPCB_SLAB_ORPHAN, class, 0, 0);
	ASSERT_EQ(0, ipcbuf_alloc(region, bytes, &record));
	offset = ipcb_offset(region, record);
	EXPECT_LE(offset, region->g.size_bytes - bytes);
	EXPECT_EQ(0, ipcbuf_free(record));
}

/*
 * A slot that names a run which begins in the last frame and needs more. Fails if it
 * is received: the record would reach past the region's end.
 */
TEST_F(spoilt, run_at_the_end)
{
	struct ipcbuf_region *region = self->handle;
	struct ipcbuf_channel *out = channel_join(region, 1, IPCBUF_PRODUCER,
						  2);
	struct ipcbuf_channel *in = channel_join(region, 1, IPCBUF_CONSUMER, 2);
	uint64_t last = region->g.frames - 1;
	uint64_t offset = ipcb_frame_offset(region, (uint32_t)last);
	unsigned int class = region->usable_classes - 1;
	void *record = record_new(region, 64), *received = NULL;
	struct ipcb_block block;

	ASSERT_EQ(IPCB_SPAN_RUN, region->classes[class].kind);
	region->header->frames_limit = region->g.frames;
	ASSERT_EQ(0, ipcb_block_at(region, ipcb_offset(region, record),
				   &block));
	ASSERT_EQ(0, ipcbuf_channel_try_send(out, record));
	region->slabs[last << region->g.slabs_per_frame_shift] =
		ipcb_slab_word(IPCB_SLAB_OWNED, class, region->member, 1);
	*ipcb_run_own(region, (uint32_t)last) = (uint16_t)region->member;
	in->slots[0] = offset >> 6 << 2 | 1;
	EXPECT_EQ(-EBADMSG, ipcbuf_channel_try_recv(in, &received));
	EXPECT_EQ(NULL, received);
	EXPECT_EQ(0, ipcbuf_channel_close(in));
	EXPECT_EQ(0, ipcbuf_channel_close(out));
}

/*
 * Fails if a program is told that a record of its own has no bytes: the last
 * of them would be in front of it.
 */
TEST_F(spoilt, huge_record_without_a_head)
{
	struct ipcbuf_region *region = self->handle;
	size_t bytes = MIB, usable = 1;
	void *record = record_new(region, bytes);
	uint64_t offset = ipcb_offset(region, record);
	uint32_t frame = (uint32_t)((offset - region->g.heap_offset) >>
				    region->g.frame_shift);

	ASSERT_EQ(0, ipcbuf_usable_size(record, &usable));
	ASSERT_LE(bytes, usable);
	region->frames[frame] = 0;
	EXPECT_EQ(-EUCLEAN, ipcbuf_usable_size(record, &usable));
	EXPECT_LE(bytes, usable);
	EXPECT_EQ(0, ipcbuf_free(record));
}

/*
 * A huge record lies over a span that this thread has had since before: the words
 * of its frames said that they were free. Fails if it is looked for among the
 * thread's spans, of which there are none for such records.
 */
TEST_F(spoilt, huge_record_over_a_span_of_mine)
{
	struct ipcbuf_region *region = self->handle;
	void *record = record_new(region, MIB);
	uint32_t span = ipcb_span_of(region, ipcb_offset(region, record),
				     IPCB_CLASS_HUGE);
	uint32_t frame = ipcb_frame_of_span(region, span);

	region->home[span] = ipcb_reader->last_cache->id;
	EXPECT_NE(0, region->frames[frame]);
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, region->frames[frame]);
}

/*
 * The slab of a record that was sent says another class than it has. Fails (writes
 * to where nothing is) if the thread that has the slab puts the record into its
 * magazine of that class, which it never made.
 */
TEST_F(spoilt, class_of_a_slab_of_mine)
{
	struct ipcbuf_region *region = self->handle;
	struct ipcbuf_channel *out = channel_join(region, 1, IPCBUF_PRODUCER,
						  2);
	struct ipcbuf_channel *in = channel_join(region, 1, IPCBUF_CONSUMER, 2);
	void *record = record_new(region, 1024), *received = NULL;
	struct ipcb_cache *cache = ipcb_reader->last_cache;
	unsigned int class = ipcb_class_of(512);
	uint32_t span = ipcb_span_of(region, ipcb_offset(region, record), class);

	ASSERT_EQ(cache->id, region->home[span]);
	ASSERT_EQ(0, cache->magazines[class].capacity);
	ASSERT_EQ(0, ipcbuf_channel_try_send(out, record));
	region->slabs[span] = ipcb_slab_word(IPCB_SLAB_OWNED, class,
					     region->member, 1);
	ASSERT_EQ(0, ipcbuf_channel_try_recv(in, &received));
	ASSERT_EQ(record, received);
	EXPECT_EQ(0, ipcbuf_free(received));
	EXPECT_EQ(0, ipcbuf_channel_close(in));
	EXPECT_EQ(0, ipcbuf_channel_close(out));
}

struct wanderer {
	uint64_t *word;
	uint64_t values[2];
	int stop;
};

static void *wander(void *arg)
{
	struct wanderer *wanderer = arg;
	unsigned int i = 0;

	while (!__atomic_load_n(&wanderer->stop, __ATOMIC_RELAXED))
		__atomic_store_n(wanderer->word, wanderer->values[i++ % 2],
				 __ATOMIC_RELAXED);
	return NULL;
}

/*
 * The directory's first table is where it was, or nowhere. Fails (touches what is
 * outside) if whoever takes an entry out reads twice where the table is.
 */
TEST_F(spoilt, directory_that_wanders)
{
	struct ipcbuf_channel *channel = channel_join(self->handle, 1,
						      IPCBUF_PRODUCER, 2);
	struct ipcb_header *header = self->handle->header;
	struct wanderer wanderer = {
		.word = &header->dir_level[0],
		.values = { 0, header->dir_level[0] },
	};
	pthread_t thread;
	unsigned int i;

	ASSERT_NE(0, wanderer.values[1]);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wander, &wanderer));
	for (i = 0; i < WANDERINGS; i++) {
		EXPECT_EQ(0, ipcbuf_channel_close(channel));
		if (ipcbuf_channel_open(self->handle, KEY, IPCBUF_PRODUCER, NULL,
					&channel))
			break;
	}
	__atomic_store_n(&wanderer.stop, 1, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	header->dir_level[0] = wanderer.values[1];
	if (i == WANDERINGS)
		EXPECT_EQ(0, ipcbuf_channel_close(channel));
}

TEST_HARNESS_MAIN
