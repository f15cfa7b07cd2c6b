// SPDX-License-Identifier: GPL-2.0
/*
 * Sleepers by word: who waits where, and who is woken.
 *
 * No wakeup is lost:
 *
 *   sleeper                               waker
 *   S1 bucket's count + 1                 W1 store the word   (user space)
 *   S2 full barrier                       W2 full barrier
 *   S3 lock; read the word;               W3 count is 0: nobody there
 *      as expected: onto the list; unlock W4 lock; claim and wake those there
 *   S4 state = TASK_INTERRUPTIBLE
 *   S5 unless claimed: schedule
 *
 * Either W3 sees S1, or S3 sees W1: each side has a full barrier between its
 * store and its load. Where W3 sees the count but W4 doesn't find the sleeper,
 * the lock orders W1 before S3. A claim between S3 and S5 is seen by S5, or its
 * wake comes after S4 and S5 returns. A death is a waker whose word is
 * ipcbuf_region_deaths().
 *
 * S3 reads a page that was found before. Should it have been given back since
 * (DECOMMIT), swapped or moved, then the word is elsewhere, and W1 may have
 * stored it there. So S3 looks after the read whether the page still belongs
 * to the memory: a page is taken from it before another one takes its place.
 *
 * To claim is to change sleep->result from SLEEPING, once: a sleeper at many
 * words is counted by one waker. The sleeper takes the locks again to leave
 * the lists, so a waker that has found it may touch it until it unlocks.
 *
 * The idea of a count that saves the waker the lock is the futex code's
 * (kernel/futex in the kernel); as there, one word's sleepers are woken in the
 * order of their coming.
 */
#include <linux/hash.h>
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>

#include "bucket.h"
#include "compat.h"

void ipcbuf_buckets_init(struct ipcbuf_region *region)
{
	u32 i;

	for (i = 0; i < IPCBUF_BUCKETS; i++) {
		spin_lock_init(&region->buckets[i].lock);
		atomic_set(&region->buckets[i].count, 0);
		INIT_LIST_HEAD(&region->buckets[i].sleepers);
	}
}

static struct ipcbuf_bucket *bucket_of(struct ipcbuf_region *region,
				       u64 offset)
{
	return &region->buckets[hash_64(offset, ilog2(IPCBUF_BUCKETS))];
}

struct page *ipcbuf_word_page(struct ipcbuf_region *region, u64 offset)
{
	struct address_space *mapping = region->memory->f_mapping;
	pgoff_t index = offset >> PAGE_SHIFT;
	struct page *page = ipcbuf_find_page(mapping, index);

	return page ? page : shmem_read_mapping_page(mapping, index);
}

u32 ipcbuf_word_read(struct page *page, u64 offset)
{
	/* Where a page lies never changes, but shares a word with its flags. */
	void *address = data_race(kmap_local_page(page));
	u32 value = READ_ONCE(*(u32 *)(address + offset_in_page(offset)));

	kunmap_local(address);
	return value;
}

/* Is told of deaths, and there were more than it knows of? */
static bool is_bereft(const struct ipcbuf_region *region,
		      const struct ipcbuf_sleep *sleep)
{
	return sleep->deaths &&
	       ipcbuf_region_deaths(region) != sleep->deaths_known;
}

static int check(struct ipcbuf_region *region,
		 const struct ipcbuf_sleeper *sleeper, struct page *page,
		 u32 value)
{
	const struct ipcbuf_sleep *sleep = sleeper->sleep;
	u32 now = ipcbuf_word_read(page, sleeper->offset);

	smp_rmb();
	if (!ipcbuf_page_belongs(page, region->memory->f_mapping))
		return -ESTALE;
	if (now != value)
		return -EAGAIN;
	if (is_bereft(region, sleep))
		return -EOWNERDEAD;
	return 0;
}

static void enlist(struct ipcbuf_bucket *bucket,
		   struct ipcbuf_sleeper *sleeper)
{
	list_add_tail(&sleeper->node, &bucket->sleepers);
}

/* S1 to S3 */
static int add(struct ipcbuf_region *region, struct ipcbuf_sleeper *sleeper,
	       struct page *page, u32 value)
{
	struct ipcbuf_bucket *bucket = bucket_of(region, sleeper->offset);
	int error;

	atomic_inc(&bucket->count);
	smp_mb__after_atomic();
	spin_lock(&bucket->lock);
	error = check(region, sleeper, page, value);
	if (!error)
		enlist(bucket, sleeper);
	spin_unlock(&bucket->lock);
	if (error)
		atomic_dec(&bucket->count);
	return error;
}

int ipcbuf_bucket_add(struct ipcbuf_region *region,
		      struct ipcbuf_sleeper *sleeper, u32 value)
{
	struct page *page;
	int error;

	do {
		page = ipcbuf_word_page(region, sleeper->offset);
		if (IS_ERR(page))
			return PTR_ERR(page);
		error = add(region, sleeper, page, value);
		put_page(page);
		cond_resched();
	} while (error == -ESTALE && !fatal_signal_pending(current));
	return error == -ESTALE ? -EINTR : error;
}

/* A doorbell stays while it exists; whoever polls it reads the word. */
void ipcbuf_bucket_add_doorbell(struct ipcbuf_region *region,
				struct ipcbuf_sleeper *sleeper)
{
	struct ipcbuf_bucket *bucket = bucket_of(region, sleeper->offset);

	atomic_inc(&bucket->count);
	spin_lock(&bucket->lock);
	enlist(bucket, sleeper);
	spin_unlock(&bucket->lock);
}

void ipcbuf_bucket_remove(struct ipcbuf_region *region,
			  struct ipcbuf_sleeper *sleeper)
{
	struct ipcbuf_bucket *bucket = bucket_of(region, sleeper->offset);

	spin_lock(&bucket->lock);
	list_del(&sleeper->node);
	spin_unlock(&bucket->lock);
	atomic_dec(&bucket->count);
}

static bool claim(struct ipcbuf_sleep *sleep, int result)
{
	if (cmpxchg(&sleep->result, IPCBUF_SLEEPING, result) !=
	    IPCBUF_SLEEPING)
		return false;
	wake_up_process(sleep->task);
	return true;
}

static u32 wake_in(struct ipcbuf_bucket *bucket, u64 offset, u32 count)
{
	struct ipcbuf_sleeper *sleeper;
	u32 woken = 0;

	lockdep_assert_held(&bucket->lock);
	list_for_each_entry(sleeper, &bucket->sleepers, node) {
		if (sleeper->offset != offset)
			continue;
		if (!sleeper->sleep)
			wake_up_interruptible_poll(sleeper->doorbell, EPOLLIN);
		else if (woken < count)
			woken += claim(sleeper->sleep, sleeper->index);
	}
	return woken;
}

/* W2 to W4 */
u32 ipcbuf_bucket_wake(struct ipcbuf_region *region, u64 offset, u32 count)
{
	struct ipcbuf_bucket *bucket = bucket_of(region, offset);
	u32 woken;

	smp_mb();
	if (!atomic_read(&bucket->count))
		return 0;
	spin_lock(&bucket->lock);
	woken = wake_in(bucket, offset, count);
	spin_unlock(&bucket->lock);
	return woken;
}

static void bereave(struct ipcbuf_region *region, struct ipcbuf_bucket *bucket)
{
	struct ipcbuf_sleeper *sleeper;

	spin_lock(&bucket->lock);
	list_for_each_entry(sleeper, &bucket->sleepers, node) {
		struct ipcbuf_sleep *sleep = sleeper->sleep;

		if (sleep && is_bereft(region, sleep))
			claim(sleep, IPCBUF_BEREFT);
	}
	spin_unlock(&bucket->lock);
}

void ipcbuf_buckets_death(struct ipcbuf_region *region)
{
	u32 i;

	lockdep_assert_held(&region->lock);
	smp_mb();
	for (i = 0; i < IPCBUF_BUCKETS; i++)
		if (atomic_read(&region->buckets[i].count))
			bereave(region, &region->buckets[i]);
}
