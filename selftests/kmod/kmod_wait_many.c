// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* WAIT_MANY: one sleep at up to 128 words, and which of them has ended it. */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (UINT64_C(256) * 4096)
#define MOST  IPCBUF_IOC_MAX_WORDS

FIXTURE(wait_many) {
	struct kmod_region r;
	struct ipcbuf_ioc_word words[MOST + 1];
	struct ipcbuf_ioc_wait_many args;
	uint32_t expected;		/* the index of the next wait_for_one */
	int returned;			/* a gate */
};

/* Words all over the region, each in a page of its own, all 0. */
FIXTURE_SETUP(wait_many)
{
	uint32_t i;

	memset(self, 0, sizeof(*self));
	kmod_region_begin(&self->r, BYTES);
	self->returned = gate_new();
	for (i = 0; i <= MOST; i++)
		self->words[i].offset = i * UINT64_C(4096) + 4 * i;
	self->args = (struct ipcbuf_ioc_wait_many) {
		.words = (uintptr_t)self->words,
		.deadline_ns = IPCBUF_IOC_FOREVER,
		.count = MOST,
		.index = KMOD_POISON_32,
	};
}

FIXTURE_TEARDOWN(wait_many)
{
	EXPECT_EQ(0, kmod_stat(self->r.fd).waiters);
	kmod_region_end(&self->r);
}

static int wait_many(int fd, const struct ipcbuf_ioc_wait_many *args,
		     uint32_t *ret_index)
{
	struct ipcbuf_ioc_wait_many copy = *args;
	int ret = kmod_call(fd, IPCBUF_IOC_WAIT_MANY, &copy);

	*ret_index = copy.index;
	copy.index = args->index;
	MUST(!memcmp(&copy, args, sizeof(copy)));
	return ret;
}

/* Fails if the word that differs isn't found, wherever it is, or another is named. */
TEST_F(wait_many, differs)
{
	uint32_t i, index;

	for (i = 0; i < MOST; i++) {
		self->words[i].value = 1;
		EXPECT_EQ(-EAGAIN, wait_many(self->r.fd, &self->args, &index));
		EXPECT_EQ(i, index);
		self->words[i].value = 0;
	}
	/* Of several any, but one of them. */
	self->words[90].value = self->words[30].value = 4;
	EXPECT_EQ(-EAGAIN, wait_many(self->r.fd, &self->args, &index));
	EXPECT_TRUE(index == 30 || index == 90);
}

/* Fails if a deadline isn't kept, or writes an index. */
TEST_F(wait_many, deadline)
{
	uint32_t index;

	self->args.deadline_ns = 0;
	EXPECT_EQ(-ETIMEDOUT, wait_many(self->r.fd, &self->args, &index));
	EXPECT_EQ(KMOD_POISON_32, index);
	self->args.deadline_ns = kmod_now_ns() + 2000000;
	EXPECT_EQ(-ETIMEDOUT, wait_many(self->r.fd, &self->args, &index));
	EXPECT_EQ(KMOD_POISON_32, index);
	EXPECT_LE(self->args.deadline_ns, kmod_now_ns());
}

static int wait_for_each(void *arg)
{
	FIXTURE_DATA(wait_many) *self = arg;
	int fd = kmod_attach(self->r.fd, IPCBUF_IOC_RDONLY);
	uint32_t i, index;

	for (i = 0; i < MOST; i++) {
		index = KMOD_POISON_32;
		MUST_EQ(0, wait_many(fd, &self->args, &index));
		MUST_EQ(i, index);
		gate_post(self->returned, 1);
	}
	return 0;
}

/* Fails if one of the words isn't slept at, or another one is named. */
TEST_F(wait_many, woken_by_each)
{
	pid_t peer = peer_start(wait_for_each, self);
	uint32_t i;

	for (i = 0; i < MOST; i++) {
		kmod_await_waiters(self->r.fd, 1);
		ASSERT_EQ(1, kmod_wake(self->r.fd, self->words[i].offset, 9));
		gate_wait(self->returned);
	}
	EXPECT_EQ(0, peer_wait(peer));
	/* It sleeps nowhere any more. */
	for (i = 0; i < MOST; i++)
		EXPECT_EQ(0, kmod_wake(self->r.fd, self->words[i].offset, 9));
}

static int wait_for_one(void *arg)
{
	FIXTURE_DATA(wait_many) *self = arg;
	int fd = kmod_attach(self->r.fd, 0);
	uint32_t index;

	MUST_EQ(0, wait_many(fd, &self->args, &index));
	MUST_EQ(self->expected, index);
	return 0;
}

/* Fails if who sleeps at many words counts for more than one. */
TEST_F(wait_many, counts_once)
{
	pid_t peer;

	self->expected = 5;
	peer = peer_start(wait_for_one, self);
	kmod_await_waiters(self->r.fd, 1);
	EXPECT_EQ(1, kmod_wake(self->r.fd, self->words[5].offset, ~0u));
	EXPECT_EQ(0, kmod_wake(self->r.fd, self->words[5].offset, ~0u));
	EXPECT_EQ(0, kmod_wake(self->r.fd, self->words[6].offset, ~0u));
	EXPECT_EQ(0, peer_wait(peer));
}

static int wait_for_any(void *arg)
{
	FIXTURE_DATA(wait_many) *self = arg;
	uint32_t index;

	MUST_EQ(0, wait_many(self->r.fd, &self->args, &index));
	MUST(index < self->args.count);
	return 0;
}

/* Fails if a word that is there twice is slept at or counted otherwise. */
TEST_F(wait_many, same_word)
{
	uint32_t i;
	pid_t peer;

	for (i = 0; i < MOST; i++)
		self->words[i].offset = 64;
	peer = peer_start(wait_for_any, self);
	kmod_await_waiters(self->r.fd, 1);
	EXPECT_EQ(1, kmod_wake(self->r.fd, 64, ~0u));
	EXPECT_EQ(0, peer_wait(peer));
	self->words[7].value = 1;
	EXPECT_EQ(-EAGAIN, wait_many(self->r.fd, &self->args, &i));
	EXPECT_EQ(7, i);
}

/* Fails if some of those at one word, some at many, aren't woken in the number asked for. */
TEST_F(wait_many, several_sleepers)
{
	pid_t peers[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		self->args.count = 1 + i;
		self->expected = i < 2 ? 0 : i;
		peers[i] = peer_start(wait_for_one, self);
		kmod_await_waiters(self->r.fd, i + 1);
	}
	EXPECT_EQ(1, kmod_wake(self->r.fd, self->words[3].offset, 4));
	kmod_await_waiters(self->r.fd, 3);
	EXPECT_EQ(1, kmod_wake(self->r.fd, self->words[2].offset, 4));
	kmod_await_waiters(self->r.fd, 2);
	EXPECT_EQ(2, kmod_wake(self->r.fd, self->words[0].offset, 4));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, peer_wait(peers[i]));
}

/* Fails if bad numbers, words or flags are taken, or anything is written. */
TEST_F(wait_many, refused)
{
	static const uint32_t counts[] = { 0, MOST + 1, ~0u, 1u << 31 };
	static const uint64_t offsets[] = {
		1, 2, BYTES, BYTES - 2, ~UINT64_C(3), UINT64_C(1) << 63,
	};
	uint32_t i, index;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		self->args.count = counts[i];
		EXPECT_EQ(-EINVAL, wait_many(self->r.fd, &self->args, &index));
		EXPECT_EQ(KMOD_POISON_32, index);
	}
	self->args.count = MOST;
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		self->words[MOST - 1].offset = offsets[i];
		EXPECT_EQ(-EINVAL, wait_many(self->r.fd, &self->args, &index));
		EXPECT_EQ(KMOD_POISON_32, index);
	}
	self->words[MOST - 1].offset = 0;
	self->words[60].pad = 1;
	EXPECT_EQ(-EINVAL, wait_many(self->r.fd, &self->args, &index));
	self->words[60].pad = 0;
	for (i = 1; i < 32; i++) {
		self->args.flags = 1u << i;
		EXPECT_EQ(-EINVAL, wait_many(self->r.fd, &self->args, &index));
	}
	EXPECT_EQ(KMOD_POISON_32, index);
}

/* Fails if words that can't be read are taken for something else. */
TEST_F(wait_many, unreadable)
{
	const size_t page = kmod_page_bytes();
	uint32_t index;
	char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, at);
	ASSERT_EQ(0, munmap(at + page, page));
	self->args.words = 0;
	EXPECT_EQ(-EFAULT, wait_many(self->r.fd, &self->args, &index));
	self->args.words = ~UINT64_C(0);
	EXPECT_EQ(-EFAULT, wait_many(self->r.fd, &self->args, &index));
	self->args.words = ~UINT64_C(0) - 8 * sizeof(self->words[0]) + 1;
	EXPECT_EQ(-EFAULT, wait_many(self->r.fd, &self->args, &index));
	self->args.count = 2;
	self->args.words = (uintptr_t)at + page - sizeof(self->words[0]);
	EXPECT_EQ(-EFAULT, wait_many(self->r.fd, &self->args, &index));
	EXPECT_EQ(KMOD_POISON_32, index);
	self->args.count = 1;
	self->args.deadline_ns = 0;
	EXPECT_EQ(-ETIMEDOUT, wait_many(self->r.fd, &self->args, &index));
	EXPECT_EQ(0, munmap(at, page));
}

static int wait_for_death(void *arg)
{
	FIXTURE_DATA(wait_many) *self = arg;
	int fd = kmod_attach(self->r.fd, 0);
	uint32_t index;

	MUST_EQ(-EOWNERDEAD, wait_many(fd, &self->args, &index));
	MUST_EQ(KMOD_POISON_32, index);
	MUST_EQ(-EOWNERDEAD, wait_many(fd, &self->args, &index));
	return 0;
}

/* Fails if a death doesn't end it, or ends it for who doesn't want to know. */
TEST_F(wait_many, deaths)
{
	const struct ipcbuf_control *control;
	pid_t careless, careful;
	int fd = kmod_member(self->r.fd, 0, &control, NULL);

	self->expected = 77;
	careless = peer_start(wait_for_one, self);
	self->args.flags = IPCBUF_IOC_WAIT_DEATHS;
	careful = peer_start(wait_for_death, self);
	kmod_await_waiters(self->r.fd, 2);
	kmod_unmap_control(control, KMOD_SLOTS);
	EXPECT_EQ(0, peer_wait(careful));
	EXPECT_EQ(1, kmod_stat(self->r.fd).waiters);
	EXPECT_EQ(1, kmod_wake(self->r.fd, self->words[77].offset, 1));
	EXPECT_EQ(0, peer_wait(careless));
	EXPECT_EQ(0, close(fd));
}

KMOD_HARNESS_MAIN
