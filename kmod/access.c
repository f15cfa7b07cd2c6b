// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what with a region: as System V IPC has it (ipcperms() in the
 * kernel's ipc/util.c), with CAP_IPC_OWNER over the region's user namespace.
 */
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "ipcbuf.h"

/* Giving it to somebody else takes what chown() takes. */
static int take_owner(struct ipcbuf_region *region, u32 uid)
{
	if (uid == IPCBUF_IOC_ID_CALLER) {
		region->uid = current_euid();
		return 0;
	}
	region->uid = make_kuid(current_user_ns(), uid);
	if (!uid_valid(region->uid))
		return -EINVAL;
	if (!uid_eq(region->uid, current_euid()) && !ns_capable(current_user_ns(), CAP_CHOWN))
		return -EPERM;
	return 0;
}

static int take_group(struct ipcbuf_region *region, u32 gid)
{
	if (gid == IPCBUF_IOC_ID_CALLER) {
		region->gid = current_egid();
		return 0;
	}
	region->gid = make_kgid(current_user_ns(), gid);
	if (!gid_valid(region->gid))
		return -EINVAL;
	if (!in_egroup_p(region->gid) && !ns_capable(current_user_ns(), CAP_CHOWN))
		return -EPERM;
	return 0;
}

int ipcbuf_access_new(struct ipcbuf_region *region,
		      const struct ipcbuf_ioc_create *create)
{
	int error;

	if (create->mode & ~0777u)
		return -EINVAL;
	region->mode = create->mode;
	region->cuid = current_euid();
	region->cgid = current_egid();
	error = take_owner(region, create->uid);
	return error ? error : take_group(region, create->gid);
}

/* The bits, rwx, that the region's mode gives to the caller. */
static unsigned int granted(const struct ipcbuf_region *region)
{
	kuid_t uid = current_euid();

	if (uid_eq(uid, region->uid) || uid_eq(uid, region->cuid))
		return region->mode >> 6;
	if (in_egroup_p(region->gid) || in_egroup_p(region->cgid))
		return region->mode >> 3;
	return region->mode;
}

int ipcbuf_access_open(const struct ipcbuf_region *region, bool write)
{
	unsigned int wanted = write ? 06 : 04;

	if (!(wanted & ~granted(region)) ||
	    ns_capable(region->user_ns, CAP_IPC_OWNER))
		return 0;
	return -EACCES;
}

bool ipcbuf_access_owner(const struct ipcbuf_region *region)
{
	kuid_t uid = current_euid();

	return uid_eq(uid, region->uid) || uid_eq(uid, region->cuid) ||
	       ns_capable(region->user_ns, CAP_SYS_ADMIN);
}

bool ipcbuf_access_list(const struct ipcbuf_region *region)
{
	return region->user_ns == current_user_ns() ||
	       ns_capable_noaudit(region->user_ns, CAP_SYS_ADMIN);
}
