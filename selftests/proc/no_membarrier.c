// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A kernel, or a sandbox, without membarrier(2): a filter of this program's own
 * system calls stands for it, from before the library's first use. All fences are
 * then the processor's, and every call goes the long way. See lib/reader.h and
 * lib/wait.h.
 */
#include "../common/variants.h"
#include "../common/fill.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RECORDS 20000u
#define BYTES   100u

#define VARIABLE "SELFTEST_NO_MEMBARRIER"

static bool is_filtered(void)
{
	return getenv(VARIABLE) &&
	       syscall(SYS_membarrier, 0, 0, 0) == -1 && errno == ENOSYS;
}

static bool set_filter(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(rules), rules };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* With the arguments that it has. Returns where that can't be. */
static void exec_again(void)
{
	static char words[4096], *argv[64];
	size_t bytes, at, n = 0;
	FILE *file = fopen("/proc/self/cmdline", "r");

	if (!file)
		return;
	bytes = fread(words, 1, sizeof(words) - 1, file);
	fclose(file);
	for (at = 0; at < bytes && n < ARRAY_SIZE(argv) - 1;
	     at += strlen(words + at) + 1)
		argv[n++] = words + at;
	execv("/proc/self/exe", argv);
}

/*
 * liburcu asks for membarrier(2) before the program begins. So the program is begun
 * anew behind the filter, which stays.
 */
__attribute__((constructor)) static void begin_filtered(void)
{
	if (!getenv(VARIABLE) && set_filter() && !setenv(VARIABLE, "1", 1))
		exec_again();
}

REGION_FIXTURE(no_membarrier, 8 * MIB);

/* Sends back what comes, asleep in between. */
static int answer(void *arg)
{
	struct ipcbuf_region *region = test_region_join(arg);
	struct ipcbuf_channel *in = channel_join(region, 1, IPCBUF_CONSUMER, 4);
	struct ipcbuf_channel *out = channel_join(region, 2, IPCBUF_PRODUCER, 4);
	void *record;
	int ret;

	while (!(ret = ipcbuf_channel_recv(in, &record)))
		MUST_EQ(0, ipcbuf_channel_send(out, record));
	MUST_EQ(-EPIPE, ret);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

static void send_and_await(struct ipcbuf_region *region,
			   struct ipcbuf_channel *out, struct ipcbuf_channel *in,
			   uint64_t serial)
{
	void *record = record_new(region, BYTES);
	uint64_t number;
	size_t usable;

	message_write(record, BYTES, serial);
	MUST_EQ(0, ipcbuf_channel_send(out, record));
	MUST_EQ(0, ipcbuf_channel_recv(in, &record));
	MUST_EQ(0, ipcbuf_usable_size(record, &usable));
	MUST(message_read(record, usable, &number));
	MUST_EQ(serial, number);
	MUST_EQ(0, ipcbuf_free(record));
}

/*
 * Fails if a call depends on membarrier(2), or a sleeper isn't woken without it.
 */
TEST_F_TIMEOUT(no_membarrier, there_and_back, 60)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *out, *in;
	uint64_t serial;
	pid_t peer;

	if (!is_filtered())
		SKIP(return, "system calls can't be filtered here");
	out = channel_join(region, 1, IPCBUF_PRODUCER, 4);
	in = channel_join(region, 2, IPCBUF_CONSUMER, 4);
	peer = peer_start(answer, &self->region);
	for (serial = 0; serial < RECORDS; serial++)
		send_and_await(region, out, in, serial);
	EXPECT_EQ(0, ipcbuf_channel_close(out));
	EXPECT_EQ(0, peer_wait(peer));
	EXPECT_EQ(0, ipcbuf_channel_close(in));
	EXPECT_EQ(0, ipcbuf_region_trim(region));
	EXPECT_EQ(0, region_held(region));
}

TEST_HARNESS_MAIN
