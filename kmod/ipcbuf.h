/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module's files share: its objects, who owns whom, which lock guards
 * what.
 *
 *   region    memory (a shmem file), control page(s), slots, wait buckets.
 *             Kept by its name (one reference) and by each handle.
 *   handle    what a region's descriptor stands for; "member" while it is
 *             joined. Kept by its file and by its doorbells.
 *   doorbell  what a doorbell's descriptor stands for. Keeps its handle.
 *
 * A file of a region is on an inode that all files of that region share (see
 * pseudo.c), so that open file description locks, which the kernel knows how
 * to do, are the region's locks.
 *
 * A member ends once, whichever comes first (see member.c):
 *
 *   the last mapping of its control page ends, in the mm that mapped it
 *   its process exits and flushes its files
 *   its file is released
 *   LEAVE, which alone is no death
 *
 * Locks, outermost first:
 *
 *   registry lock (mutex)     names, ids, users, the list of all regions
 *   region->lock (mutex)      handles, their states, slots, control page
 *   bucket->lock (spinlock)   sleepers and doorbells at words
 *
 * region->lock is taken while mmap_lock is held (a mapping ends), so nothing
 * under it may touch user memory or take mmap_lock.
 */
#ifndef IPCBUF_KMOD_H
#define IPCBUF_KMOD_H

#include <linux/atomic.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/wait.h>

#include <linux/ipcbuf.h>

#define IPCBUF_BUCKETS 32

struct seq_file;
struct ipcbuf_call;
struct ipcbuf_user;

struct ipcbuf_bucket {
	spinlock_t lock;
	atomic_t count;			/* sleepers on it, or about to be */
	struct list_head sleepers;	/* lock */
};

struct ipcbuf_region {
	/* Constant. */
	u64 id;
	u64 size_bytes;
	struct user_namespace *user_ns;
	kuid_t uid, cuid;
	kgid_t gid, cgid;
	umode_t mode;
	u32 slots;
	struct file *memory;
	struct inode *inode;		/* of all files of the region */
	struct ipcbuf_user *user;	/* whose number of regions it counts in */
	struct ipcbuf_control *control;	/* mapped by users, read-only there */
	size_t control_bytes;
	char name[IPCBUF_IOC_NAME_BYTES];

	struct kref ref;
	atomic_t waiters;		/* calls asleep, for those who look */

	/* Registry lock. */
	struct hlist_node by_name;
	struct list_head all;
	bool linked;

	struct mutex lock;
	struct list_head handles;	/* lock */
	u32 members;			/* lock */

	struct ipcbuf_bucket buckets[IPCBUF_BUCKETS];
};

enum ipcbuf_state {
	IPCBUF_OPENED,
	IPCBUF_MEMBER,
	IPCBUF_LEFT,
	IPCBUF_DEAD,
};

struct ipcbuf_handle {
	struct ipcbuf_region *region;	/* constant */
	bool writable;			/* constant */
	struct kref ref;
	wait_queue_head_t news;		/* pollers: deaths, our own end */
	u32 seen;			/* deaths that POLLPRI no longer tells */

	/* region->lock; state is also read without. */
	struct list_head node;
	enum ipcbuf_state state, former_state;	/* before it joined */
	u64 former_word;			/* of its slot, likewise */
	u32 slot, generation;
	struct mm_struct *mm;		/* has the control page mapped */
	u32 control_maps;		/* so many times */
	struct pid *tgid;		/* the member's process */
};

/* registry.c */
int ipcbuf_name_check(const char *name);
int ipcbuf_registry_add(struct ipcbuf_region *region);
void ipcbuf_registry_forget(struct ipcbuf_region *region);
void ipcbuf_registry_unlink(struct ipcbuf_region *region);
struct ipcbuf_region *ipcbuf_registry_find(u64 id, const char *name);
struct ipcbuf_region *ipcbuf_registry_next(u64 after_id);
void ipcbuf_registry_show(struct seq_file *seq,
			  void (*show)(struct seq_file *seq,
				       struct ipcbuf_region *region));
long ipcbuf_ioctl_unlink(struct ipcbuf_call *call);

/* region.c */
long ipcbuf_ioctl_create(struct ipcbuf_call *call);
void ipcbuf_undo_create(struct ipcbuf_call *call);
long ipcbuf_ioctl_open(struct ipcbuf_call *call);
long ipcbuf_ioctl_list(struct ipcbuf_call *call);
long ipcbuf_ioctl_stat(struct ipcbuf_call *call);
void ipcbuf_region_put(struct ipcbuf_region *region);

static inline void ipcbuf_region_get(struct ipcbuf_region *region)
{
	kref_get(&region->ref);
}

/*
 * One count for processes and for us: a waiter that is told of a death by what we read
 * finds it in the control page, and one that waits with what it read there sleeps.
 */
static inline u32 ipcbuf_region_deaths(const struct ipcbuf_region *region)
{
	return smp_load_acquire(&region->control->deaths);
}

/* Is [offset, offset + bytes) inside? Whatever the two are. */
static inline bool ipcbuf_inside(const struct ipcbuf_region *region,
				 u64 offset, u64 bytes)
{
	return offset <= region->size_bytes &&
	       bytes <= region->size_bytes - offset;
}

/* access.c */
int ipcbuf_access_new(struct ipcbuf_region *region,
		      const struct ipcbuf_ioc_create *create);
int ipcbuf_access_open(const struct ipcbuf_region *region, bool write);
bool ipcbuf_access_owner(const struct ipcbuf_region *region);
bool ipcbuf_access_list(const struct ipcbuf_region *region);

/* limit.c */
int ipcbuf_limit_region(struct ipcbuf_region *region);
void ipcbuf_limit_release(struct ipcbuf_region *region);

/* pseudo.c */
int ipcbuf_pseudo_inode(struct ipcbuf_region *region);
void ipcbuf_pseudo_release(struct ipcbuf_region *region);
struct file *ipcbuf_pseudo_file(struct ipcbuf_region *region, void *private,
				bool writable,
				const struct file_operations *fops);

/* handle.c */
extern const struct file_operations ipcbuf_handle_fops;
struct file *ipcbuf_handle_new(struct ipcbuf_region *region, bool writable);
void ipcbuf_handle_put(struct ipcbuf_handle *handle);
__poll_t ipcbuf_handle_events(const struct ipcbuf_handle *handle);
long ipcbuf_ioctl_attach(struct ipcbuf_call *call);
long ipcbuf_ioctl_seen(struct ipcbuf_call *call);

/* member.c */
void ipcbuf_member_end(struct ipcbuf_handle *handle, struct file *file);
long ipcbuf_ioctl_join(struct ipcbuf_call *call);
void ipcbuf_undo_join(struct ipcbuf_call *call);
long ipcbuf_ioctl_leave(struct ipcbuf_call *call);
long ipcbuf_ioctl_reap(struct ipcbuf_call *call);

static inline bool ipcbuf_handle_dead(const struct ipcbuf_handle *handle)
{
	return READ_ONCE(handle->state) == IPCBUF_DEAD;
}

/* map.c */
int ipcbuf_mmap(struct file *file, struct vm_area_struct *vma);
unsigned long ipcbuf_unmapped_area(struct file *file, unsigned long address,
				   unsigned long bytes, unsigned long pgoff,
				   unsigned long flags);

/* memory.c */
int ipcbuf_memory_init(void);
void ipcbuf_memory_exit(void);
int ipcbuf_memory_make(struct ipcbuf_region *region);
u64 ipcbuf_memory_used(const struct ipcbuf_region *region);
long ipcbuf_ioctl_commit(struct ipcbuf_call *call);

/* bucket.c */
void ipcbuf_buckets_init(struct ipcbuf_region *region);
void ipcbuf_buckets_death(struct ipcbuf_region *region);

/* wait.c */
long ipcbuf_ioctl_wait(struct ipcbuf_call *call);
long ipcbuf_ioctl_wait_many(struct ipcbuf_call *call);
long ipcbuf_ioctl_wake(struct ipcbuf_call *call);

/* doorbell.c */
long ipcbuf_ioctl_doorbell(struct ipcbuf_call *call);

/* observe.c */
void ipcbuf_observe_init(void);
void ipcbuf_observe_exit(void);
void ipcbuf_fdinfo(struct seq_file *seq, struct file *file);

#endif
