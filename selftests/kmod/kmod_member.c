// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Slots: who may join, leave, reap, and what the control page tells of it. How
 * members die is kmod_death's.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BYTES (UINT64_C(16) * 4096)

FIXTURE(member) {
	struct kmod_region r;
};

FIXTURE_SETUP(member)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(member)
{
	kmod_region_end(&self->r);
}

/* Fails if the last of the most slots can't be used, or one behind it can. */
TEST_F(member, slots)
{
	const uint32_t most = IPCBUF_IOC_MAX_SLOTS;
	const struct ipcbuf_control *control;
	int fd = kmod_create(self->r.device, "", BYTES, most);

	ASSERT_LE(0, fd);
	control = kmod_control(fd, most);
	ASSERT_NE(NULL, control);
	EXPECT_EQ(most, control->slots);
	EXPECT_EQ(-EINVAL, kmod_join(fd, most, NULL));
	EXPECT_EQ(0, kmod_stat(fd).members);
	EXPECT_EQ(most - 1, kmod_join(fd, most - 1, NULL));
	EXPECT_EQ(kmod_slot_word(1, IPCBUF_SLOT_ALIVE),
		  kmod_slot(control, most - 1));
	kmod_unmap_control(control, most);
	EXPECT_EQ(0, close(fd));
}

static int join_args(int fd, uint32_t slot, uint32_t flags,
		     struct ipcbuf_ioc_join *ret)
{
	memset(ret, KMOD_POISON, sizeof(*ret));
	ret->slot = slot;
	ret->flags = flags;
	return kmod_call(fd, IPCBUF_IOC_JOIN, ret);
}

/* Fails if JOIN takes a slot it must not, or writes when it fails. */
TEST_F(member, join_refuses)
{
	struct ipcbuf_ioc_join join;
	int fd = self->r.fd, bare = kmod_attach(fd, 0);
	int looker = kmod_attach(fd, IPCBUF_IOC_RDONLY);
	const struct ipcbuf_control *control = kmod_control(looker, KMOD_SLOTS);

	EXPECT_EQ(-EINVAL, join_args(fd, KMOD_SLOTS, 0, &join));
	EXPECT_EQ(-EINVAL, join_args(fd, ~1u, 0, &join));
	EXPECT_EQ(-EINVAL, join_args(fd, 0, 1, &join));
	EXPECT_EQ(-ENXIO, join_args(bare, 0, 0, &join));
	EXPECT_EQ(-EACCES, join_args(looker, 0, 0, &join));
	EXPECT_EQ(KMOD_POISON_32, join.joined_slot);
	EXPECT_EQ(KMOD_POISON_32, join.generation);
	EXPECT_EQ(-ENOTCONN, kmod_leave(fd));
	EXPECT_EQ(0, kmod_stat(fd).members);
	EXPECT_EQ(0, kmod_slot(self->r.control, 0));
	EXPECT_EQ(2, kmod_join(fd, 2, NULL));
	EXPECT_EQ(-EALREADY, join_args(fd, 3, 0, &join));
	EXPECT_EQ(-EALREADY, join_args(fd, 2, 0, &join));
	EXPECT_EQ(KMOD_POISON_32, join.joined_slot);
	EXPECT_EQ(1, kmod_stat(fd).members);
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(0, close(looker));
	EXPECT_EQ(0, close(bare));
}

/* Fails if LEAVE is a death, or its descriptor can't join again. */
TEST_F(member, leave)
{
	struct ipcbuf_ioc_leave bad[] = { { .flags = 1 }, { .pad = 1 } };
	uint32_t generation;
	int fd = self->r.fd;

	EXPECT_EQ(4, kmod_join(fd, 4, &generation));
	EXPECT_EQ(1, generation);
	EXPECT_EQ(-EINVAL, kmod_call(fd, IPCBUF_IOC_LEAVE, &bad[0]));
	EXPECT_EQ(-EINVAL, kmod_call(fd, IPCBUF_IOC_LEAVE, &bad[1]));
	EXPECT_EQ(kmod_slot_word(1, IPCBUF_SLOT_ALIVE),
		  kmod_slot(self->r.control, 4));
	EXPECT_EQ(0, kmod_leave(fd));
	EXPECT_EQ(kmod_slot_word(1, IPCBUF_SLOT_FREE),
		  kmod_slot(self->r.control, 4));
	EXPECT_EQ(0, kmod_deaths(self->r.control));
	EXPECT_EQ(0, kmod_stat(fd).members);
	EXPECT_EQ(-ENOTCONN, kmod_leave(fd));
	EXPECT_EQ(4, kmod_join(fd, 4, &generation));
	EXPECT_EQ(2, generation);
	EXPECT_EQ(0, kmod_leave(fd));
}

/* Fails if ANY takes a slot that isn't FREE, or none while one is. */
TEST_F(member, join_any)
{
	const struct ipcbuf_control *controls[KMOD_SLOTS];
	int members[KMOD_SLOTS], i;
	uint32_t taken = 0;

	for (i = 0; i < KMOD_SLOTS; i++) {
		members[i] = kmod_attach(self->r.fd, 0);
		controls[i] = kmod_control(members[i], KMOD_SLOTS);
		taken |= 1u << kmod_join(members[i], IPCBUF_IOC_SLOT_ANY, NULL);
	}
	EXPECT_EQ((1u << KMOD_SLOTS) - 1, taken);
	EXPECT_EQ(KMOD_SLOTS, kmod_stat(self->r.fd).members);
	EXPECT_EQ(-EBUSY, kmod_join(self->r.fd, IPCBUF_IOC_SLOT_ANY, NULL));
	EXPECT_EQ(-EBUSY, kmod_join(self->r.fd, 0, NULL));
	/* One that is dead isn't free, but can be asked for. */
	kmod_unmap_control(controls[3], KMOD_SLOTS);
	EXPECT_EQ(-EBUSY, kmod_join(self->r.fd, IPCBUF_IOC_SLOT_ANY, NULL));
	EXPECT_EQ(0, kmod_leave(members[5]));
	i = kmod_attach(self->r.fd, 0);
	controls[3] = kmod_control(i, KMOD_SLOTS);
	EXPECT_LE(0, kmod_join(i, IPCBUF_IOC_SLOT_ANY, NULL));
	EXPECT_EQ(3, kmod_join(self->r.fd, 3, NULL));
	EXPECT_EQ(0, close(i));
}

/* Fails if REAP frees what it must not, or not what it must. */
TEST_F(member, reap)
{
	int fd = self->r.fd, looker = kmod_attach(fd, IPCBUF_IOC_RDONLY);
	const struct ipcbuf_control *control;
	uint32_t generation;

	kmod_member(fd, 1, &control, &generation);
	EXPECT_EQ(-EBUSY, kmod_reap(fd, 1, generation));
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(-ESTALE, kmod_reap(fd, 1, generation + 1));
	EXPECT_EQ(-ESTALE, kmod_reap(fd, 1, 0));
	EXPECT_EQ(-EINVAL, kmod_reap(fd, KMOD_SLOTS, generation));
	EXPECT_EQ(-EINVAL, kmod_reap(fd, IPCBUF_IOC_SLOT_ANY, generation));
	EXPECT_EQ(-EACCES, kmod_reap(looker, 1, generation));
	EXPECT_EQ(kmod_slot_word(generation, IPCBUF_SLOT_DEAD),
		  kmod_slot(self->r.control, 1));
	EXPECT_EQ(0, kmod_reap(fd, 1, generation));
	EXPECT_EQ(kmod_slot_word(generation, IPCBUF_SLOT_FREE),
		  kmod_slot(self->r.control, 1));
	EXPECT_EQ(0, kmod_reap(fd, 1, generation));
	EXPECT_EQ(1, kmod_deaths(self->r.control));
	EXPECT_EQ(0, close(looker));
}

KMOD_HARNESS_MAIN
