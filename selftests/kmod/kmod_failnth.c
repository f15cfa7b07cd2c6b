// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The first, the second, the third ... allocation of each call fails, until the
 * call comes through without one. Each failure is told as what it is and
 * changes nothing, and the same call works afterwards.
 *
 * Needs a kernel with fault injection, and debugfs to say what may fail.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/module.h"
#include "../common/peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES	 16u
#define NTH_LIMIT 3000

/* What a call works with, made anew for each try. */
struct stage {
	int device;
	int region;
	int other;		/* another descriptor, which may be a member */
	int set;		/* of epoll */
	int bell;
	size_t bytes;
	bool may_fill;		/* looking at a word makes its page */
	const struct ipcbuf_control *control;	/* of region */
	const struct ipcbuf_control *mapped;	/* of other */
	char name[IPCBUF_IOC_NAME_BYTES];
	char new_name[IPCBUF_IOC_NAME_BYTES];
	/* What a call has made. */
	int made_fd;
	void *made_map;
	size_t made_bytes;
};

/*
 * Failing.
 */

static int nth_file = -1;

/* What was to fail may be the copying of this, once. */
static void fail_nth(unsigned int nth)
{
	char text[16];
	int bytes = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(nth_file, text, (size_t)bytes, 0) != bytes)
		MUST_EQ(bytes, pwrite(nth_file, text, (size_t)bytes, 0));
}

/* Has it failed since fail_nth()? Off from then on. */
static bool has_failed(void)
{
	char text[16] = "";
	ssize_t bytes = pread(nth_file, text, sizeof(text) - 1, 0);

	fail_nth(0);
	return bytes > 0 && atoi(text) == 0;
}

static void configure(const char *kind, const char *setting)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", kind, setting);
	file = kmod_debugfs(path, "we");
	if (!file)
		return;
	fputs("0", file);
	fclose(file);
}

/* Return: false where this kernel can't. */
static bool may_fail(void)
{
	static const char *const kinds[] = {
		"failslab", "fail_page_alloc", "fail_usercopy",
	};
	static const char *const settings[] = {
		"ignore-gfp-wait", "ignore-gfp-highmem", "min-order", "verbose",
	};
	size_t i, j;

	nth_file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_file < 0)
		return false;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		for (j = 0; j < ARRAY_SIZE(settings); j++)
			configure(kinds[i], settings[j]);
	return true;
}

/*
 * Before a try, and after it.
 */

static void prepare(struct stage *stage)
{
	memset(stage, 0, sizeof(*stage));
	stage->made_fd = -1;
	stage->bytes = PAGES * kmod_page_bytes();
	stage->device = kmod_device();
	kmod_new_name(stage->name);
	kmod_new_name(stage->new_name);
	stage->region = kmod_create(stage->device, stage->name, stage->bytes,
				    KMOD_SLOTS);
	MUST(stage->region >= 0);
	stage->control = kmod_control(stage->region, KMOD_SLOTS);
	MUST(stage->control);
	/* Half of it is there; to the other half may happen what will. */
	MUST_EQ(0, kmod_commit(stage->region, 0, stage->bytes / 2, 0));
	stage->other = kmod_attach(stage->region, 0);
	stage->mapped = kmod_control(stage->other, KMOD_SLOTS);
	MUST(stage->mapped);
	stage->bell = kmod_doorbell(stage->region, 0, 0);
	MUST(stage->bell >= 0);
	stage->set = epoll_create1(EPOLL_CLOEXEC);
	MUST(stage->set >= 0);
}

static void clear_away(struct stage *stage)
{
	if (stage->made_fd >= 0)
		MUST_EQ(0, close(stage->made_fd));
	if (stage->made_map)
		MUST_EQ(0, munmap(stage->made_map, stage->made_bytes));
	if (stage->mapped)
		kmod_unmap_control(stage->mapped, KMOD_SLOTS);
	kmod_unmap_control(stage->control, KMOD_SLOTS);
	MUST_EQ(0, close(stage->set));
	MUST_EQ(0, close(stage->bell));
	MUST_EQ(0, close(stage->other));
	MUST_EQ(0, close(stage->region));
	(void)kmod_unlink(stage->device, stage->name);
	(void)kmod_unlink(stage->device, stage->new_name);
	MUST_EQ(0, close(stage->device));
}

static unsigned int count_open(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	MUST(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* All that a call could change. */
struct snapshot {
	struct ipcbuf_ioc_region stat;
	uint64_t slots[KMOD_SLOTS];
	uint32_t deaths;
	unsigned int open;
	unsigned int named;
};

static struct snapshot look(const struct stage *stage)
{
	struct snapshot snapshot;

	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.stat = kmod_stat(stage->region);
	if (stage->may_fill)
		snapshot.stat.used_bytes = 0;
	memcpy(snapshot.slots, stage->control->slot, sizeof(snapshot.slots));
	snapshot.deaths = kmod_deaths(stage->control);
	snapshot.open = count_open();
	snapshot.named = module_count_own(stage->device);
	return snapshot;
}

/*
 * The calls. Each returns 0 where it did what it is to do, or -errno.
 */

static int keep(struct stage *stage, int fd)
{
	if (fd < 0)
		return fd;
	stage->made_fd = fd;
	return 0;
}

static int call_device(struct stage *stage)
{
	int fd = kmod_device();

	return keep(stage, fd < 0 ? -errno : fd);
}

static int call_info(struct stage *stage)
{
	struct ipcbuf_ioc_info info;

	return kmod_call(stage->device, IPCBUF_IOC_INFO, &info);
}

static int call_create(struct stage *stage)
{
	return keep(stage, kmod_create(stage->device, "", stage->bytes, 1));
}

static int call_create_named(struct stage *stage)
{
	return keep(stage, kmod_create(stage->device, stage->new_name,
				       stage->bytes, 4096));
}

static int call_open(struct stage *stage)
{
	return keep(stage, kmod_open(stage->device, stage->name, 0));
}

static int call_open_rdonly(struct stage *stage)
{
	return keep(stage, kmod_open(stage->device, stage->name,
				     IPCBUF_IOC_RDONLY));
}

static int call_unlink(struct stage *stage)
{
	return kmod_unlink(stage->device, stage->name);
}

static int call_list(struct stage *stage)
{
	struct ipcbuf_ioc_region region;

	return kmod_list(stage->device, 0, &region);
}

static int call_stat(struct stage *stage)
{
	struct ipcbuf_ioc_region region = { 0 };

	return kmod_call(stage->region, IPCBUF_IOC_STAT, &region);
}

static int call_attach(struct stage *stage)
{
	return keep(stage, kmod_attach(stage->region, 0));
}

static int call_join(struct stage *stage)
{
	int slot = kmod_join(stage->other, 2, NULL);

	return slot < 0 ? slot : 0;
}

static int call_doorbell(struct stage *stage)
{
	return keep(stage, kmod_doorbell(stage->region, 4, 0));
}

static int call_seen(struct stage *stage)
{
	return kmod_seen(stage->region, 0);
}

static int call_commit(struct stage *stage)
{
	return kmod_commit(stage->region, 0, stage->bytes, 0);
}

static int call_decommit(struct stage *stage)
{
	return kmod_commit(stage->region, 0, stage->bytes,
			   IPCBUF_IOC_DECOMMIT);
}

/* At a word that isn't there yet. */
static int call_wait(struct stage *stage)
{
	int ret = kmod_wait(stage->region, stage->bytes - 4, 0, 0);

	return ret == -ETIMEDOUT ? 0 : ret;
}

static int call_wait_many(struct stage *stage)
{
	struct ipcbuf_ioc_word words[PAGES] = { { 0 } };
	struct ipcbuf_ioc_wait_many wait = {
		.words = (uintptr_t)words,
		.count = PAGES,
	};
	size_t i;
	int ret;

	for (i = 0; i < PAGES; i++)
		words[i].offset = i * stage->bytes / PAGES;
	ret = kmod_call(stage->region, IPCBUF_IOC_WAIT_MANY, &wait);
	return ret == -ETIMEDOUT ? 0 : ret;
}

static int call_wake(struct stage *stage)
{
	return kmod_wake(stage->region, 0, 1);
}

static int keep_map(struct stage *stage, uint64_t offset, size_t bytes,
		    int protection)
{
	void *at = mmap(NULL, bytes, protection, MAP_SHARED, stage->region,
			(off_t)offset);

	if (at == MAP_FAILED)
		return -errno;
	stage->made_map = at;
	stage->made_bytes = bytes;
	return 0;
}

static int call_map_data(struct stage *stage)
{
	return keep_map(stage, 0, stage->bytes, PROT_READ | PROT_WRITE);
}

static int call_map_control(struct stage *stage)
{
	return keep_map(stage, IPCBUF_IOC_CONTROL_OFFSET,
			kmod_control_bytes(KMOD_SLOTS), PROT_READ);
}

static int call_unmap_control(struct stage *stage)
{
	if (munmap((void *)(uintptr_t)stage->mapped,
		   kmod_control_bytes(KMOD_SLOTS)))
		return -errno;
	stage->mapped = NULL;
	return 0;
}

static int call_lock(struct stage *stage)
{
	return kmod_lock(stage->region, F_WRLCK, 5);
}

static int watch(struct stage *stage, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLPRI };

	return epoll_ctl(stage->set, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int call_epoll_region(struct stage *stage)
{
	return watch(stage, stage->region);
}

static int call_epoll_doorbell(struct stage *stage)
{
	return watch(stage, stage->bell);
}

/* Looking at a word that isn't there can only say that it couldn't look. */
static int call_poll(struct stage *stage)
{
	struct pollfd fds[2] = {
		{ .fd = stage->region, .events = POLLPRI },
		{ .fd = stage->bell, .events = POLLIN },
	};
	int ret = poll(fds, 2, 0);

	if (ret < 0)
		return -errno;
	MUST_EQ(0, fds[0].revents);
	MUST_EQ(0, fds[1].revents & ~POLLERR);
	return ret ? -ENOMEM : 0;
}

static int call_fdinfo(struct stage *stage)
{
	char path[64], text[512];
	int file, ret = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", stage->region);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	if (read(file, text, sizeof(text)) < 0)
		ret = -errno;
	close(file);
	return ret;
}

FIXTURE(kmod_failnth) {
	struct neighbour neighbour;
	struct module_look before;
	int device;
	bool able;
};

FIXTURE_VARIANT(kmod_failnth) {
	int (*call)(struct stage *stage);
	bool may_fill;
};

#define CALL(name) \
	FIXTURE_VARIANT_ADD(kmod_failnth, name) { .call = call_##name }
#define CALL_THAT_FILLS(name) \
	FIXTURE_VARIANT_ADD(kmod_failnth, name) { \
		.call = call_##name, \
		.may_fill = true, \
	}

CALL(device);
CALL(info);
CALL(create);
CALL(create_named);
CALL(open);
CALL(open_rdonly);
CALL(unlink);
CALL(list);
CALL(stat);
CALL(attach);
CALL(join);
CALL(doorbell);
CALL(seen);
CALL(commit);
CALL(decommit);
CALL_THAT_FILLS(wait);
CALL_THAT_FILLS(wait_many);
CALL(wake);
CALL(map_data);
CALL(map_control);
CALL(unmap_control);
CALL(lock);
CALL(epoll_region);
CALL_THAT_FILLS(epoll_doorbell);
CALL_THAT_FILLS(poll);
CALL(fdinfo);

FIXTURE_SETUP(kmod_failnth)
{
	self->able = may_fail();
	if (!self->able)
		return;
	self->device = kmod_device();
	ASSERT_LE(0, self->device);
	neighbour_begin(&self->neighbour, self->device);
	self->before = module_look();
}

FIXTURE_TEARDOWN(kmod_failnth)
{
	if (!self->able)
		return;
	module_await(&self->before);
	neighbour_check(&self->neighbour);
	neighbour_end(&self->neighbour);
}

/* What a failed allocation is told as. EFAULT: copying to or from the user. */
static bool is_told(int ret)
{
	return ret == -ENOMEM || ret == -EFAULT || ret == -ENOLCK ||
	       ret == -ENFILE;
}

/* Return: false when the call came through without a failure. */
static bool try_nth(int (*call)(struct stage *stage), bool may_fill,
		    unsigned int nth)
{
	struct snapshot before, after;
	struct stage stage;
	bool failed;
	int ret;

	prepare(&stage);
	stage.may_fill = may_fill;
	before = look(&stage);
	fail_nth(nth);
	ret = call(&stage);
	failed = has_failed();
	if (!ret) {
		clear_away(&stage);
		return failed;
	}
	MUST(failed);
	if (!is_told(ret))
		MUST_EQ(-ENOMEM, ret);
	after = look(&stage);
	MUST_EQ(0, memcmp(&before, &after, sizeof(before)));
	MUST_EQ(0, call(&stage));
	clear_away(&stage);
	return true;
}

/*
 * Fails if a failed allocation isn't told as such, if the call has changed
 * something all the same, if it can't be made again, or if something is lost.
 */
TEST_F_TIMEOUT(kmod_failnth, changes_nothing, 300)
{
	unsigned int nth;

	if (!self->able)
		SKIP(return, "this kernel has no fault injection");
	/* The first time may make what stays. */
	try_nth(variant->call, variant->may_fill, NTH_LIMIT);
	for (nth = 1; nth < NTH_LIMIT; nth++)
		if (!try_nth(variant->call, variant->may_fill, nth))
			break;
	ASSERT_LT(nth, NTH_LIMIT);
	TH_LOG("%u failures", nth - 1);
}

FIXTURE(kmod_failnth_exit) {
	struct kmod_region region;
	bool able;
};

FIXTURE_SETUP(kmod_failnth_exit)
{
	self->able = may_fail();
	if (self->able)
		kmod_region_begin(&self->region, 65536);
}

FIXTURE_TEARDOWN(kmod_failnth_exit)
{
	if (self->able)
		kmod_region_end(&self->region);
}

/* A member whose nth allocation fails from here to its end. */
static void die_failing(int region, unsigned int nth)
{
	int fd = kmod_member(region, IPCBUF_IOC_SLOT_ANY, NULL, NULL);

	MUST_EQ(0, kmod_lock(fd, F_WRLCK, 1));
	MUST_EQ(0, kmod_lock(fd, F_WRLCK, 3));
	nth_file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	MUST(nth_file >= 0);
	fail_nth(nth);
	syscall(SYS_exit_group, 0);
}

/* Fails if a death isn't told, or leaves a lock, for want of memory. */
TEST_F_TIMEOUT(kmod_failnth_exit, dies_all_the_same, 120)
{
	unsigned int nth;
	pid_t child;

	if (!self->able)
		SKIP(return, "this kernel has no fault injection");
	for (nth = 1; nth < 30; nth++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			die_failing(self->region.fd, nth);
		ASSERT_EQ(child, waitpid(child, NULL, 0));
		EXPECT_EQ(nth, kmod_deaths(self->region.control));
		EXPECT_EQ(0, kmod_stat(self->region.fd).members);
		EXPECT_EQ(0, kmod_lock(self->region.fd, F_WRLCK, 1));
		EXPECT_EQ(0, kmod_lock(self->region.fd, F_WRLCK, 3));
		EXPECT_EQ(0, kmod_lock(self->region.fd, F_UNLCK, 1));
		EXPECT_EQ(0, kmod_lock(self->region.fd, F_UNLCK, 3));
		EXPECT_EQ(0, kmod_reap(self->region.fd, 0, nth));
	}
}

KMOD_HARNESS_MAIN
