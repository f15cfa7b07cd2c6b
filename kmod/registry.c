// SPDX-License-Identifier: GPL-2.0
/*
 * Regions by name, by id, and all of them. A name belongs to a user namespace;
 * an id is given once. What has a name is kept by this table.
 */
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/hashtable.h>
#include <linux/seq_file.h>
#include <linux/stringhash.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>

#include "call.h"

static DEFINE_MUTEX(registry_lock);
static DEFINE_HASHTABLE(names, 10);
static DEFINE_XARRAY(ids);		/* those that have a name */
static LIST_HEAD(regions);		/* all, last created last */
static u64 last_id;

int ipcbuf_name_check(const char *name)
{
	size_t i, length = strnlen(name, IPCBUF_IOC_NAME_BYTES);

	if (length == IPCBUF_IOC_NAME_BYTES ||
	    memchr_inv(name + length, 0, IPCBUF_IOC_NAME_BYTES - length))
		return -EINVAL;
	for (i = 0; i < length; i++) {
		unsigned char c = name[i];

		if (isascii(c) && (isalnum(c) || c == '_'))
			continue;
		if (i == 0 || (c != '.' && c != '-'))
			return -EINVAL;
	}
	return 0;
}

static u32 hash(const struct user_namespace *ns, const char *name)
{
	return full_name_hash(ns, name, strlen(name));
}

static struct ipcbuf_region *find_name(const struct user_namespace *ns,
				       const char *name)
{
	struct ipcbuf_region *region;

	lockdep_assert_held(&registry_lock);
	hash_for_each_possible(names, region, by_name, hash(ns, name))
		if (region->user_ns == ns && !strcmp(region->name, name))
			return region;
	return NULL;
}

static int link(struct ipcbuf_region *region)
{
	int error;

	lockdep_assert_held(&registry_lock);
	if (find_name(region->user_ns, region->name))
		return -EEXIST;
	error = xa_insert(&ids, region->id, region, GFP_KERNEL);
	if (error)
		return error;
	hash_add(names, &region->by_name, hash(region->user_ns, region->name));
	region->linked = true;
	ipcbuf_region_get(region);
	return 0;
}

int ipcbuf_registry_add(struct ipcbuf_region *region)
{
	int error;

	mutex_lock(&registry_lock);
	region->id = ++last_id;
	region->control->region_id = region->id;
	error = ipcbuf_limit_region(region);
	if (!error && region->name[0]) {
		error = link(region);
		if (error)
			ipcbuf_limit_release(region);
	}
	if (!error)
		list_add_tail(&region->all, &regions);
	mutex_unlock(&registry_lock);
	return error;
}

/* The region goes. */
void ipcbuf_registry_forget(struct ipcbuf_region *region)
{
	mutex_lock(&registry_lock);
	list_del(&region->all);
	ipcbuf_limit_release(region);
	mutex_unlock(&registry_lock);
}

static bool unlink_locked(struct ipcbuf_region *region)
{
	lockdep_assert_held(&registry_lock);
	if (!region->linked)
		return false;
	xa_erase(&ids, region->id);
	hash_del(&region->by_name);
	region->linked = false;
	return true;
}

void ipcbuf_registry_unlink(struct ipcbuf_region *region)
{
	bool unlinked;

	mutex_lock(&registry_lock);
	unlinked = unlink_locked(region);
	mutex_unlock(&registry_lock);
	if (unlinked)
		ipcbuf_region_put(region);
}

/* By either, or by both if they agree. */
static struct ipcbuf_region *find(u64 id, const char *name)
{
	struct ipcbuf_region *region;

	if (id > ULONG_MAX)
		return NULL;
	if (!name[0])
		return xa_load(&ids, id);
	region = find_name(current_user_ns(), name);
	return region && (!id || region->id == id) ? region : NULL;
}

/* With a reference, or an error. */
struct ipcbuf_region *ipcbuf_registry_find(u64 id, const char *name)
{
	struct ipcbuf_region *region;
	int error = ipcbuf_name_check(name);

	if (error)
		return ERR_PTR(error);
	mutex_lock(&registry_lock);
	region = find(id, name);
	if (region)
		ipcbuf_region_get(region);
	mutex_unlock(&registry_lock);
	return region ? region : ERR_PTR(-ENOENT);
}

/* The next that the caller may know of, with a reference; or NULL. */
struct ipcbuf_region *ipcbuf_registry_next(u64 after_id)
{
	struct ipcbuf_region *region = NULL;
	unsigned long id = after_id;

	if (after_id >= ULONG_MAX)
		return NULL;
	mutex_lock(&registry_lock);
	while ((region = xa_find_after(&ids, &id, ULONG_MAX, XA_PRESENT)))
		if (ipcbuf_access_list(region))
			break;
	if (region)
		ipcbuf_region_get(region);
	mutex_unlock(&registry_lock);
	return region;
}

long ipcbuf_ioctl_unlink(struct ipcbuf_call *call)
{
	const struct ipcbuf_ioc_unlink *arg = &call->unlink;
	struct ipcbuf_region *region;
	long error = 0;

	if (arg->flags || arg->pad)
		return -EINVAL;
	region = ipcbuf_registry_find(arg->id, arg->name);
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (ipcbuf_access_owner(region))
		ipcbuf_registry_unlink(region);
	else
		error = -EPERM;
	ipcbuf_region_put(region);
	return error;
}

void ipcbuf_registry_show(struct seq_file *seq,
			  void (*show)(struct seq_file *seq,
				       struct ipcbuf_region *region))
{
	struct ipcbuf_region *region;

	mutex_lock(&registry_lock);
	list_for_each_entry(region, &regions, all)
		show(seq, region);
	mutex_unlock(&registry_lock);
}
