// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who closes a region while somebody holds its directory, and is stopped, can't
 * leave its ends in time. They must not stay its own for ever: to the others it
 * has died.
 */
#include "../common/variants.h"

#include "directory.h"

#define RECORDS 3u

FIXTURE(left_behind) {
	struct test_region region;
	struct ipcbuf_channel *in;
	int joined;
	int close;
};

VARIANT_FIELDS(left_behind);
REGION_VARIANT(left_behind, posix_futex, POSIX, FUTEX);
REGION_VARIANT(left_behind, kmod_kmod, KMOD, KMOD);

FIXTURE_SETUP(left_behind)
{
	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 2 * MIB));
	self->in = channel_join(self->region.handle, 1, IPCBUF_CONSUMER, 4);
	self->joined = gate_new();
	self->close = gate_new();
}

FIXTURE_TEARDOWN(left_behind)
{
	EXPECT_EQ(0, ipcbuf_channel_close(self->in));
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
	EXPECT_EQ(1, region_info(self->region.handle).members);
	EXPECT_EQ(0, test_region_end(&self->region));
}

/* It lives on: what is left behind isn't so by its process's end. */
static int send_and_close(void *arg)
{
	FIXTURE_DATA(left_behind) *self = arg;
	struct ipcbuf_region *region = test_region_join(&self->region);
	struct ipcbuf_channel *out = channel_join(region, 1, IPCBUF_PRODUCER,
						  4);
	unsigned int i;

	for (i = 0; i < RECORDS; i++)
		MUST_EQ(0, ipcbuf_channel_send(out, record_new(region, 100)));
	record_new(region, 100);
	gate_post(self->joined, 1);
	gate_wait(self->close);
	MUST_EQ(0, ipcbuf_region_close(region));
	gate_post(self->joined, 1);
	gate_wait(self->close);
	return 0;
}

/*
 * Fails if what it sent is lost, or its peer never hears that it has gone, or
 * its slot is free with all that is left behind.
 */
TEST_F_TIMEOUT(left_behind, while_the_directory_is_held, 120)
{
	pid_t leaver = peer_start(send_and_close, self);
	unsigned int i;
	void *record;

	gate_wait(self->joined);
	ASSERT_EQ(0, ipcb_directory_lock(self->region.handle));
	gate_post(self->close, 1);
	gate_wait(self->joined);
	ipcb_directory_unlock(self->region.handle);
	for (i = 0; i < RECORDS; i++) {
		ASSERT_EQ(0, ipcbuf_channel_recv(self->in, &record));
		EXPECT_EQ(0, ipcbuf_free(record));
	}
	EXPECT_EQ(-EOWNERDEAD,
		  ipcbuf_channel_recv_until(self->in, &record,
					    ipcbuf_deadline_ns(LONG_NS)));
	gate_post(self->close, 1);
	EXPECT_EQ(0, peer_wait(leaver));
}

TEST_HARNESS_MAIN
