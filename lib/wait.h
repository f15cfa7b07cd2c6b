/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Sleeping and waking, without a lost wakeup.
 *
 * A wait object has one waiter at a time. The protocol (Dekker's):
 *
 *   waiter                          waker
 *   W1 waiting = 1                  K1 publish (slot, tail, state ...)
 *   W2 heavy fence                  K2 light fence
 *   W3 look again; nothing there:   K3 waiting == 1 ?
 *   W4 sleep while waiting == 1     K4 exchange waiting for 0; it was 1: wake
 *   W5 exchange waiting for 0
 *
 * Either W3 sees K1 or K3 sees W1, because a fence stands between the two
 * accesses of each side. Sleeping is a futex that compares, or a semaphore
 * that counts, so a wake between W3 and W4 isn't lost either. A waker that
 * dies between K1 and K4 leaves its waiter asleep: that is why no sleep is
 * longer than a tick, after which the waiter looks for the dead. A waiter that
 * dies leaves waiting at 1: the next wake is for nobody, and harmless.
 *
 * A kind may hear of deaths: any member's death ends its sleeps. Who sleeps
 * until its peer does something, or dies, must not miss the news:
 *
 *   sleeper                         kernel, when a member dies
 *   L1 d = deaths                   D1 the member's slot says DEAD
 *   L2 look whether the peer lives  D2 its locks are dropped
 *   L3 sleep while deaths == d      D3 deaths + 1, ends the sleeps
 *
 * A death whose D3 comes after L1 ends L3, whether the sleeper is in it yet or
 * not. One whose D3 came before L1 is seen by L2, and can be recovered, since
 * D1 and D2 come before D3 and L1 before L2. That holds however long ago L1 and
 * L2 were, so it is enough to do both after each sleep that brought nothing.
 *
 * The light fence is free where membarrier(2) does its work: the waiter's
 * heavy fence then is a barrier on every core that runs a member. A process
 * that can't use it has full fences, and short ticks while it sleeps.
 *
 * How to sleep is one file a kind behind a table; semaphores come from a pool
 * of the region, one for each thread that sleeps at this moment.
 */
#ifndef IPCB_WAIT_H
#define IPCB_WAIT_H

#include "atomic.h"
#include "memory.h"

struct ipcb_wait_ops;

/* A handle's view; constant once the region is open. */
struct ipcb_wait_region {
	const struct ipcb_wait_ops *ops;
	uint32_t *sem_claims;	/* in the region: 0, or the sleeper's member id */
	uint32_t max_sems;
	uint32_t member;
	int32_t sem_id;		/* sysv-sem */
	int asymmetric;		/* the light fence is free */
	uint64_t tick_ns;	/* no sleep is longer */
	const struct ipcb_memory *memory;	/* kmod */
	void *sems;		/* posix-sem */
	size_t sems_bytes;
};

struct ipcb_wait_ops {
	const char *name;
	uint32_t id;		/* enum ipcbuf_wait */
	int uses_pool;
	unsigned int patience;	/* how many ticks a sleep may last */
	/* 0, or -EOPNOTSUPP: this system hasn't got it. */
	int (*available)(void);
	/*
	 * Makes and opens the region's semaphores. @fd and @offset: a file
	 * that every member has and a page-aligned place in it that nobody
	 * else uses. What outlives the process is in *record first.
	 */
	int (*create)(struct ipcb_wait_region *wait, int name_fd, int fd,
		      uint64_t offset, struct ipcb_name_record *record);
	int (*open)(struct ipcb_wait_region *wait, int fd, uint64_t offset);
	void (*close)(struct ipcb_wait_region *wait);
	int (*remove)(const struct ipcb_name_record *record);
	void (*reset)(struct ipcb_wait_region *wait, uint32_t slot);
	/*
	 * 0 (woken, or for no reason), -ETIMEDOUT. @deaths: what deaths() said
	 * before the caller last looked for the dead.
	 */
	int (*sleep)(struct ipcb_wait_region *wait,
		     struct ipcb_wait_object *object, uint32_t slot,
		     uint64_t deadline_ns, uint32_t deaths);
	void (*wake)(struct ipcb_wait_region *wait,
		     struct ipcb_wait_object *object, uint32_t slot);
	/* L1: how many members have died; 0 where it doesn't hear of it. */
	uint32_t (*deaths)(const struct ipcb_wait_region *wait);
	/*
	 * A descriptor for poll(): POLLIN once the object's waiting isn't 1,
	 * POLLPRI once a member has died after those that were seen().
	 * -EOPNOTSUPP.
	 */
	int (*doorbell)(const struct ipcb_wait_region *wait,
			const struct ipcb_wait_object *object, int *ret_fd);
	void (*seen)(const struct ipcb_wait_region *wait, uint32_t deaths);
};

extern const struct ipcb_wait_ops ipcb_wait_futex;
extern const struct ipcb_wait_ops ipcb_wait_posix_sem;
extern const struct ipcb_wait_ops ipcb_wait_sysv_sem;
extern const struct ipcb_wait_ops ipcb_wait_kmod;
extern const struct ipcb_wait_ops ipcb_wait_os_sync;

/* backends_*.c: all there are, NULL last. */
extern const struct ipcb_wait_ops *const ipcb_wait_kinds[];

/*
 * DEFAULT becomes what $IPCBUF_WAIT says, if anything. -EINVAL: no such kind.
 * -EOPNOTSUPP: known, but not here.
 */
int ipcb_wait_ask_environment(uint32_t *id);
/* NULL: there is none, or not on this system. */
const struct ipcb_wait_ops *ipcb_wait_by_id(uint32_t id);
/* The best of @waits, a set of 1 << id; NULL. */
const struct ipcb_wait_ops *ipcb_wait_default(uint32_t waits);

/* How much room ipcb_wait_ops.create() wants at its offset. */
uint64_t ipcb_wait_file_bytes(uint32_t max_sems);

/*
 * Does this kernel do membarrier() for us? Registers the process. An answer,
 * not an error: 1 or 0.
 */
int ipcb_membarrier_register(void);
void ipcb_membarrier(void);
/* The same for the threads of this process alone. */
int ipcb_membarrier_register_process(void);
void ipcb_membarrier_process(void);

/* The longest sleep; tests make it endless to see that no wakeup is lost. */
extern uint64_t ipcb_wait_tick_ns;

/* For kinds that there are in any case, ... */
int ipcb_wait_always(void);
/* ... that have nothing but the object's word, ... */
int ipcb_wait_create_nothing(struct ipcb_wait_region *wait, int name_fd, int fd,
			     uint64_t offset, struct ipcb_name_record *record);
int ipcb_wait_open_nothing(struct ipcb_wait_region *wait, int fd,
			   uint64_t offset);
void ipcb_wait_close_nothing(struct ipcb_wait_region *wait);
int ipcb_wait_remove_nothing(const struct ipcb_name_record *record);
void ipcb_wait_reset_nothing(struct ipcb_wait_region *wait, uint32_t slot);
/* ... that don't hear of deaths, ... */
uint32_t ipcb_wait_no_deaths(const struct ipcb_wait_region *wait);
/* ... or have no descriptors. */
int ipcb_wait_no_doorbell(const struct ipcb_wait_region *wait,
			  const struct ipcb_wait_object *object, int *ret_fd);
void ipcb_wait_not_seen(const struct ipcb_wait_region *wait, uint32_t deaths);

static inline uint32_t ipcb_wait_deaths(const struct ipcb_wait_region *wait)
{
	return wait->ops->deaths(wait);
}

/* Is the light fence as IPCB_ALWAYS_FENCES says? */
static inline int ipcb_wait_is_light(const struct ipcb_wait_region *wait)
{
	return wait->asymmetric || IPCB_ALWAYS_FENCES;
}

static inline void ipcb_fence_light(const struct ipcb_wait_region *wait)
{
	if (ipcb_likely(wait->asymmetric))
		ipcb_fence_compiler();
	else
		ipcb_fence_full();
}

/* W1 and W2. Whoever begins must end. */
void ipcb_wait_begin(struct ipcb_wait_region *wait,
		     struct ipcb_wait_object *object);
/*
 * W4, a tick at most. 0 (look again, also for the dead), or -ETIMEDOUT once
 * @deadline_ns is past. @deaths: see L1.
 */
int ipcb_wait_sleep(struct ipcb_wait_region *wait,
		    struct ipcb_wait_object *object, uint64_t deadline_ns,
		    uint32_t deaths);
/* W5 */
void ipcb_wait_end(struct ipcb_wait_region *wait,
		   struct ipcb_wait_object *object);

/* K4 */
void ipcb_wait_wake_slow(struct ipcb_wait_region *wait,
			 struct ipcb_wait_object *object);

/* K2 and K3, after K1; where it is, K4 has to follow. */
static inline int ipcb_wait_is_awaited(const struct ipcb_wait_region *wait,
				       const struct ipcb_wait_object *object)
{
	ipcb_fence_light(wait);
	return ipcb_load_relaxed(&object->waiting) != 0;
}

/* The same for short ways: where ipcb_wait_is_light(). */
static ipcb_always_inline int
ipcb_wait_is_awaited_short(const struct ipcb_wait_object *object)
{
	if (IPCB_ALWAYS_FENCES)
		ipcb_fence_full();
	else
		ipcb_fence_compiler();
	return ipcb_load_relaxed(&object->waiting) != 0;
}

/* K2 to K4 */
static inline void ipcb_wait_wake(struct ipcb_wait_region *wait,
				  struct ipcb_wait_object *object)
{
	if (ipcb_unlikely(ipcb_wait_is_awaited(wait, object)))
		ipcb_wait_wake_slow(wait, object);
}

#endif
