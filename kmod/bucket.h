/* SPDX-License-Identifier: GPL-2.0 */
/* Sleepers at words. The protocol is told in bucket.c. */
#ifndef IPCBUF_BUCKET_H
#define IPCBUF_BUCKET_H

#include "ipcbuf.h"

#define IPCBUF_SLEEPING	(-1)
#define IPCBUF_BEREFT	(-2)	/* a death has woken it */

/* A call that sleeps, at one word or many. */
struct ipcbuf_sleep {
	struct task_struct *task;
	int result;		/* SLEEPING, BEREFT, or index of its word */
	bool deaths;		/* wants to know of them ... */
	u32 deaths_known;	/* ... but of these */
};

/* Who sleeps at, or polls, a word. On its bucket's list while it does. */
struct ipcbuf_sleeper {
	struct list_head node;		/* bucket->lock */
	u64 offset;
	struct ipcbuf_sleep *sleep;	/* NULL: a doorbell's */
	wait_queue_head_t *doorbell;
	int index;			/* which one of the sleep's words */
};

static inline bool ipcbuf_word_valid(const struct ipcbuf_region *region,
				     u64 offset)
{
	return !(offset & 3) && ipcbuf_inside(region, offset, sizeof(u32));
}

/* The page of a word, with a reference, or an error. May sleep. */
struct page *ipcbuf_word_page(struct ipcbuf_region *region, u64 offset);
u32 ipcbuf_word_read(struct page *page, u64 offset);

/*
 * 0: on the list. -EAGAIN, -EOWNERDEAD: not, since there is no need to wait.
 * Other errors are those of finding the word's page. May sleep.
 */
int ipcbuf_bucket_add(struct ipcbuf_region *region,
		      struct ipcbuf_sleeper *sleeper, u32 value);
void ipcbuf_bucket_add_doorbell(struct ipcbuf_region *region,
				struct ipcbuf_sleeper *sleeper);
void ipcbuf_bucket_remove(struct ipcbuf_region *region,
			  struct ipcbuf_sleeper *sleeper);

/* How many have been woken. */
u32 ipcbuf_bucket_wake(struct ipcbuf_region *region, u64 offset, u32 count);

#endif
