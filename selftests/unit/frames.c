/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Runs of frames, claimed and released by threads that get in each other's way. */
#include "../common/variants.h"

#include <pthread.h>

#include "../../lib/span.h"
#include "../common/random.h"

#define THREADS 4
#define ROUNDS  3000

REGION_FIXTURE(frames, 64 * MIB);

struct worker {
	struct ipcbuf_region *region;
	uint32_t *owner;	/* a word a frame: who has claimed it */
	uint32_t id;
};

static void mark(const struct worker *w, uint32_t head, uint64_t count,
		 uint32_t from, uint32_t to)
{
	uint64_t i;

	for (i = 0; i < count; i++)
		MUST(ipcb_cas_acq_rel(&w->owner[head + i], from, to));
}

static void *claim_and_release(void *arg)
{
	struct worker *w = arg;
	struct random random = { w->id };
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		uint64_t count = 1 + random_below(&random, 24);
		uint32_t head;
		int ret = ipcb_frames_claim(w->region, count, &head);

		if (ret) {
			MUST_EQ(-ENOMEM, ret);
			continue;
		}
		mark(w, head, count, 0, w->id);
		mark(w, head, count, w->id, 0);
		ipcb_frames_release(w->region, head, count);
	}
	return NULL;
}

/* Fails if a frame is in two runs at once, or isn't FREE at the end. */
TEST_F(frames, no_frame_in_two_runs)
{
	struct ipcbuf_region *region = self->region.handle;
	uint32_t *owner = calloc(region->g.frames, sizeof(*owner));
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	unsigned int i;

	ASSERT_NE(NULL, owner);
	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ region, owner, i + 1 };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    claim_and_release, &workers[i]));
	}
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	for (i = 0; i < ipcb_frames_limit(region); i++)
		EXPECT_EQ(0, region->frames[i]);
	free(owner);
}

/* Fails if the whole heap can't be one run, or a run longer than it can. */
TEST_F(frames, all_of_them)
{
	struct ipcbuf_region *region = self->region.handle;
	uint32_t head, other;

	ASSERT_EQ(0, ipcb_frames_claim(region, region->g.frames, &head));
	EXPECT_EQ(0, head);
	EXPECT_EQ(-ENOMEM, ipcb_frames_claim(region, 1, &other));
	ipcb_frames_release(region, head, region->g.frames);
	EXPECT_EQ(-ENOMEM, ipcb_frames_claim(region, region->g.frames + 1,
					     &other));
	EXPECT_EQ(-ENOMEM, ipcb_frames_claim(region, 0, &other));
}

/* What a member that died in the middle of a claim leaves is undone: fails if
 * a frame of its run, or one of somebody else's, is treated wrongly. */
TEST_F(frames, half_claimed_run_is_undone)
{
	struct ipcbuf_region *region = self->region.handle;
	uint32_t dead = region->member + 1, head, next;
	uint64_t i;

	ASSERT_EQ(0, ipcb_frames_claim(region, 8, &head));
	ASSERT_EQ(0, ipcb_frames_claim(region, 1, &next));
	/* Claimed up to the fifth of eight, the rest already somebody's. */
	for (i = 5; i < 8; i++)
		region->frames[head + i] = 0;
	region->frames[head] = ipcb_frame_word(IPCB_FRAME_TENTATIVE, dead, 8);
	ipcb_frame_recover(region, head, region->frames[head]);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, region->frames[head + i]);
	EXPECT_EQ(IPCB_FRAME_TENTATIVE,
		  ipcb_frame_kind(region->frames[next]));
	ipcb_frames_release(region, next, 1);
}

/* Fails if a frame whose sealer died isn't either whole again or gone. */
TEST_F(frames, half_sealed_frame)
{
	struct ipcbuf_region *region = self->region.handle;
	uint32_t dead = region->member + 1, span, frame;
	uint64_t sealing = ipcb_frame_word(IPCB_FRAME_SEALING, dead, 0);

	if (!region->g.slabs_per_frame_shift)
		SKIP(return, "a frame of so small a region is one slab");
	ASSERT_EQ(0, ipcb_span_claim(region, 1, 0, &span));
	frame = ipcb_frame_of_span(region, span);
	region->frames[frame] = sealing;
	region->slabs[span + 1] = 0;	/* one sealed, ours is in use */
	ipcb_frame_recover(region, frame, sealing);
	EXPECT_EQ(IPCB_FRAME_SLABS, ipcb_frame_kind(region->frames[frame]));
	EXPECT_EQ(IPCB_SLAB_FREE, ipcb_slab_kind(region->slabs[span + 1]));
	EXPECT_EQ(IPCB_SLAB_OWNED, ipcb_slab_kind(region->slabs[span]));
	ipcb_span_release(region, span, 0);
	EXPECT_EQ(0, region->frames[frame]);
}

TEST_HARNESS_MAIN
