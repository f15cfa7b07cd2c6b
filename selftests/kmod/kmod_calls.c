// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What is the same for all calls: INFO, structures that are longer or shorter
 * than the kernel's, calls that aren't known, memory that can't be read or
 * written.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (UINT64_C(16) * 4096)
#define MORE  64

/* The same call with a structure of another size. */
#define SIZED(command, bytes) \
	_IOC(_IOC_DIR(command), _IOC_TYPE(command), _IOC_NR(command), bytes)

static const struct {
	bool device;
	unsigned long command;
} all_calls[] = {
	{ true, IPCBUF_IOC_INFO }, { true, IPCBUF_IOC_CREATE },
	{ true, IPCBUF_IOC_OPEN }, { true, IPCBUF_IOC_UNLINK },
	{ true, IPCBUF_IOC_LIST }, { false, IPCBUF_IOC_INFO },
	{ false, IPCBUF_IOC_STAT }, { false, IPCBUF_IOC_ATTACH },
	{ false, IPCBUF_IOC_JOIN }, { false, IPCBUF_IOC_LEAVE },
	{ false, IPCBUF_IOC_REAP }, { false, IPCBUF_IOC_COMMIT },
	{ false, IPCBUF_IOC_WAIT }, { false, IPCBUF_IOC_WAIT_MANY },
	{ false, IPCBUF_IOC_WAKE }, { false, IPCBUF_IOC_DOORBELL },
	{ false, IPCBUF_IOC_SEEN },
};

FIXTURE(calls) {
	struct kmod_region r;
};

FIXTURE_SETUP(calls)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(calls)
{
	kmod_region_end(&self->r);
}

/* Fails if INFO leaves a field as it was, or tells limits that aren't the header's. */
TEST_F(calls, info)
{
	const int fds[] = { self->r.device, self->r.fd };
	struct ipcbuf_ioc_info info;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		memset(&info, KMOD_POISON, sizeof(info));
		ASSERT_EQ(0, kmod_call(fds[i], IPCBUF_IOC_INFO, &info));
		EXPECT_EQ(IPCBUF_IOC_VERSION, info.version);
		EXPECT_EQ(IPCBUF_IOC_MAX_SLOTS, info.max_slots);
		EXPECT_EQ(IPCBUF_IOC_MAX_WORDS, info.max_words);
		EXPECT_EQ(IPCBUF_IOC_MAX_BYTES, info.max_bytes);
		EXPECT_EQ(0, info.pad);
		EXPECT_EQ(0, info.features);
	}
}

/* Fails if INFO for a newer program leaves what it doesn't know unwritten. */
TEST_F(calls, info_longer)
{
	unsigned char bytes[sizeof(struct ipcbuf_ioc_info) + MORE + 1];
	unsigned int i;

	memset(bytes, KMOD_POISON, sizeof(bytes));
	ASSERT_EQ(0, kmod_call(self->r.device,
			       SIZED(IPCBUF_IOC_INFO, sizeof(bytes) - 1),
			       bytes));
	for (i = sizeof(struct ipcbuf_ioc_info); i < sizeof(bytes) - 1; i++)
		EXPECT_EQ(0, bytes[i]);
	EXPECT_EQ(KMOD_POISON, bytes[i]);
}

/* Fails if a longer structure whose end is 0 isn't taken, or no region comes of it. */
TEST_F(calls, longer_create)
{
	struct {
		struct ipcbuf_ioc_create known;
		unsigned char more[MORE];
	} args = { .known = kmod_create_args("", BYTES, 3) };
	unsigned int i;

	ASSERT_EQ(0, kmod_call(self->r.device,
			       SIZED(IPCBUF_IOC_CREATE, sizeof(args)), &args));
	EXPECT_EQ(args.known.id, kmod_stat(args.known.fd).id);
	EXPECT_EQ(3, kmod_stat(args.known.fd).slots);
	for (i = 0; i < MORE; i++)
		EXPECT_EQ(0, args.more[i]);
	EXPECT_EQ(0, close(args.known.fd));
}

/* Fails if what the kernel doesn't know is overlooked, wherever it is; or done. */
TEST_F(calls, unknown_create)
{
	struct {
		struct ipcbuf_ioc_create known;
		unsigned char more[MORE];
	} args, before;
	char name[IPCBUF_IOC_NAME_BYTES];
	unsigned int i;

	kmod_new_name(name);
	for (i = 0; i < MORE; i++) {
		memset(&args, 0, sizeof(args));
		args.known = kmod_create_args(name, BYTES, 3);
		args.more[i] = 1;
		before = args;
		EXPECT_EQ(-E2BIG,
			  kmod_call(self->r.device,
				    SIZED(IPCBUF_IOC_CREATE, sizeof(args)),
				    &args));
		EXPECT_EQ(0, memcmp(&before, &args, sizeof(args)));
	}
	EXPECT_EQ(-ENOENT, kmod_open(self->r.device, name, 0));
}

/* Fails if one of the other calls has another idea of what it doesn't know. */
TEST_F(calls, unknown_everywhere)
{
	unsigned char args[512], before[512];
	size_t known;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all_calls); i++) {
		/* What INFO is given isn't read. */
		if (all_calls[i].command == IPCBUF_IOC_INFO)
			continue;
		known = _IOC_SIZE(all_calls[i].command);
		memset(args, 0, sizeof(args));
		args[known + MORE - 1] = 0x80;
		memcpy(before, args, sizeof(args));
		EXPECT_EQ(-E2BIG,
			  kmod_call(all_calls[i].device ? self->r.device :
							  self->r.fd,
				    SIZED(all_calls[i].command, known + MORE),
				    args)) {
			TH_LOG("call %u", i);
		}
		EXPECT_EQ(0, memcmp(args, before, sizeof(args)));
	}
}

/* Fails if a longer structure changes what the calls of a region do. */
TEST_F(calls, longer_calls)
{
	struct {
		struct ipcbuf_ioc_wait known;
		unsigned char more[MORE];
	} wait = { .known = { .value = 1,
			      .deadline_ns = IPCBUF_IOC_FOREVER } };
	struct {
		struct ipcbuf_ioc_join known;
		unsigned char more[MORE];
	} join = { .known = { .slot = 5, .joined_slot = KMOD_POISON_32 } };
	struct {
		struct ipcbuf_ioc_region known;
		unsigned char more[MORE];
	} stat;

	EXPECT_EQ(-EAGAIN, kmod_call(self->r.fd,
				     SIZED(IPCBUF_IOC_WAIT, sizeof(wait)),
				     &wait));
	EXPECT_EQ(0, kmod_call(self->r.fd,
			       SIZED(IPCBUF_IOC_JOIN, sizeof(join)), &join));
	EXPECT_EQ(5, join.known.joined_slot);
	memset(&stat, 0, sizeof(stat));
	EXPECT_EQ(0, kmod_call(self->r.fd,
			       SIZED(IPCBUF_IOC_STAT, sizeof(stat)), &stat));
	EXPECT_EQ(self->r.id, stat.known.id);
	EXPECT_EQ(1, stat.known.members);
}

/* Fails if less than version 1 has is taken for a call, read beyond its end, or written. */
TEST_F(calls, too_short)
{
	const size_t page = kmod_page_bytes();
	unsigned int i;
	size_t known;
	char *end = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, end);
	end += page;
	ASSERT_EQ(0, mprotect(end, page, PROT_NONE));
	for (i = 0; i < ARRAY_SIZE(all_calls); i++) {
		for (known = 0; known < _IOC_SIZE(all_calls[i].command);
		     known += 4) {
			EXPECT_EQ(-EINVAL,
				  kmod_call(all_calls[i].device ?
					    self->r.device : self->r.fd,
					    SIZED(all_calls[i].command, known),
					    end - known)) {
				TH_LOG("call %u of %zu bytes", i, known);
			}
		}
	}
	for (end -= page, i = 0; i < page; i++)
		ASSERT_EQ(0, end[i]);
	EXPECT_EQ(0, munmap(end, 2 * page));
}

/* Fails if a call that there isn't, or not on this descriptor, says anything else. */
TEST_F(calls, unknown)
{
	static const unsigned long device[] = {
		IPCBUF_IOC_STAT, IPCBUF_IOC_ATTACH, IPCBUF_IOC_JOIN,
		IPCBUF_IOC_LEAVE, IPCBUF_IOC_REAP, IPCBUF_IOC_COMMIT,
		IPCBUF_IOC_WAIT, IPCBUF_IOC_WAIT_MANY, IPCBUF_IOC_WAKE,
		IPCBUF_IOC_DOORBELL, IPCBUF_IOC_SEEN,
	};
	static const unsigned long region[] = {
		IPCBUF_IOC_CREATE, IPCBUF_IOC_OPEN, IPCBUF_IOC_UNLINK,
		IPCBUF_IOC_LIST,
	};
	static const unsigned long neither[] = {
		_IOWR(IPCBUF_IOC_MAGIC, 0x7f, struct ipcbuf_ioc_create),
		_IOWR(IPCBUF_IOC_MAGIC + 1, 0x01, struct ipcbuf_ioc_create),
		_IO(IPCBUF_IOC_MAGIC, 0x00),
		_IO(IPCBUF_IOC_MAGIC, 0x18),
		_IOW(IPCBUF_IOC_MAGIC, 0x01, struct ipcbuf_ioc_create),
		_IOR(IPCBUF_IOC_MAGIC, 0x16, struct ipcbuf_ioc_wait),
		_IOWR(IPCBUF_IOC_MAGIC, 0x18, struct ipcbuf_ioc_wake),
		0x5401, 0, ~0u,
	};
	unsigned char args[512];
	unsigned int i;

	memset(args, 0, sizeof(args));
	for (i = 0; i < ARRAY_SIZE(device); i++)
		EXPECT_EQ(-ENOTTY, kmod_call(self->r.device, device[i], args));
	for (i = 0; i < ARRAY_SIZE(region); i++)
		EXPECT_EQ(-ENOTTY, kmod_call(self->r.fd, region[i], args));
	for (i = 0; i < ARRAY_SIZE(neither); i++) {
		EXPECT_EQ(-ENOTTY, kmod_call(self->r.device, neither[i], args));
		EXPECT_EQ(-ENOTTY, kmod_call(self->r.fd, neither[i], args));
	}
	for (i = 0; i < sizeof(args); i++)
		ASSERT_EQ(0, args[i]);
}

static unsigned int open_descriptors(void)
{
	unsigned int count = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/*
 * Fails if a call whose result can't be written has been done all the same, or
 * leaves a descriptor that nobody knows of.
 */
TEST_F(calls, unwritable)
{
	const size_t page = kmod_page_bytes();
	unsigned int descriptors = open_descriptors();
	char name[IPCBUF_IOC_NAME_BYTES];
	struct ipcbuf_ioc_create *create;
	struct ipcbuf_ioc_open *open;
	void *args = mmap(NULL, page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, args);
	create = args;
	kmod_new_name(name);
	*create = kmod_create_args(name, BYTES, 1);
	ASSERT_EQ(0, mprotect(args, page, PROT_READ));
	EXPECT_EQ(-EFAULT, kmod_call(self->r.device, IPCBUF_IOC_CREATE, args));
	EXPECT_EQ(-ENOENT, kmod_open(self->r.device, name, 0));

	ASSERT_EQ(0, mprotect(args, page, PROT_READ | PROT_WRITE));
	memset(args, 0, page);
	open = args;
	memcpy(open->name, self->r.name, sizeof(open->name));
	ASSERT_EQ(0, mprotect(args, page, PROT_READ));
	EXPECT_EQ(-EFAULT, kmod_call(self->r.device, IPCBUF_IOC_OPEN, args));

	ASSERT_EQ(0, mprotect(args, page, PROT_READ | PROT_WRITE));
	memset(args, 0, page);
	ASSERT_EQ(0, mprotect(args, page, PROT_READ));
	EXPECT_EQ(-EFAULT, kmod_call(self->r.fd, IPCBUF_IOC_ATTACH, args));
	EXPECT_EQ(-EFAULT, kmod_call(self->r.fd, IPCBUF_IOC_DOORBELL, args));
	EXPECT_EQ(-EFAULT, kmod_call(self->r.fd, IPCBUF_IOC_STAT, args));
	EXPECT_EQ(-EFAULT, kmod_call(self->r.fd, IPCBUF_IOC_JOIN, args));
	EXPECT_EQ(0, kmod_stat(self->r.fd).members);
	EXPECT_EQ(0, kmod_deaths(self->r.control));
	EXPECT_EQ(IPCBUF_SLOT_FREE,
		  IPCBUF_SLOT_STATE(kmod_slot(self->r.control, 0)));
	EXPECT_EQ(descriptors, open_descriptors());
	/* Nor does it stand in the way of one that can be. */
	EXPECT_EQ(0, kmod_join(self->r.fd, 0, NULL));
	EXPECT_EQ(0, munmap(args, page));
}

KMOD_HARNESS_MAIN
