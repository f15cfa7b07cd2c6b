// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who may do what with a region: mode, owner, creator, group, capabilities. All
 * of it takes root, who becomes others.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/kmod.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BYTES 65536
#define OWNER 54321u
#define GROUP 54322u
#define OTHER 54323u
#define MODES 01000u

FIXTURE(access) {
	struct kmod_region r;
};

FIXTURE_SETUP(access)
{
	memset(&self->r, 0, sizeof(self->r));
	kmod_region_begin(&self->r, BYTES);
}

FIXTURE_TEARDOWN(access)
{
	kmod_region_end(&self->r);
}

#define NEED_ROOT() \
	if (geteuid()) \
		SKIP(return, "only root can become another user")

/* The caller is user @id with only these capabilities, in no group of root's. */
static void keep_only(uint32_t id, uint64_t capabilities)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)capabilities,
		  .permitted = (uint32_t)capabilities },
		{ .effective = (uint32_t)(capabilities >> 32),
		  .permitted = (uint32_t)(capabilities >> 32) },
	};

	MUST_EQ(0, prctl(PR_SET_KEEPCAPS, 1));
	kmod_become(id);
	MUST_EQ(0, syscall(SYS_capset, &header, data));
}

/* All modes there are, of OWNER and GROUP, created by root. */
struct modes {
	int device;
	char names[MODES][IPCBUF_IOC_NAME_BYTES];
};

static struct modes all;

static void create_all(struct __test_metadata *_metadata, int device)
{
	struct ipcbuf_ioc_create args;
	uint32_t mode;

	all.device = device;
	for (mode = 0; mode < MODES; mode++) {
		kmod_new_name(all.names[mode]);
		args = kmod_create_args(all.names[mode], BYTES, 1);
		args.mode = mode;
		args.uid = OWNER;
		args.gid = GROUP;
		ASSERT_EQ(0, kmod_call(device, IPCBUF_IOC_CREATE, &args));
		ASSERT_EQ(0, close(args.fd));
	}
}

static void unlink_all(struct __test_metadata *_metadata)
{
	uint32_t mode;

	for (mode = 0; mode < MODES; mode++)
		ASSERT_EQ(0, kmod_unlink(all.device, all.names[mode]));
}

static int try_open(const char *name, uint32_t flags)
{
	struct ipcbuf_ioc_open args = {
		.flags = flags,
		.opened_id = KMOD_POISON_64,
		.fd = KMOD_POISON_32,
	};
	int ret;

	memcpy(args.name, name, sizeof(args.name));
	ret = kmod_call(all.device, IPCBUF_IOC_OPEN, &args);
	if (!ret)
		return close(args.fd);
	MUST_EQ(KMOD_POISON_64, args.opened_id);
	MUST_EQ(KMOD_POISON_32, args.fd);
	return ret;
}

/* The caller's class has the three bits from @shift. */
static void must_be_granted(unsigned int shift)
{
	uint32_t mode, bits;

	for (mode = 0; mode < MODES; mode++) {
		bits = mode >> shift & 7;
		MUST_EQ(bits & 4 ? 0 : -EACCES,
			try_open(all.names[mode], IPCBUF_IOC_RDONLY));
		MUST_EQ((bits & 6) == 6 ? 0 : -EACCES,
			try_open(all.names[mode], 0));
	}
}

static int64_t as_owner(void *unused)
{
	kmod_become(OWNER);
	must_be_granted(6);
	return 0;
}

/* The owner's bits are the owner's, also where the group's would give more. */
static int64_t as_owner_in_group(void *unused)
{
	const gid_t group = GROUP;

	MUST_EQ(0, setgroups(1, &group));
	MUST_EQ(0, setresgid(OTHER, OTHER, OTHER));
	MUST_EQ(0, setresuid(OWNER, OWNER, OWNER));
	must_be_granted(6);
	return 0;
}

static int64_t as_creator(void *unused)
{
	keep_only(0, 0);
	must_be_granted(6);
	return 0;
}

static int64_t as_group(void *unused)
{
	MUST_EQ(0, setgroups(0, NULL));
	MUST_EQ(0, setresgid(GROUP, GROUP, GROUP));
	MUST_EQ(0, setresuid(OTHER, OTHER, OTHER));
	must_be_granted(3);
	return 0;
}

static int64_t as_more_group(void *unused)
{
	const gid_t group = GROUP;

	MUST_EQ(0, setgroups(1, &group));
	MUST_EQ(0, setresgid(OTHER, OTHER, OTHER));
	MUST_EQ(0, setresuid(OTHER, OTHER, OTHER));
	must_be_granted(3);
	return 0;
}

static int64_t as_creators_group(void *unused)
{
	MUST_EQ(0, setgroups(0, NULL));
	MUST_EQ(0, setresuid(OTHER, OTHER, OTHER));
	must_be_granted(3);
	return 0;
}

static int64_t as_other(void *unused)
{
	kmod_become(OTHER);
	must_be_granted(0);
	return 0;
}

/* Who runs as OWNER but began as somebody else counts by what it runs as. */
static int64_t as_effective_other(void *unused)
{
	MUST_EQ(0, setgroups(0, NULL));
	MUST_EQ(0, setresgid(OTHER, OTHER, OTHER));
	MUST_EQ(0, setresuid(OWNER, OTHER, OWNER));
	must_be_granted(0);
	return 0;
}

static int64_t with_ipc_owner(void *unused)
{
	uint32_t mode;

	keep_only(OTHER, UINT64_C(1) << CAP_IPC_OWNER);
	for (mode = 0; mode < MODES; mode++) {
		MUST_EQ(0, try_open(all.names[mode], IPCBUF_IOC_RDONLY));
		MUST_EQ(0, try_open(all.names[mode], 0));
	}
	return 0;
}

static int64_t with_all_but_ipc_owner(void *unused)
{
	/* Whatever this kernel has of them. */
	keep_only(OTHER, (UINT64_C(1) << CAP_DAC_OVERRIDE |
			  UINT64_C(1) << CAP_DAC_READ_SEARCH |
			  UINT64_C(1) << CAP_FOWNER |
			  UINT64_C(1) << CAP_SYS_ADMIN |
			  UINT64_C(1) << CAP_CHOWN));
	must_be_granted(0);
	return 0;
}

/* Fails if, of any mode, other bits than those of the caller's class count. */
TEST_F(access, modes)
{
	static int64_t (*const classes[])(void *) = {
		as_owner, as_owner_in_group, as_creator, as_group,
		as_more_group, as_creators_group, as_other, as_effective_other,
		with_ipc_owner, with_all_but_ipc_owner,
	};
	unsigned int i;

	NEED_ROOT();
	create_all(_metadata, self->r.device);
	for (i = 0; i < ARRAY_SIZE(classes); i++)
		EXPECT_EQ(0, kmod_ask(classes[i], NULL));
	unlink_all(_metadata);
}

/* What CREATE says to this owner and group; it makes none where it refuses. */
static int give_to(int device, uint32_t uid, uint32_t gid)
{
	struct ipcbuf_ioc_create args, before;
	char name[IPCBUF_IOC_NAME_BYTES];
	struct ipcbuf_ioc_region stat;
	int ret;

	kmod_new_name(name);
	args = kmod_create_args(name, BYTES, 1);
	args.uid = uid;
	args.gid = gid;
	before = args;
	ret = kmod_call(device, IPCBUF_IOC_CREATE, &args);
	if (ret) {
		MUST(!memcmp(&before, &args, sizeof(args)));
		MUST_EQ(-ENOENT, kmod_open(device, name, IPCBUF_IOC_RDONLY));
		return ret;
	}
	stat = kmod_stat(args.fd);
	MUST_EQ(uid == IPCBUF_IOC_ID_CALLER ? geteuid() : uid, stat.uid);
	MUST_EQ(gid == IPCBUF_IOC_ID_CALLER ? getegid() : gid, stat.gid);
	MUST_EQ(0, kmod_unlink(device, name));
	MUST_EQ(0, close(args.fd));
	return 0;
}

static int64_t give_as_user(void *arg)
{
	const gid_t group = GROUP;
	int device = *(int *)arg;

	MUST_EQ(0, setgroups(1, &group));
	MUST_EQ(0, setresgid(OWNER, OWNER, OWNER));
	MUST_EQ(0, setresuid(OWNER, OWNER, OWNER));
	MUST_EQ(0, give_to(device, OWNER, OWNER));
	MUST_EQ(0, give_to(device, IPCBUF_IOC_ID_CALLER, GROUP));
	MUST_EQ(-EPERM, give_to(device, OTHER, OWNER));
	MUST_EQ(-EPERM, give_to(device, 0, IPCBUF_IOC_ID_CALLER));
	MUST_EQ(-EPERM, give_to(device, OWNER, OTHER));
	MUST_EQ(-EPERM, give_to(device, IPCBUF_IOC_ID_CALLER, 0));
	return 0;
}

static int64_t give_with_chown(void *arg)
{
	int device = *(int *)arg;

	keep_only(OWNER, UINT64_C(1) << CAP_CHOWN);
	MUST_EQ(0, give_to(device, OTHER, GROUP));
	MUST_EQ(0, give_to(device, 0, 0));
	return 0;
}

/* Fails if a region can be given to who didn't ask for it, or root can't. */
TEST_F(access, give)
{
	NEED_ROOT();
	EXPECT_EQ(0, give_to(self->r.device, OWNER, GROUP));
	EXPECT_EQ(0, kmod_ask(give_as_user, &self->r.device));
	EXPECT_EQ(0, kmod_ask(give_with_chown, &self->r.device));
}

/* A region of OWNER's that anybody may open, made by root. */
struct unlinking {
	int device;
	char name[IPCBUF_IOC_NAME_BYTES];
	uint64_t id;
	uint32_t uid;
	uint64_t capabilities;
};

static int64_t unlink_it(void *arg)
{
	const struct unlinking *it = arg;
	int by_name, by_id;

	keep_only(it->uid, it->capabilities);
	by_name = kmod_unlink(it->device, it->name);
	if (!by_name)
		return 0;
	by_id = kmod_unlink_id(it->device, it->id);
	MUST_EQ(by_name, by_id);
	MUST(kmod_open(it->device, it->name, 0) >= 0);
	return by_name;
}

static int64_t ask_to_unlink(const struct kmod_region *region, uint32_t uid,
			     uint64_t capabilities)
{
	struct unlinking it = {
		.device = region->device,
		.uid = uid,
		.capabilities = capabilities,
	};
	struct ipcbuf_ioc_create args;
	int64_t result;

	kmod_new_name(it.name);
	args = kmod_create_args(it.name, BYTES, 1);
	args.mode = 0666;
	args.uid = OWNER;
	args.gid = GROUP;
	MUST_EQ(0, kmod_call(it.device, IPCBUF_IOC_CREATE, &args));
	it.id = args.id;
	result = kmod_ask(unlink_it, &it);
	MUST_EQ(result ? 0 : -ENOENT, kmod_unlink(it.device, it.name));
	MUST_EQ(0, close(args.fd));
	return result;
}

/* Fails if a name can be taken away by who may only use the region, or not by its owner. */
TEST_F(access, unlink)
{
	const uint64_t nearly_all = UINT64_C(1) << CAP_IPC_OWNER |
				    UINT64_C(1) << CAP_DAC_OVERRIDE |
				    UINT64_C(1) << CAP_FOWNER |
				    UINT64_C(1) << CAP_CHOWN;

	NEED_ROOT();
	EXPECT_EQ(0, ask_to_unlink(&self->r, OWNER, 0));
	EXPECT_EQ(0, ask_to_unlink(&self->r, 0, 0));
	EXPECT_EQ(0, ask_to_unlink(&self->r, OTHER,
				   UINT64_C(1) << CAP_SYS_ADMIN));
	EXPECT_EQ(-EPERM, ask_to_unlink(&self->r, OTHER, 0));
	EXPECT_EQ(-EPERM, ask_to_unlink(&self->r, OTHER, nearly_all));
	EXPECT_EQ(-EPERM, ask_to_unlink(&self->r, GROUP, 0));
}

static int64_t use_passed(void *arg)
{
	const struct kmod_region *region = arg;
	int fd;

	kmod_become(OTHER);
	MUST_EQ(-EACCES, kmod_open(region->device, region->name, 0));
	MUST_EQ(-EACCES, kmod_open_id(region->device, region->id,
				      IPCBUF_IOC_RDONLY));
	fd = kmod_attach(region->fd, 0);
	MUST(fd >= 0);
	MUST(kmod_member(fd, 1, NULL, NULL) >= 0);
	return 0;
}

/* Fails if a descriptor isn't enough for who was given it, or opens more than itself. */
TEST_F(access, descriptor_is_enough)
{
	NEED_ROOT();
	EXPECT_EQ(0, kmod_ask(use_passed, &self->r));
}

static int64_t see_all(void *arg)
{
	const struct kmod_region *region = arg;
	struct ipcbuf_ioc_region entry;

	kmod_become(OTHER);
	MUST(kmod_listed(region->device, region->id, &entry));
	MUST_EQ(0600, entry.mode);
	MUST_EQ(0, entry.uid);
	return 0;
}

/* Fails if regions that one may not open aren't listed (as ipcs lists them). */
TEST_F(access, list)
{
	NEED_ROOT();
	EXPECT_EQ(0, kmod_ask(see_all, &self->r));
}

KMOD_HARNESS_MAIN
