// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * User namespaces: each has names of its own, and sees only those. Who may
 * administer one from outside sees its regions, too, and can take their names.
 * Takes root, and a kernel that lets others make user namespaces.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BYTES 65536
#define USER  54321u
#define OTHER 54323u

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	MUST(fd >= 0);
	MUST_EQ(strlen(text), write(fd, text, strlen(text)));
	MUST_EQ(0, close(fd));
}

/* USER becomes root of a user namespace that knows nobody else. */
static void enter_own_namespace(void)
{
	kmod_become(USER);
	MUST_EQ(0, prctl(PR_SET_DUMPABLE, 1));
	MUST_EQ(0, unshare(CLONE_NEWUSER));
	put("/proc/self/setgroups", "deny");
	put("/proc/self/uid_map", "0 54321 1");
	put("/proc/self/gid_map", "0 54321 1");
	MUST_EQ(0, geteuid());
}

static int64_t can_enter(void *unused)
{
	kmod_become(USER);
	return !unshare(CLONE_NEWUSER);
}

/* A peer in a namespace of its own, and what it has told. */
FIXTURE(userns) {
	struct kmod_region r;
	bool possible;
	int entered, leave;
	int tells[2];
	pid_t peer;
};

FIXTURE_SETUP(userns)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
	self->entered = gate_new();
	self->leave = gate_new();
	ASSERT_EQ(0, pipe2(self->tells, O_CLOEXEC));
	self->possible = !geteuid() && kmod_ask(can_enter, NULL);
}

FIXTURE_TEARDOWN(userns)
{
	kmod_region_end(&self->r);
}

#define NEED_NAMESPACES() \
	if (!self->possible) \
		SKIP(return, "can't make a user namespace as another user")

/* The same name, its own region; the id is told, and it stays until let go. */
static int create_inside(void *arg)
{
	FIXTURE_DATA(userns) *self = arg;
	struct ipcbuf_ioc_create args =
		kmod_create_args(self->r.name, 2 * BYTES, 1);
	struct ipcbuf_ioc_region entry;

	enter_own_namespace();
	MUST_EQ(-ENOENT, kmod_open(self->r.device, self->r.name, 0));
	MUST_EQ(-ENOENT, kmod_open_id(self->r.device, self->r.id, 0));
	MUST_EQ(-ENOENT, kmod_list(self->r.device, 0, &entry));
	MUST_EQ(0, kmod_call(self->r.device, IPCBUF_IOC_CREATE, &args));
	MUST_EQ(2 * BYTES, kmod_stat(args.fd).size_bytes);
	MUST_EQ(-EEXIST, kmod_create(self->r.device, self->r.name, BYTES, 1));
	MUST_EQ(0, kmod_list(self->r.device, 0, &entry));
	MUST_EQ(args.id, entry.id);
	MUST_EQ(0, entry.uid);
	MUST_EQ(0, entry.gid);
	MUST_EQ(IPCBUF_IOC_LINKED, entry.flags);
	MUST_EQ(-ENOENT, kmod_list(self->r.device, args.id, &entry));
	MUST_EQ(sizeof(args.id),
		write(self->tells[1], &args.id, sizeof(args.id)));
	gate_wait(self->leave);
	return 0;
}

static uint64_t start_inside(struct __test_metadata *_metadata,
			     FIXTURE_DATA(userns) *self)
{
	uint64_t id = 0;

	self->peer = peer_start(create_inside, self);
	close(self->tells[1]);
	EXPECT_EQ(sizeof(id), read(self->tells[0], &id, sizeof(id)));
	EXPECT_NE(self->r.id, id);
	return id;
}

static void end_inside(struct __test_metadata *_metadata,
		       FIXTURE_DATA(userns) *self)
{
	gate_post(self->leave, 1);
	EXPECT_EQ(0, peer_wait(self->peer));
}

/* Fails if a name is another one's in another namespace, or seen from there. */
TEST_F(userns, names)
{
	struct ipcbuf_ioc_unlink both = { 0 };
	uint64_t id;

	NEED_NAMESPACES();
	id = start_inside(_metadata, self);
	EXPECT_EQ(self->r.id, kmod_stat(kmod_open(self->r.device, self->r.name,
						  0)).id);
	/* From outside it can't be opened, whatever one may do. */
	EXPECT_EQ(-ENOENT, kmod_open_id(self->r.device, id, 0));
	both.id = id;
	memcpy(both.name, self->r.name, sizeof(both.name));
	EXPECT_EQ(-ENOENT, kmod_call(self->r.device, IPCBUF_IOC_UNLINK, &both));
	/* The name is unlinked where the caller is. */
	EXPECT_EQ(0, kmod_unlink(self->r.device, self->r.name));
	EXPECT_EQ(-ENOENT, kmod_unlink(self->r.device, self->r.name));
	EXPECT_TRUE(kmod_listed(self->r.device, id, NULL));
	end_inside(_metadata, self);
	EXPECT_EQ(0, kmod_unlink_id(self->r.device, id));
}

/* Fails if root outside doesn't see what is inside, or sees it untruly. */
TEST_F(userns, seen_from_outside)
{
	struct ipcbuf_ioc_region entry;
	uint64_t id;

	NEED_NAMESPACES();
	id = start_inside(_metadata, self);
	ASSERT_TRUE(kmod_listed(self->r.device, id, &entry));
	EXPECT_EQ(IPCBUF_IOC_LINKED | IPCBUF_IOC_FOREIGN, entry.flags);
	EXPECT_EQ(USER, entry.uid);
	EXPECT_EQ(USER, entry.gid);
	EXPECT_EQ(2 * BYTES, entry.size_bytes);
	EXPECT_STREQ(self->r.name, entry.name);
	ASSERT_TRUE(kmod_listed(self->r.device, self->r.id, &entry));
	EXPECT_EQ(IPCBUF_IOC_LINKED, entry.flags);
	end_inside(_metadata, self);
	EXPECT_EQ(0, kmod_unlink_id(self->r.device, id));
}

/* Fails if a region whose namespace has nobody left can't be removed. */
TEST_F(userns, removed_from_outside)
{
	uint64_t id;

	NEED_NAMESPACES();
	id = start_inside(_metadata, self);
	end_inside(_metadata, self);
	EXPECT_TRUE(kmod_listed(self->r.device, id, NULL));
	EXPECT_EQ(0, kmod_unlink_id(self->r.device, id));
	EXPECT_FALSE(kmod_listed(self->r.device, id, NULL));
	EXPECT_LE(kmod_exists(id), 0);
	EXPECT_TRUE(kmod_listed(self->r.device, self->r.id, NULL));
}

struct outsider {
	int device;
	uint64_t id;
	uint32_t uid;
};

static int64_t look_from_outside(void *arg)
{
	const struct outsider *at = arg;
	int error;

	kmod_become(at->uid);
	if (kmod_listed(at->device, at->id, NULL))
		return 1;
	error = kmod_unlink_id(at->device, at->id);
	MUST(error == -EPERM || error == -ENOENT);
	return 0;
}

/* Fails if a namespace's regions are shown to who has no rights over it. */
TEST_F(userns, hidden_from_others)
{
	struct outsider at = { .device = self->r.device, .uid = OTHER };

	NEED_NAMESPACES();
	at.id = start_inside(_metadata, self);
	EXPECT_EQ(0, kmod_ask(look_from_outside, &at));
	/* Who made it has. */
	at.uid = USER;
	EXPECT_EQ(1, kmod_ask(look_from_outside, &at));
	end_inside(_metadata, self);
	EXPECT_EQ(0, kmod_unlink_id(self->r.device, at.id));
}

static int64_t rights_inside(void *arg)
{
	FIXTURE_DATA(userns) *self = arg;
	struct ipcbuf_ioc_create args;

	enter_own_namespace();
	/* All capabilities inside are none over what is outside. */
	MUST_EQ(-ENOENT, kmod_unlink(self->r.device, self->r.name));
	MUST(kmod_unlink_id(self->r.device, self->r.id) < 0);
	/* Nobody whom the namespace doesn't know can be an owner. */
	args = kmod_create_args("", BYTES, 1);
	args.uid = 1;
	MUST(kmod_call(self->r.device, IPCBUF_IOC_CREATE, &args) < 0);
	MUST_EQ(KMOD_POISON_32, args.fd);
	args.uid = 0;
	args.gid = 1;
	MUST(kmod_call(self->r.device, IPCBUF_IOC_CREATE, &args) < 0);
	args.gid = 0;
	MUST_EQ(0, kmod_call(self->r.device, IPCBUF_IOC_CREATE, &args));
	MUST_EQ(0, kmod_stat(args.fd).uid);
	/* A descriptor that is passed on is still enough. */
	MUST_EQ(IPCBUF_IOC_LINKED | IPCBUF_IOC_FOREIGN,
		kmod_stat(self->r.fd).flags);
	MUST_EQ(65534, kmod_stat(self->r.fd).uid);
	MUST(kmod_member(self->r.fd, 0, NULL, NULL) >= 0);
	return 0;
}

/* Fails if root of a namespace has rights over regions outside of it. */
TEST_F(userns, no_rights_outside)
{
	NEED_NAMESPACES();
	EXPECT_EQ(0, kmod_ask(rights_inside, self));
	EXPECT_TRUE(kmod_listed(self->r.device, self->r.id, NULL));
	EXPECT_EQ(1, kmod_deaths(self->r.control));
}

KMOD_HARNESS_MAIN
