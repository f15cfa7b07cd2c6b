// SPDX-License-Identifier: GPL-2.0
/* How many regions a user may have. Can be changed at any time. */
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "ipcbuf.h"

static unsigned int max_regions_per_user = 16384;
module_param(max_regions_per_user, uint, 0644);
MODULE_PARM_DESC(max_regions_per_user,
		 "regions that a user may have created; 0: no limit (16384)");

struct ipcbuf_user {
	struct hlist_node node;
	kuid_t uid;
	unsigned int regions;
};

/* The registry's lock guards the table. */
static DEFINE_HASHTABLE(users, 6);

static struct ipcbuf_user *user_of(kuid_t uid)
{
	struct ipcbuf_user *user;

	hash_for_each_possible(users, user, node, __kuid_val(uid))
		if (uid_eq(user->uid, uid))
			return user;
	user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (user) {
		user->uid = uid;
		hash_add(users, &user->node, __kuid_val(uid));
	}
	return user;
}

static void free_unused(struct ipcbuf_user *user)
{
	if (user->regions)
		return;
	hash_del(&user->node);
	kfree(user);
}

/* Under the registry's lock, as its counterpart. */
int ipcbuf_limit_region(struct ipcbuf_region *region)
{
	struct ipcbuf_user *user = user_of(region->cuid);
	unsigned int limit = READ_ONCE(max_regions_per_user);

	if (!user)
		return -ENOMEM;
	if (limit && user->regions >= limit && !capable(CAP_SYS_RESOURCE)) {
		free_unused(user);
		return -EDQUOT;
	}
	user->regions++;
	region->user = user;
	return 0;
}

void ipcbuf_limit_release(struct ipcbuf_region *region)
{
	region->user->regions--;
	free_unused(region->user);
}
