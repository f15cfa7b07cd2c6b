// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A region's life: how it comes, who finds it by which name, what is told of
 * it, and that it goes with its last user.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BYTES (UINT64_C(16) * 4096)

FIXTURE(region) {
	struct kmod_region r;
};

FIXTURE_SETUP(region)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(region)
{
	kmod_region_end(&self->r);
}

/* Fails if a new region isn't what was asked for, or its descriptor survives exec. */
TEST_F(region, create)
{
	struct ipcbuf_ioc_region stat;

	memset(&stat, KMOD_POISON, sizeof(stat));
	ASSERT_EQ(0, kmod_call(self->r.fd, IPCBUF_IOC_STAT, &stat));
	EXPECT_NE(0, stat.id);
	EXPECT_EQ(BYTES, stat.size_bytes);
	EXPECT_EQ(0, stat.used_bytes);
	EXPECT_EQ(IPCBUF_IOC_LINKED, stat.flags);
	EXPECT_EQ(0600, stat.mode);
	EXPECT_EQ(geteuid(), stat.uid);
	EXPECT_EQ(getegid(), stat.gid);
	EXPECT_EQ(KMOD_SLOTS, stat.slots);
	EXPECT_EQ(0, stat.members);
	EXPECT_EQ(0, stat.waiters);
	EXPECT_EQ(0, stat.deaths);
	EXPECT_STREQ(self->r.name, stat.name);
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->r.fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(self->r.fd, F_GETFL) & O_ACCMODE);
}

/* Fails if the control page of a new region tells of something. */
TEST_F(region, control_page)
{
	const struct ipcbuf_control *control = self->r.control;
	const unsigned char *byte = (const unsigned char *)control;
	size_t i;

	EXPECT_EQ(IPCBUF_IOC_VERSION, control->version);
	EXPECT_EQ(KMOD_SLOTS, control->slots);
	EXPECT_EQ(self->r.id, control->region_id);
	EXPECT_EQ(0, control->deaths);
	EXPECT_EQ(0, control->reserved0);
	for (i = offsetof(struct ipcbuf_control, reserved);
	     i < kmod_control_bytes(KMOD_SLOTS); i++)
		ASSERT_EQ(0, byte[i]);
}

/* Fails if a name can be had twice, or a failed CREATE writes or changes something. */
TEST_F(region, create_exclusive)
{
	struct ipcbuf_ioc_create again =
		kmod_create_args(self->r.name, 2 * BYTES, 1), before = again;
	struct ipcbuf_ioc_region stat = kmod_stat(self->r.fd), now;

	EXPECT_EQ(-EEXIST, kmod_call(self->r.device, IPCBUF_IOC_CREATE, &again));
	EXPECT_EQ(0, memcmp(&before, &again, sizeof(again)));
	now = kmod_stat(self->r.fd);
	EXPECT_EQ(0, memcmp(&stat, &now, sizeof(now)));
}

/* Fails if an id is given twice. */
TEST_F(region, ids)
{
	uint64_t last = self->r.id;
	int i, fd;

	for (i = 0; i < 100; i++) {
		fd = kmod_create(self->r.device, "", 4096, 1);
		ASSERT_LE(0, fd);
		ASSERT_LT(last, kmod_stat(fd).id);
		last = kmod_stat(fd).id;
		ASSERT_EQ(0, close(fd));
	}
}

struct bad_create {
	uint64_t size_bytes;
	uint32_t flags, slots, mode;
};

/* Fails if CREATE takes what it must refuse, or leaves something of it. */
TEST_F(region, create_refuses)
{
	static const struct bad_create bad[] = {
		{ 0, 0, 1, 0600 },
		{ 1, 0, 1, 0600 },
		{ 4097, 0, 1, 0600 },
		{ 4095, 0, 1, 0600 },
		{ IPCBUF_IOC_MAX_BYTES + 65536, 0, 1, 0600 },
		{ ~UINT64_C(0), 0, 1, 0600 },
		{ ~UINT64_C(65535), 0, 1, 0600 },
		{ UINT64_C(1) << 63, 0, 1, 0600 },
		{ 65536, 1, 1, 0600 },
		{ 65536, 1u << 31, 1, 0600 },
		{ 65536, 0, 0, 0600 },
		{ 65536, 0, IPCBUF_IOC_MAX_SLOTS + 1, 0600 },
		{ 65536, 0, ~0u, 0600 },
		{ 65536, 0, 1, 01000 },
		{ 65536, 0, 1, 04600 },
		{ 65536, 0, 1, ~0u },
	};
	struct ipcbuf_ioc_create args, before;
	char name[IPCBUF_IOC_NAME_BYTES];
	unsigned int i;

	kmod_new_name(name);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		args = kmod_create_args(name, bad[i].size_bytes, bad[i].slots);
		args.flags = bad[i].flags;
		args.mode = bad[i].mode;
		before = args;
		EXPECT_EQ(-EINVAL, kmod_call(self->r.device,
					     IPCBUF_IOC_CREATE, &args)) {
			TH_LOG("case %u", i);
		}
		EXPECT_EQ(0, memcmp(&before, &args, sizeof(args)));
		EXPECT_EQ(-ENOENT, kmod_open(self->r.device, name, 0));
	}
}

/* The name as it would be, by all calls that take one: each returns @expected. */
static void try_name(struct __test_metadata *_metadata, int device,
		     const char name[IPCBUF_IOC_NAME_BYTES], int expected)
{
	struct ipcbuf_ioc_create create = kmod_create_args("", 4096, 1);
	struct ipcbuf_ioc_open open = { .fd = -1 };
	struct ipcbuf_ioc_unlink unlink = { 0 };

	memcpy(create.name, name, sizeof(create.name));
	memcpy(open.name, name, sizeof(open.name));
	memcpy(unlink.name, name, sizeof(unlink.name));
	EXPECT_EQ(expected, kmod_call(device, IPCBUF_IOC_CREATE, &create));
	EXPECT_EQ(expected, kmod_call(device, IPCBUF_IOC_OPEN, &open));
	EXPECT_EQ(expected, kmod_call(device, IPCBUF_IOC_UNLINK, &unlink));
	if (!expected) {
		EXPECT_EQ(0, close(create.fd));
		EXPECT_EQ(0, close(open.fd));
		EXPECT_EQ(-ENOENT, kmod_call(device, IPCBUF_IOC_OPEN, &open));
	}
}

/* Fails if a name that is allowed is refused. */
TEST_F(region, names_allowed)
{
	static const char first[] = "azAZ09_";
	char name[IPCBUF_IOC_NAME_BYTES] = { 0 };
	const char *c;

	for (c = first; *c; c++) {
		name[0] = *c;
		memcpy(name + 1, self->r.name, sizeof(name) - 1);
		try_name(_metadata, self->r.device, name, 0);
	}
	memset(name, 0, sizeof(name));
	snprintf(name, sizeof(name), "%.40s.-_.A0Zz", self->r.name);
	try_name(_metadata, self->r.device, name, 0);
	/* The longest. */
	memset(name + strlen(name), 'x', sizeof(name) - 1 - strlen(name));
	try_name(_metadata, self->r.device, name, 0);
}

/* Fails if a name with another character, a bad end or beginning is taken. */
TEST_F(region, names_refused)
{
	static const char first[] = ".-";
	char name[IPCBUF_IOC_NAME_BYTES];
	const char *c;
	int byte;

	for (c = first; *c; c++) {
		memset(name, 0, sizeof(name));
		name[0] = *c;
		try_name(_metadata, self->r.device, name, -EINVAL);
		name[1] = 'a';
		try_name(_metadata, self->r.device, name, -EINVAL);
	}
	for (byte = 1; byte < 256; byte++) {
		if (strchr("-._", byte) || (byte >= '0' && byte <= '9') ||
		    ((byte | 32) >= 'a' && (byte | 32) <= 'z' && byte < 128))
			continue;
		memset(name, 0, sizeof(name));
		memcpy(name, "ab", 2);
		name[2] = (char)byte;
		try_name(_metadata, self->r.device, name, -EINVAL);
	}
	/* No 0 at the end; something behind the 0. */
	memset(name, 'a', sizeof(name));
	try_name(_metadata, self->r.device, name, -EINVAL);
	memset(name, 0, sizeof(name));
	memcpy(name, self->r.name, sizeof(name));
	name[IPCBUF_IOC_NAME_BYTES - 1] = 'a';
	try_name(_metadata, self->r.device, name, -EINVAL);
	memset(name, 0, sizeof(name));
	name[1] = 'a';
	try_name(_metadata, self->r.device, name, -EINVAL);
}

static struct ipcbuf_ioc_open open_args(const struct kmod_region *region)
{
	struct ipcbuf_ioc_open args = {
		.id = region->id,
		.opened_id = KMOD_POISON_64,
		.fd = KMOD_POISON_32,
	};

	memcpy(args.name, region->name, sizeof(args.name));
	return args;
}

/* Fails if a region isn't found by its name, its id, or both. */
TEST_F(region, open)
{
	struct ipcbuf_ioc_open args;
	unsigned int by;
	uint32_t *words;

	for (by = 1; by <= 3; by++) {
		args = open_args(&self->r);
		if (!(by & 1))
			memset(args.name, 0, sizeof(args.name));
		if (!(by & 2))
			args.id = 0;
		ASSERT_EQ(0, kmod_call(self->r.device, IPCBUF_IOC_OPEN, &args));
		EXPECT_EQ(self->r.id, args.opened_id);
		EXPECT_EQ(FD_CLOEXEC, fcntl(args.fd, F_GETFD));
		EXPECT_EQ(self->r.id, kmod_stat(args.fd).id);
		words = kmod_data(args.fd, BYTES, PROT_READ | PROT_WRITE);
		ASSERT_NE(NULL, words);
		words[by] = by + 40;
		EXPECT_EQ(by + 40, self->r.words[by]);
		EXPECT_EQ(0, munmap(words, BYTES));
		EXPECT_EQ(0, close(args.fd));
	}
}

/* Fails if OPEN finds what isn't there, takes bad arguments, or writes when it fails. */
TEST_F(region, open_refuses)
{
	struct ipcbuf_ioc_open args[7], before;
	static const int expected[7] = {
		-ENOENT, -ENOENT, -ENOENT, -ENOENT, -EINVAL, -EINVAL, -EINVAL,
	};
	unsigned int i;

	for (i = 0; i < 7; i++)
		args[i] = open_args(&self->r);
	args[0].id = self->r.id + 1;			/* another's */
	kmod_new_name(args[1].name);			/* nobody's */
	args[1].id = 0;
	args[2].id = ~UINT64_C(0);
	memset(args[2].name, 0, sizeof(args[2].name));
	args[3].id = 0;					/* neither */
	memset(args[3].name, 0, sizeof(args[3].name));
	args[4].flags = IPCBUF_IOC_RDONLY << 1;
	args[5].pad = 1;
	args[6].pad2 = 1;
	for (i = 0; i < 7; i++) {
		before = args[i];
		EXPECT_EQ(expected[i], kmod_call(self->r.device,
						 IPCBUF_IOC_OPEN, &args[i])) {
			TH_LOG("case %u", i);
		}
		EXPECT_EQ(0, memcmp(&before, &args[i], sizeof(before)));
	}
}

/* Fails if ATTACH gives another region, or writes when it fails. */
TEST_F(region, attach)
{
	struct ipcbuf_ioc_attach args = { .flags = 2, .fd = KMOD_POISON_32 };
	uint32_t *words;
	int fd;

	EXPECT_EQ(-EINVAL, kmod_call(self->r.fd, IPCBUF_IOC_ATTACH, &args));
	EXPECT_EQ(KMOD_POISON_32, args.fd);
	fd = kmod_attach(self->r.fd, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(self->r.id, kmod_stat(fd).id);
	words = kmod_data(fd, BYTES, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, words);
	words[5] = 6;
	EXPECT_EQ(6, self->r.words[5]);
	EXPECT_EQ(0, munmap(words, BYTES));
	EXPECT_EQ(0, close(fd));
}

/* Fails if ATTACH on a descriptor for reading gives one for writing. */
TEST_F(region, attach_rdonly)
{
	int looker = kmod_attach(self->r.fd, IPCBUF_IOC_RDONLY);
	int second = kmod_attach(looker, 0);
	int third = kmod_open(self->r.device, self->r.name, IPCBUF_IOC_RDONLY);

	EXPECT_EQ(IPCBUF_IOC_LINKED | IPCBUF_IOC_READONLY,
		  kmod_stat(looker).flags);
	EXPECT_EQ(IPCBUF_IOC_LINKED | IPCBUF_IOC_READONLY,
		  kmod_stat(second).flags);
	EXPECT_EQ(IPCBUF_IOC_LINKED | IPCBUF_IOC_READONLY,
		  kmod_stat(third).flags);
	EXPECT_EQ(NULL, kmod_data(second, BYTES, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(O_RDONLY, fcntl(second, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(0, close(third));
	EXPECT_EQ(0, close(second));
	EXPECT_EQ(0, close(looker));
}

static void send_fd(int to, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = {
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int)),
	} };
	struct iovec byte = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	MUST_EQ(1, sendmsg(to, &message, 0));
}

static int receive_fd(int from)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char text;
	struct iovec byte = { .iov_base = &text, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};
	int fd;

	MUST_EQ(1, recvmsg(from, &message, MSG_CMSG_CLOEXEC));
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

static int64_t attach_to_passed(void *arg)
{
	int fd = receive_fd(*(int *)arg);
	int own = kmod_attach(fd, 0);
	uint32_t *words;

	MUST_EQ(0, close(fd));
	words = kmod_data(own, BYTES, PROT_READ | PROT_WRITE);
	MUST(words);
	words[9] = 10;
	return (int64_t)kmod_stat(own).id;
}

/* Fails if who is given a descriptor over a socket can't attach by it. */
TEST_F(region, attach_to_passed)
{
	int ends[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	send_fd(ends[0], self->r.fd);
	EXPECT_EQ(self->r.id, kmod_ask(attach_to_passed, &ends[1]));
	EXPECT_EQ(10, self->r.words[9]);
	EXPECT_EQ(0, close(ends[0]));
	EXPECT_EQ(0, close(ends[1]));
}

/* Fails if a region that is only in a message on its way goes. */
TEST_F(region, lives_in_message)
{
	int ends[2], fd;

	if (kmod_exists(self->r.id) < 0)
		SKIP(return, "no debugfs");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	fd = kmod_create(self->r.device, "", BYTES, 1);
	ASSERT_LE(0, fd);
	self->r.id = kmod_stat(fd).id;
	send_fd(ends[0], fd);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(1, kmod_exists(self->r.id));
	fd = receive_fd(ends[1]);
	EXPECT_EQ(self->r.id, kmod_stat(fd).id);
	send_fd(ends[0], fd);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(1, kmod_exists(self->r.id));
	/* What nobody reads goes with the socket. */
	EXPECT_EQ(0, close(ends[0]));
	EXPECT_EQ(0, close(ends[1]));
	EXPECT_EQ(0, kmod_exists(self->r.id));
}

/* Fails if a name outlives UNLINK, or the region doesn't. */
TEST_F(region, unlink)
{
	int device = self->r.device, fd;

	self->r.words[3] = 4;
	EXPECT_EQ(0, kmod_unlink(device, self->r.name));
	EXPECT_EQ(-ENOENT, kmod_unlink(device, self->r.name));
	EXPECT_EQ(-ENOENT, kmod_unlink_id(device, self->r.id));
	EXPECT_EQ(-ENOENT, kmod_open(device, self->r.name, 0));
	EXPECT_EQ(-ENOENT, kmod_open_id(device, self->r.id, 0));
	EXPECT_FALSE(kmod_listed(device, self->r.id, NULL));
	EXPECT_EQ(0, kmod_stat(self->r.fd).flags);
	EXPECT_STREQ(self->r.name, kmod_stat(self->r.fd).name);
	EXPECT_EQ(4, self->r.words[3]);
	/* The name is free for another region. */
	fd = kmod_create(device, self->r.name, BYTES, 1);
	ASSERT_LE(0, fd);
	EXPECT_LT(self->r.id, kmod_stat(fd).id);
	EXPECT_EQ(0, close(fd));
	fd = kmod_attach(self->r.fd, 0);
	EXPECT_EQ(self->r.id, kmod_stat(fd).id);
	EXPECT_EQ(0, close(fd));
}

/* Fails if UNLINK by id misses, or takes another's name. */
TEST_F(region, unlink_id)
{
	struct ipcbuf_ioc_unlink args = { .id = self->r.id + 1 };
	int device = self->r.device;

	EXPECT_EQ(-ENOENT, kmod_call(device, IPCBUF_IOC_UNLINK, &args));
	memcpy(args.name, self->r.name, sizeof(args.name));
	EXPECT_EQ(-ENOENT, kmod_call(device, IPCBUF_IOC_UNLINK, &args));
	args.id = self->r.id;
	args.flags = 1;
	EXPECT_EQ(-EINVAL, kmod_call(device, IPCBUF_IOC_UNLINK, &args));
	args.flags = 0;
	args.pad = 1;
	EXPECT_EQ(-EINVAL, kmod_call(device, IPCBUF_IOC_UNLINK, &args));
	EXPECT_EQ(-ENOENT, kmod_unlink_id(device, 0));
	EXPECT_EQ(-ENOENT, kmod_unlink_id(device, ~UINT64_C(0)));
	EXPECT_TRUE(kmod_listed(device, self->r.id, NULL));
	args.pad = 0;
	EXPECT_EQ(0, kmod_call(device, IPCBUF_IOC_UNLINK, &args));
	EXPECT_FALSE(kmod_listed(device, self->r.id, NULL));
}

#define LISTED 20

/* Fails if LIST misses one, tells of one twice, in another order, or untruly. */
TEST_F(region, list)
{
	struct ipcbuf_ioc_region entry = { 0 };
	char names[LISTED][IPCBUF_IOC_NAME_BYTES];
	int fds[LISTED];
	unsigned int i, seen = 0;
	uint64_t last = 0;

	for (i = 0; i < LISTED; i++) {
		kmod_new_name(names[i]);
		fds[i] = kmod_create(self->r.device, names[i],
				     4096 * (i + UINT64_C(1)), i + 1);
		ASSERT_LE(0, fds[i]);
	}
	while (!kmod_list(self->r.device, last, &entry)) {
		ASSERT_LT(last, entry.id);
		EXPECT_EQ(last, entry.after_id);
		EXPECT_NE(0, entry.flags & IPCBUF_IOC_LINKED);
		EXPECT_EQ(0, entry.flags & IPCBUF_IOC_READONLY);
		last = entry.id;
		if (seen < LISTED && !strcmp(entry.name, names[seen])) {
			EXPECT_EQ(4096 * (seen + UINT64_C(1)),
				  entry.size_bytes);
			EXPECT_EQ(seen + 1, entry.slots);
			EXPECT_EQ(0600, entry.mode);
			EXPECT_EQ(geteuid(), entry.uid);
			EXPECT_EQ(0, entry.used_bytes);
			seen++;
		}
	}
	EXPECT_EQ(LISTED, seen);
	for (i = 0; i < LISTED; i++) {
		EXPECT_EQ(0, kmod_unlink(self->r.device, names[i]));
		EXPECT_EQ(0, close(fds[i]));
	}
}

/* Fails if the end of the list isn't told as such, or writes something. */
TEST_F(region, list_end)
{
	struct ipcbuf_ioc_region entry, before;
	uint64_t last = self->r.id;
	int ret;

	do {
		memset(&entry, KMOD_POISON, sizeof(entry));
		entry.after_id = last;
		before = entry;
		ret = kmod_call(self->r.device, IPCBUF_IOC_LIST, &entry);
		last = entry.id;
	} while (!ret);
	EXPECT_EQ(-ENOENT, ret);
	EXPECT_EQ(0, memcmp(&before, &entry, sizeof(entry)));
	entry.after_id = before.after_id = ~UINT64_C(0);
	EXPECT_EQ(-ENOENT, kmod_call(self->r.device, IPCBUF_IOC_LIST, &entry));
	EXPECT_EQ(0, memcmp(&before, &entry, sizeof(entry)));
}

/* Fails if LIST and STAT tell different things of a region in use. */
TEST_F(region, list_and_stat)
{
	struct ipcbuf_ioc_region listed, stat;
	const struct ipcbuf_control *control;
	int member;

	self->r.words[0] = 1;
	member = kmod_member(self->r.fd, 3, &control, NULL);
	stat = kmod_stat(self->r.fd);
	EXPECT_EQ(1, stat.members);
	EXPECT_LE(4096, stat.used_bytes);
	ASSERT_TRUE(kmod_listed(self->r.device, self->r.id, &listed));
	listed.after_id = stat.after_id;
	EXPECT_EQ(0, memcmp(&listed, &stat, sizeof(stat)));
	kmod_unmap_control(control, KMOD_SLOTS);
	stat = kmod_stat(self->r.fd);
	EXPECT_EQ(0, stat.members);
	EXPECT_EQ(1, stat.deaths);
	EXPECT_EQ(0, close(member));
}

/* Fails if a region without a name can be found without its descriptor. */
TEST_F(region, anonymous)
{
	int fd = kmod_create(self->r.device, "", BYTES, 1), second;
	int another = kmod_create(self->r.device, "", BYTES, 1);
	uint64_t id;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, another);
	id = kmod_stat(fd).id;
	EXPECT_EQ(0, kmod_stat(fd).flags);
	EXPECT_STREQ("", kmod_stat(fd).name);
	EXPECT_FALSE(kmod_listed(self->r.device, id, NULL));
	EXPECT_EQ(-ENOENT, kmod_open_id(self->r.device, id, 0));
	EXPECT_EQ(-ENOENT, kmod_open(self->r.device, "", 0));
	EXPECT_EQ(-ENOENT, kmod_unlink_id(self->r.device, id));
	EXPECT_EQ(-ENOENT, kmod_unlink(self->r.device, ""));
	second = kmod_attach(fd, 0);
	EXPECT_EQ(id, kmod_stat(second).id);
	EXPECT_EQ(0, close(second));
	EXPECT_EQ(0, close(another));
	EXPECT_EQ(0, close(fd));
}

/* What a region may be kept by. */
enum { NAME, DESCRIPTOR, CONTROL, DOORBELL, ATTACHED, KEEPERS };

struct kept {
	struct kmod_region *region;
	const struct ipcbuf_control *control;
	int fds[KEEPERS];
};

static void let_go(struct kept *kept, int keeper)
{
	if (keeper == NAME)
		MUST_EQ(0, kmod_unlink(kept->region->device,
				       kept->region->name));
	else if (keeper == CONTROL)
		kmod_unmap_control(kept->control, KMOD_SLOTS);
	else
		MUST_EQ(0, close(kept->fds[keeper]));
}

/* The region of the fixture, held by one of each kind alone. */
static void hold(struct kept *kept, struct kmod_region *region)
{
	int looker = kmod_attach(region->fd, IPCBUF_IOC_RDONLY);

	kept->region = region;
	kept->control = kmod_control(looker, KMOD_SLOTS);
	MUST(kept->control);
	MUST_EQ(0, close(looker));
	looker = kmod_attach(region->fd, 0);
	kept->fds[DOORBELL] = kmod_doorbell(looker, 0, 0);
	MUST(kept->fds[DOORBELL] >= 0);
	MUST_EQ(0, close(looker));
	kept->fds[ATTACHED] = kmod_attach(region->fd, 0);
	kept->fds[DESCRIPTOR] = region->fd;
	region->fd = -1;
	kmod_unmap_control(region->control, KMOD_SLOTS);
	region->control = NULL;
	MUST_EQ(0, munmap(region->words, BYTES));
	region->words = NULL;
}

/*
 * Fails if a region goes before what keeps it, or stays when nothing does; for
 * every keeper as the last one, the others in turn.
 */
TEST_F(region, goes_with_the_last)
{
	struct kept kept;
	int first, i;

	if (kmod_exists(self->r.id) < 0)
		SKIP(return, "no debugfs");
	for (first = 0; first < KEEPERS; first++) {
		if (first)
			kmod_region_begin(&self->r, BYTES);
		hold(&kept, &self->r);
		for (i = 0; i < KEEPERS; i++) {
			EXPECT_EQ(1, kmod_exists(self->r.id));
			let_go(&kept, (first + i) % KEEPERS);
		}
		EXPECT_EQ(0, kmod_exists(self->r.id));
		EXPECT_FALSE(kmod_listed(self->r.device, self->r.id, NULL));
		EXPECT_EQ(0, close(self->r.device));
	}
	kmod_region_begin(&self->r, BYTES);
}

static int64_t hold_all_and_die(void *arg)
{
	struct kmod_region *region = arg, own;

	(void)region;
	kmod_region_begin(&own, BYTES);
	MUST_EQ(0, kmod_unlink(own.device, own.name));
	MUST(kmod_member(own.fd, 0, NULL, NULL) >= 0);
	MUST(kmod_doorbell(own.fd, 0, 0) >= 0);
	own.words[0] = 1;
	MUST_EQ(0, kmod_lock(own.fd, F_WRLCK, 0));
	return (int64_t)own.id;
}

/* Fails if a region outlives the process that alone had it. */
TEST_F(region, goes_with_its_process)
{
	int64_t id;

	if (kmod_exists(self->r.id) < 0)
		SKIP(return, "no debugfs");
	id = kmod_ask(hold_all_and_die, &self->r);
	EXPECT_EQ(0, kmod_exists((uint64_t)id));
}

/* Fails if memory that is still mapped goes with the region's name and descriptors. */
TEST_F(region, memory_outlives_descriptors)
{
	unsigned int i;

	for (i = 0; i < BYTES / 4; i++)
		self->r.words[i] = i;
	kmod_unmap_control(self->r.control, KMOD_SLOTS);
	self->r.control = NULL;
	ASSERT_EQ(0, close(self->r.fd));
	self->r.fd = -1;
	ASSERT_EQ(0, kmod_unlink(self->r.device, self->r.name));
	for (i = 0; i < BYTES / 4; i++)
		ASSERT_EQ(i, self->r.words[i]);
}

KMOD_HARNESS_MAIN
