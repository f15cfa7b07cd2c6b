// SPDX-License-Identifier: GPL-2.0
/* For those who look: /proc/PID/fdinfo and debugfs. */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/seq_file.h>
#include <linux/user_namespace.h>

#include "ipcbuf.h"

static struct dentry *directory;

static const char *const state_names[] = {
	[IPCBUF_OPENED] = "opened",
	[IPCBUF_MEMBER] = "member",
	[IPCBUF_LEFT] = "left",
	[IPCBUF_DEAD] = "dead",
};

static const char *state_name(const struct ipcbuf_handle *handle)
{
	return handle->writable ? state_names[handle->state] : "observer";
}

void ipcbuf_fdinfo(struct seq_file *seq, struct file *file)
{
	struct ipcbuf_handle *handle = file->private_data;
	struct ipcbuf_region *region = handle->region;
	bool member;

	seq_printf(seq, "ipcbuf-id:\t%llu\n", region->id);
	seq_printf(seq, "ipcbuf-name:\t%s\n", region->name);
	seq_printf(seq, "ipcbuf-size:\t%llu\n", region->size_bytes);
	seq_printf(seq, "ipcbuf-used:\t%llu\n", ipcbuf_memory_used(region));
	mutex_lock(&region->lock);
	member = handle->generation;
	seq_printf(seq, "ipcbuf-slot:\t%d\n", member ? (int)handle->slot : -1);
	seq_printf(seq, "ipcbuf-generation:\t%u\n", handle->generation);
	seq_printf(seq, "ipcbuf-state:\t%s\n", state_name(handle));
	mutex_unlock(&region->lock);
	seq_printf(seq, "ipcbuf-waiters:\t%d\n", atomic_read(&region->waiters));
}

static void show_region(struct seq_file *seq, struct ipcbuf_region *region)
{
	mutex_lock(&region->lock);
	seq_printf(seq, "%llu %s %s %llu %llu %u %o %u %u %u %u %d %u\n",
		   region->id, region->name[0] ? region->name : "-",
		   region->linked ? "linked" : "unlinked", region->size_bytes,
		   ipcbuf_memory_used(region), region->user_ns->ns.inum,
		   region->mode, from_kuid(&init_user_ns, region->uid),
		   from_kgid(&init_user_ns, region->gid), region->slots,
		   region->members, atomic_read(&region->waiters),
		   ipcbuf_region_deaths(region));
	mutex_unlock(&region->lock);
}

static int regions_show(struct seq_file *seq, void *unused)
{
	seq_puts(seq, "id name link size used userns mode uid gid slots members waiters deaths\n");
	ipcbuf_registry_show(seq, show_region);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(regions);

static void show_member(struct seq_file *seq,
			const struct ipcbuf_region *region,
			const struct ipcbuf_handle *handle)
{
	seq_printf(seq, "%llu %s %u %u %d %s\n", region->id,
		   region->name[0] ? region->name : "-", handle->slot,
		   handle->generation, pid_nr(handle->tgid),
		   state_names[handle->state]);
}

/* Those whose files are still about. */
static void show_handles(struct seq_file *seq, struct ipcbuf_region *region)
{
	struct ipcbuf_handle *handle;

	list_for_each_entry(handle, &region->handles, node)
		if (handle->state == IPCBUF_MEMBER)
			show_member(seq, region, handle);
}

/* The dead have no file any more; their slots tell of them. */
static void show_dead(struct seq_file *seq, struct ipcbuf_region *region)
{
	u32 slot;

	for (slot = 0; slot < region->slots; slot++) {
		u64 word = region->control->slot[slot];

		if (IPCBUF_SLOT_STATE(word) == IPCBUF_SLOT_DEAD)
			seq_printf(seq, "%llu %s %u %u 0 dead\n", region->id,
				   region->name[0] ? region->name : "-", slot,
				   IPCBUF_SLOT_GENERATION(word));
	}
}

static void show_members(struct seq_file *seq, struct ipcbuf_region *region)
{
	mutex_lock(&region->lock);
	show_handles(seq, region);
	show_dead(seq, region);
	mutex_unlock(&region->lock);
}

static int members_show(struct seq_file *seq, void *unused)
{
	seq_puts(seq, "id name slot generation pid state\n");
	ipcbuf_registry_show(seq, show_members);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(members);

/* Where there is no debugfs, there is nothing to see: no error. */
void ipcbuf_observe_init(void)
{
	directory = debugfs_create_dir("ipcbuf", NULL);
	debugfs_create_file("regions", 0400, directory, NULL, &regions_fops);
	debugfs_create_file("members", 0400, directory, NULL, &members_fops);
}

void ipcbuf_observe_exit(void)
{
	debugfs_remove_recursive(directory);
}
