// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* os_sync_wait_on_address(3) of macOS 14.4, which is there or isn't. */
#include "../common/variants.h"

#include "parts/refused.h"

#include <dlfcn.h>
#include <pthread.h>

#define SHARED   1u
#define CLOCK   32u
#define MOMENT_NS UINT64_C(2000000)

FIXTURE(os_sync) {
	int (*wait)(void *word, uint64_t value, size_t bytes, uint32_t flags);
	int (*wait_for)(void *word, uint64_t value, size_t bytes,
			uint32_t flags, uint32_t clock, uint64_t timeout_ns);
	int (*wake)(void *word, size_t bytes, uint32_t flags);
	uint32_t word;
};

FIXTURE_SETUP(os_sync)
{
	ASSERT_EQ(0, setenv("DARWIN_OS_SYNC", "1", 1));
	*(void **)&self->wait = dlsym(RTLD_DEFAULT, "os_sync_wait_on_address");
	*(void **)&self->wait_for =
		dlsym(RTLD_DEFAULT, "os_sync_wait_on_address_with_timeout");
	*(void **)&self->wake = dlsym(RTLD_DEFAULT,
				      "os_sync_wake_by_address_any");
	ASSERT_TRUE(self->wait && self->wait_for && self->wake);
	self->word = 1;
}

FIXTURE_TEARDOWN(os_sync)
{
}

TEST(not_there)
{
	ASSERT_EQ(0, unsetenv("DARWIN_OS_SYNC"));
	EXPECT_EQ(NULL, dlsym(RTLD_DEFAULT, "os_sync_wait_on_address"));
	EXPECT_EQ(NULL, dlsym(RTLD_DEFAULT,
			      "os_sync_wait_on_address_with_timeout"));
	EXPECT_EQ(NULL, dlsym(RTLD_DEFAULT, "os_sync_wake_by_address_any"));
	EXPECT_NE(NULL, dlsym(RTLD_DEFAULT, "getpid"));
}

TEST_F(os_sync, compares_first)
{
	EXPECT_EQ(0, self->wait(&self->word, 2, 4, SHARED));
	EXPECT_EQ(0, self->wait_for(&self->word, 2, 4, SHARED, CLOCK,
				    MOMENT_NS));
}

TEST_F(os_sync, ends_in_time)
{
	uint64_t before = ipcbuf_now_ns();

	EXPECT_REFUSED(ETIMEDOUT, self->wait_for(&self->word, 1, 4, SHARED,
						 CLOCK, MOMENT_NS));
	EXPECT_LE(before + MOMENT_NS, ipcbuf_now_ns());
}

TEST_F(os_sync, wants_sense)
{
	EXPECT_REFUSED(EINVAL, self->wait(&self->word, 1, 2, SHARED));
	EXPECT_REFUSED(EINVAL, self->wait(&self->word, 1, 4, 0));
	EXPECT_REFUSED(EINVAL, self->wait_for(&self->word, 1, 4, SHARED, 0,
					      MOMENT_NS));
	EXPECT_REFUSED(EINVAL, self->wait_for(&self->word, 1, 4, SHARED, CLOCK,
					      0));
	EXPECT_REFUSED(EINVAL, self->wake(&self->word, 2, SHARED));
	EXPECT_REFUSED(ENOENT, self->wake(&self->word, 4, SHARED));
}

struct sleeper {
	FIXTURE_DATA(os_sync) *self;
	int begun;
	pid_t tid;
};

static void *sleep_on(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->tid = thread_id();
	gate_post(sleeper->begun, 1);
	MUST(sleeper->self->wait(&sleeper->self->word, 1, 4, SHARED) >= 0);
	return NULL;
}

TEST_F(os_sync, wakes)
{
	struct sleeper sleeper = { self, gate_new(), 0 };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, sleep_on, &sleeper));
	gate_wait(sleeper.begun);
	thread_await_sleep(sleeper.tid);
	EXPECT_EQ(0, self->wake(&self->word, 4, SHARED));
	EXPECT_EQ(0, pthread_join(thread, NULL));
}

TEST_HARNESS_MAIN
