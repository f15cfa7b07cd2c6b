// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Regions from the smallest to 1 TiB, and sizes that can't be. */
#include "../common/variants.h"
#include "../common/fill.h"

#include <string.h>

FIXTURE(sizes) {
	struct test_region region;
};

ALL_VARIANTS(sizes);

FIXTURE_SETUP(sizes)
{
	NEED_VARIANT(variant);
}

FIXTURE_TEARDOWN(sizes)
{
}

/* Both ends of a record's memory can be written and are its own. */
static void use(struct ipcbuf_region *region, size_t bytes)
{
	unsigned char *record = record_new(region, bytes);
	void *other = record_new(region, 64);

	fill_write(record, 64, 1);
	fill_write(record + bytes - 64, 64, 2);
	fill_write(other, 64, 3);
	MUST(fill_matches(record, 64, 1) || bytes < 128);
	MUST(fill_matches(record + bytes - 64, 64, 2));
	MUST(fill_matches(other, 64, 3));
	MUST_EQ(0, ipcbuf_free(record));
	MUST_EQ(0, ipcbuf_free(other));
}

static void check_region(struct __test_metadata *_metadata,
			 struct test_region *region, uint64_t size,
			 size_t record_bytes)
{
	struct ipcbuf_region_info info = region_info(region->handle);

	EXPECT_LE(size, info.size_bytes);
	EXPECT_LE(info.size_bytes, size + info.frame_bytes);
	EXPECT_LT(info.committed_bytes, GIB);
	use(region->handle, record_bytes);
	EXPECT_EQ(0, region_verify(region->handle));
	EXPECT_EQ(0, test_region_end(region));
}

/* Fails if the smallest region that is promised is of no use. */
TEST_F(sizes, smallest)
{
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait,
					IPCBUF_REGION_MIN_BYTES));
	check_region(_metadata, &self->region, IPCBUF_REGION_MIN_BYTES,
		     100000);
}

/* Fails if sizes that are no round number are cut down or refused. */
TEST_F(sizes, odd)
{
	const uint64_t odd[] = { 1 * MIB + 1, 3 * MIB - 1, 15 * MIB + 12345,
				 16 * MIB - 1, 16 * MIB + 1, 100 * MIB + 7,
				 GIB - 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		if (system_why_smaller(variant->backend, odd[i]))
			break;
		ASSERT_EQ(0, test_region_create(&self->region,
						variant->backend,
						variant->wait, odd[i]));
		check_region(_metadata, &self->region, odd[i], 300000);
	}
}

/* Fails if a size isn't chosen, or isn't 1 GiB. */
TEST_F(sizes, default_is_one_gib)
{
	NEED_BYTES(variant, GIB);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 0));
	EXPECT_LE(900 * MIB,
		  region_info(self->region.handle).max_record_bytes);
	check_region(_metadata, &self->region, GIB, 50 * MIB);
}

/* Fails if 1 TiB is refused, or memory is taken before it is used. */
TEST_F(sizes, one_tib_sparse)
{
	NEED_BYTES(variant, TIB);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, TIB));
	EXPECT_LE(900 * GIB,
		  region_info(self->region.handle).max_record_bytes);
	check_region(_metadata, &self->region, TIB, 50 * MIB);
}

/* Fails if an impossible size makes anything, or is rounded to a possible one. */
TEST_F(sizes, impossible)
{
	const uint64_t sizes[] = { 1, 4096, IPCBUF_REGION_MIN_BYTES - 1,
				   IPCBUF_REGION_MAX_BYTES + 1,
				   UINT64_C(1) << 63, INT64_MAX, UINT64_MAX,
				   UINT64_MAX - 1, UINT64_MAX - 4095,
				   UINT64_MAX - 2 * MIB };
	struct ipcbuf_region *again = POISON;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(-EINVAL, test_region_create(&self->region,
						      variant->backend,
						      variant->wait,
						      sizes[i]));
		EXPECT_EQ(NULL, self->region.handle);
		EXPECT_EQ(-ENOENT, ipcbuf_region_open(self->region.name, NULL,
						      &again));
		EXPECT_EQ(POISON, again);
	}
}

TEST_HARNESS_MAIN
