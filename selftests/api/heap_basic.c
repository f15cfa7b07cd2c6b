// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Records of every size and alignment: whole, apart, and where they should be. */
#include "../common/variants.h"
#include "../common/fill.h"
#include "../common/random.h"

#define LIVE 32

REGION_FIXTURE(heap, 64 * MIB);

struct held {
	void *record;
	size_t usable;
	uint64_t seed;
};

static void take(struct ipcbuf_region *region, struct held *held,
		 size_t bytes, size_t align, uint64_t seed)
{
	MUST_EQ(0, ipcbuf_alloc_aligned(region, bytes, align, &held->record));
	MUST_EQ(0, ipcbuf_usable_size(held->record, &held->usable));
	MUST(held->usable >= bytes);
	MUST_EQ(0, (uintptr_t)held->record % align);
	held->seed = seed;
	fill_write(held->record, held->usable, seed);
}

static void drop(struct held *held)
{
	if (!held->record)
		return;
	MUST(fill_matches(held->record, held->usable, held->seed));
	MUST_EQ(0, ipcbuf_free(held->record));
	held->record = NULL;
}

/* All sizes that are small, then a step of a hundredth at a time. */
static size_t next_size(size_t bytes)
{
	return bytes < 2000 ? bytes + 1 : bytes + bytes / 100;
}

/*
 * Many records live at a time, each filled to its last usable byte. Fails if
 * two overlap, one is too small, or one isn't on a line of its own.
 */
TEST_F(heap, every_size)
{
	struct held held[LIVE] = { { NULL, 0, 0 } };
	uint64_t most = region_part(self->region.handle, 64), serial = 0;
	size_t bytes;
	int i;

	for (bytes = 1; bytes <= most; bytes = next_size(bytes)) {
		struct held *slot = &held[++serial % LIVE];

		drop(slot);
		take(self->region.handle, slot, bytes, 64, serial);
	}
	for (i = 0; i < LIVE; i++)
		drop(&held[i]);
}

/* What the manual says. */
static size_t greatest_alignment(struct ipcbuf_region *region)
{
	return region_info(region).size_bytes < 16 * MIB ? 16384 : 65536;
}

/* Fails if an alignment isn't kept, or costs a record its size. */
TEST_F(heap, every_alignment)
{
	struct held held[LIVE] = { { NULL, 0, 0 } };
	uint64_t limit = region_part(self->region.handle, 224);
	size_t most = greatest_alignment(self->region.handle), align;
	struct random random = { 1 };
	int i;

	for (align = 1; align <= most; align *= 2) {
		for (i = 0; i < LIVE; i++) {
			size_t bytes = random_size(&random, limit);

			drop(&held[i]);
			take(self->region.handle, &held[i], bytes, align,
			     random.state);
		}
	}
	for (i = 0; i < LIVE; i++)
		drop(&held[i]);
}

/* Fails if an address that is aligned here isn't in another mapping. */
TEST_F(heap, aligned_in_every_mapping)
{
	struct ipcbuf_region *second = test_region_join(&self->region);
	size_t most = greatest_alignment(second), align;
	void *here, *there;
	uint64_t offset;

	for (align = 64; align <= most; align *= 2) {
		ASSERT_EQ(0, ipcbuf_alloc_aligned(self->region.handle, 100,
						  align, &here));
		ASSERT_EQ(0, ipcbuf_offset_of(here, &offset));
		ASSERT_EQ(0, ipcbuf_address_of(second, offset, &there));
		EXPECT_EQ(0, (uintptr_t)there % align);
		EXPECT_EQ(0, ipcbuf_free(here));
	}
	EXPECT_EQ(0, ipcbuf_region_close(second));
}

/* Fails if what is no alignment is rounded to one. */
TEST_F(heap, bad_alignments)
{
	const size_t bad[] = { 0, 3, 65, 100, 65537, 131072, SIZE_MAX,
			       SIZE_MAX / 2 + 1 };
	uint64_t held = region_held(self->region.handle);
	void *record = POISON;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, ipcbuf_alloc_aligned(self->region.handle,
							100, bad[i], &record));
	EXPECT_EQ(POISON, record);
	EXPECT_EQ(held, region_held(self->region.handle));
}

/* Fails if small regions keep to another limit than the manual's. */
TEST_F(heap, alignment_in_small_regions)
{
	struct test_region small;
	void *record = POISON;

	ASSERT_EQ(0, test_region_create(&small, variant->backend,
					variant->wait, 1 * MIB));
	EXPECT_EQ(-EINVAL, ipcbuf_alloc_aligned(small.handle, 100, 32768,
						&record));
	EXPECT_EQ(POISON, record);
	ASSERT_EQ(0, ipcbuf_alloc_aligned(small.handle, 100, 16384, &record));
	EXPECT_EQ(0, (uintptr_t)record % 16384);
	EXPECT_EQ(0, ipcbuf_free(record));
	EXPECT_EQ(0, test_region_end(&small));
}

/* Fails if records larger than every class can't be had, whole and again. */
TEST_F(heap, huge)
{
	uint64_t part = region_part(self->region.handle, 64);
	const size_t sizes[] = { 2 * part, 3 * part + 1, 10 * part, 25 * part };
	struct held held[ARRAY_SIZE(sizes)] = { { NULL, 0, 0 } };
	unsigned int round, i;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			take(self->region.handle, &held[i], sizes[i], 64,
			     round * 10 + i);
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			drop(&held[i]);
	}
}

/* Fails if the largest record that is promised can't be had, or a larger one. */
TEST_F(heap, largest)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_region_info info = region_info(region);
	struct held held;
	void *record = POISON;
	int round;

	EXPECT_EQ(-EMSGSIZE, ipcbuf_alloc(region, info.max_record_bytes + 1,
					  &record));
	EXPECT_EQ(-EMSGSIZE, ipcbuf_alloc(region, info.size_bytes, &record));
	EXPECT_EQ(-EMSGSIZE, ipcbuf_alloc(region, SIZE_MAX, &record));
	EXPECT_EQ(-EMSGSIZE, ipcbuf_alloc(region, SIZE_MAX - 63, &record));
	EXPECT_EQ(-EINVAL, ipcbuf_alloc(region, 0, &record));
	EXPECT_EQ(POISON, record);
	for (round = 0; round < 2; round++) {
		take(region, &held, info.max_record_bytes, 64, 5);
		EXPECT_EQ(-ENOMEM, ipcbuf_alloc(region, info.max_record_bytes,
						&record));
		EXPECT_EQ(POISON, record);
		drop(&held);
	}
}

/* Fails if places and addresses aren't each other's inverse. */
TEST_F(heap, offsets)
{
	struct ipcbuf_region *region = self->region.handle;
	struct random random = { 2 };
	int i;

	for (i = 0; i < 1000; i++) {
		size_t bytes = random_size(&random, 100000);
		unsigned char *record = record_new(region, bytes);
		uint64_t start, inside;
		void *address;

		ASSERT_EQ(0, ipcbuf_offset_of(record, &start));
		ASSERT_EQ(0, ipcbuf_offset_of(record + bytes - 1, &inside));
		EXPECT_EQ(start + bytes - 1, inside);
		EXPECT_EQ(0, start % 64);
		ASSERT_EQ(0, ipcbuf_address_of(region, inside, &address));
		EXPECT_EQ(record + bytes - 1, address);
		EXPECT_EQ(0, ipcbuf_free(record));
	}
}

/* Fails if a place outside of the heap, or of every region, is let through. */
TEST_F(heap, offsets_outside)
{
	struct ipcbuf_region *region = self->region.handle;
	const uint64_t size = region_info(region).size_bytes;
	const uint64_t outside[] = { 0, 1, 4095, size, size + 1, size + 64,
				     UINT64_MAX, UINT64_MAX - 63,
				     UINT64_C(1) << 63 };
	uint64_t offset = 77;
	void *address = POISON;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(outside); i++)
		EXPECT_EQ(-EINVAL, ipcbuf_address_of(region, outside[i],
						     &address));
	EXPECT_EQ(POISON, address);
	EXPECT_EQ(-EINVAL, ipcbuf_offset_of(&offset, &offset));
	EXPECT_EQ(-EINVAL, ipcbuf_offset_of(self, &offset));
	EXPECT_EQ(-EINVAL, ipcbuf_offset_of(NULL, &offset));
	EXPECT_EQ(-EINVAL, ipcbuf_offset_of((void *)UINTPTR_MAX, &offset));
	EXPECT_EQ(77, offset);
}

TEST_HARNESS_MAIN
