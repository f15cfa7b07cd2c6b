// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A 32-bit program under a 64-bit kernel: "calls32", which is built beside the
 * tests where the compiler can, makes every call, and is a member that a 64-bit
 * one wakes and sees die.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BYTES 65536
#define CANNOT_RUN 255

FIXTURE(compat) {
	struct kmod_region r;
	char program[256];
	char name[IPCBUF_IOC_NAME_BYTES];
};

FIXTURE_SETUP(compat)
{
	char self_path[200] = "";

	memset(self, 0, sizeof(*self));
	kmod_region_begin(&self->r, BYTES);
	ASSERT_LT(0, readlink("/proc/self/exe", self_path,
			      sizeof(self_path) - 1));
	snprintf(self->program, sizeof(self->program), "%s/calls32",
		 dirname(self_path));
	kmod_new_name(self->name);
}

FIXTURE_TEARDOWN(compat)
{
	kmod_region_end(&self->r);
}

static int become_32_bit(void *arg)
{
	FIXTURE_DATA(compat) *self = arg;
	int fd = kmod_attach(self->r.fd, 0);
	char number[16];

	MUST_EQ(0, fcntl(fd, F_SETFD, 0));
	snprintf(number, sizeof(number), "%d", fd);
	execl(self->program, self->program, number, self->name, NULL);
	return CANNOT_RUN;
}

/* Return: true when it waits, false when the kernel can't run it. */
static bool await_waiter(FIXTURE_DATA(compat) *self, pid_t peer, int *ret_status)
{
	const struct timespec pause = { 0, 100000 };

	for (;;) {
		if (__atomic_load_n(&self->r.words[3], __ATOMIC_ACQUIRE) &&
		    kmod_stat(self->r.fd).waiters)
			return true;
		if (thread_look(peer).state == 'Z') {
			*ret_status = peer_wait(peer);
			return false;
		}
		nanosleep(&pause, NULL);
	}
}

/* Fails if one of the calls is another one for 32 bits, or doesn't meet those of 64. */
TEST_F(compat, all_calls)
{
	int status;
	pid_t peer;

	if (access(self->program, X_OK))
		SKIP(return, "no calls32: the compiler can't build it");
	peer = peer_start(become_32_bit, self);
	if (!await_waiter(self, peer, &status)) {
		if (status == CANNOT_RUN)
			SKIP(return, "the kernel runs no 32-bit programs");
		EXPECT_EQ(0, status) {
			TH_LOG("line of calls32.c, from FIRST_LINE on");
		}
		return;
	}
	EXPECT_EQ(1, kmod_stat(self->r.fd).members);
	EXPECT_EQ(-EAGAIN, kmod_lock(self->r.fd, F_WRLCK, UINT64_C(1) << 40));
	EXPECT_EQ(kmod_slot_word(2, IPCBUF_SLOT_ALIVE),
		  kmod_slot(self->r.control, 5));
	__atomic_store_n(self->r.words, 4711, __ATOMIC_RELEASE);
	EXPECT_EQ(1, kmod_wake(self->r.fd, 0, 1));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(kmod_slot_word(2, IPCBUF_SLOT_DEAD),
		  kmod_slot(self->r.control, 5));
	EXPECT_EQ(1, kmod_deaths(self->r.control));
	EXPECT_EQ(0, kmod_lock(self->r.fd, F_WRLCK, UINT64_C(1) << 40));
}

KMOD_HARNESS_MAIN
