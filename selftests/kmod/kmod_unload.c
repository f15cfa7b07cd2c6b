// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Taking the module out: refused while anything of it is in use, whatever that
 * is; then it works, leaves nothing, and the module can be put in again.
 *
 * Needs a module that this test may take out, and the file to put it in again:
 * $IPCBUF_MODULE, or where the running kernel keeps its modules.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/fill.h"
#include "../common/module.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define BYTES	    65536u
#define SEED	    5
#define AWAIT_TRIES 20000
#define PARAMETERS  "/sys/module/ipcbuf/parameters/"

static int open_module(void)
{
	const char *named = getenv("IPCBUF_MODULE");
	struct utsname kernel;
	char path[512];
	int fd = -1;
	size_t i;
	static const char *const places[] = { "updates/dkms", "extra",
					      "updates", "misc" };

	if (named)
		return open(named, O_RDONLY | O_CLOEXEC);
	if (uname(&kernel))
		return -1;
	for (i = 0; i < ARRAY_SIZE(places) && fd < 0; i++) {
		snprintf(path, sizeof(path), "/lib/modules/%s/%s/ipcbuf.ko",
			 kernel.release, places[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

/* As somebody has set them. */
static void read_parameters(char text[256])
{
	static const char *const names[] = { "max_percent",
					     "max_regions_per_user" };
	char path[128], value[32];
	size_t i;
	FILE *file;

	text[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), PARAMETERS "%s", names[i]);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%31s", value) == 1)
			snprintf(text + strlen(text), 256 - strlen(text),
				 "%s=%s ", names[i], value);
		fclose(file);
	}
}

static int take_out(void)
{
	return syscall(SYS_delete_module, "ipcbuf", O_NONBLOCK) ? -errno : 0;
}

/* What was just closed may take a moment to let go. */
static int take_out_soon(void)
{
	const struct timespec pause = { 0, 1000000 };
	int ret, tries;

	for (tries = 0; tries < AWAIT_TRIES; tries++) {
		ret = take_out();
		if (ret != -EAGAIN && ret != -EBUSY)
			break;
		nanosleep(&pause, NULL);
	}
	return ret;
}

static bool is_refused(int ret)
{
	return ret == -EAGAIN || ret == -EBUSY;
}

FIXTURE(kmod_unload) {
	int file;
	int device;
	int region;
	const struct ipcbuf_control *control;
	char parameters[256];
	char *data;
	char name[IPCBUF_IOC_NAME_BYTES];
};

FIXTURE_SETUP(kmod_unload)
{
	self->file = open_module();
	read_parameters(self->parameters);
	if (self->file < 0 || geteuid() ||
	    module_look().references != 0)
		return;
	self->device = kmod_device();
	ASSERT_LE(0, self->device);
	kmod_new_name(self->name);
	self->region = kmod_create(self->device, self->name, BYTES, KMOD_SLOTS);
	ASSERT_LE(0, self->region);
	ASSERT_EQ(0, kmod_unlink(self->device, self->name));
	self->control = kmod_control(self->region, KMOD_SLOTS);
	ASSERT_NE(NULL, self->control);
	self->data = kmod_data(self->region, BYTES, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, self->data);
	fill_write(self->data, BYTES, SEED);
}

FIXTURE_TEARDOWN(kmod_unload)
{
	if (self->device <= 0)
		return;
	/* Not even a name is left, and it comes back as it was. */
	EXPECT_EQ(0, take_out_soon());
	EXPECT_EQ(-1, kmod_device());
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(0, syscall(SYS_finit_module, self->file, self->parameters, 0));
	self->device = kmod_device();
	ASSERT_LE(0, self->device);
	module_round_trip(self->device);
}

#define SKIP_IF_KEPT() \
	do { \
		if (self->device <= 0) \
			SKIP(return, "the module isn't this test's to take out"); \
	} while (0)

static void unmap_all(FIXTURE_DATA(kmod_unload) *self)
{
	kmod_unmap_control(self->control, KMOD_SLOTS);
	MUST_EQ(0, munmap(self->data, BYTES));
}

static void close_all(FIXTURE_DATA(kmod_unload) *self)
{
	unmap_all(self);
	MUST_EQ(0, close(self->region));
	MUST_EQ(0, close(self->device));
}

/* Each fails if the module goes while that one thing is still there. */
TEST_F_TIMEOUT(kmod_unload, device_open, 60)
{
	SKIP_IF_KEPT();
	unmap_all(self);
	EXPECT_EQ(0, close(self->region));
	EXPECT_TRUE(is_refused(take_out()));
	EXPECT_EQ(0, close(self->device));
}

TEST_F_TIMEOUT(kmod_unload, region_open, 60)
{
	SKIP_IF_KEPT();
	EXPECT_EQ(0, close(self->device));
	unmap_all(self);
	EXPECT_TRUE(is_refused(take_out()));
	EXPECT_EQ(BYTES, kmod_stat(self->region).size_bytes);
	EXPECT_EQ(0, close(self->region));
}

TEST_F_TIMEOUT(kmod_unload, control_mapped, 60)
{
	SKIP_IF_KEPT();
	EXPECT_EQ(0, munmap(self->data, BYTES));
	EXPECT_EQ(0, close(self->region));
	EXPECT_EQ(0, close(self->device));
	EXPECT_TRUE(is_refused(take_out()));
	EXPECT_EQ(0, kmod_deaths(self->control));
	kmod_unmap_control(self->control, KMOD_SLOTS);
}

/*
 * Memory alone may need no module. Fails if it is lost with the module, or if
 * its end later is no good one.
 */
TEST_F_TIMEOUT(kmod_unload, memory_mapped, 60)
{
	int ret;

	SKIP_IF_KEPT();
	kmod_unmap_control(self->control, KMOD_SLOTS);
	EXPECT_EQ(0, close(self->region));
	EXPECT_EQ(0, close(self->device));
	ret = take_out();
	EXPECT_TRUE(!ret || is_refused(ret));
	EXPECT_TRUE(fill_matches(self->data, BYTES, SEED));
	memset(self->data, 1, BYTES);
	if (!ret)
		ASSERT_EQ(0, syscall(SYS_finit_module, self->file,
				     self->parameters, 0));
	EXPECT_EQ(1, self->data[BYTES - 1]);
	EXPECT_EQ(0, munmap(self->data, BYTES));
}

TEST_F_TIMEOUT(kmod_unload, doorbell_open, 60)
{
	struct pollfd bell = { .events = POLLIN };

	SKIP_IF_KEPT();
	bell.fd = kmod_doorbell(self->region, 0, 0);
	ASSERT_LE(0, bell.fd);
	close_all(self);
	EXPECT_TRUE(is_refused(take_out()));
	EXPECT_EQ(1, poll(&bell, 1, 0));
	EXPECT_EQ(POLLIN, bell.revents & POLLIN);
	EXPECT_EQ(0, close(bell.fd));
}

TEST_F_TIMEOUT(kmod_unload, name_only, 60)
{
	char name[IPCBUF_IOC_NAME_BYTES];
	int fd;

	SKIP_IF_KEPT();
	kmod_new_name(name);
	fd = kmod_create(self->device, name, BYTES, 1);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, close(fd));
	close_all(self);
	EXPECT_TRUE(is_refused(take_out()));
	self->device = kmod_device();
	ASSERT_LE(0, self->device);
	EXPECT_EQ(0, kmod_unlink(self->device, name));
	EXPECT_EQ(0, close(self->device));
}

TEST_F_TIMEOUT(kmod_unload, in_flight, 60)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	char text = 'x';
	struct iovec data = { &text, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int ends[2];

	SKIP_IF_KEPT();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &self->region, sizeof(int));
	ASSERT_EQ(1, sendmsg(ends[0], &message, 0));
	close_all(self);
	EXPECT_TRUE(is_refused(take_out()));
	EXPECT_EQ(0, close(ends[0]));
	EXPECT_EQ(0, close(ends[1]));
}

static int sleep_on(void *arg)
{
	FIXTURE_DATA(kmod_unload) *self = arg;
	uint32_t value;

	memcpy(&value, self->data, sizeof(value));
	return kmod_wait(self->region, 0, value, IPCBUF_IOC_FOREVER);
}

/* In the middle of a call, whose process is then killed. */
TEST_F_TIMEOUT(kmod_unload, asleep, 60)
{
	pid_t sleeper;

	SKIP_IF_KEPT();
	sleeper = peer_start(sleep_on, self);
	kmod_await_waiters(self->region, 1);
	close_all(self);
	EXPECT_TRUE(is_refused(take_out()));
	EXPECT_EQ(-SIGKILL, peer_kill(sleeper));
}

/* Fails if the module can't be taken out and put in again many times. */
TEST_F_TIMEOUT(kmod_unload, often, 120)
{
	int i;

	SKIP_IF_KEPT();
	close_all(self);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, take_out_soon());
		ASSERT_EQ(0, syscall(SYS_finit_module, self->file,
				     self->parameters, 0));
		self->device = kmod_device();
		ASSERT_LE(0, self->device);
		module_round_trip(self->device);
		ASSERT_EQ(0, close(self->device));
	}
}

KMOD_HARNESS_MAIN
