// SPDX-License-Identifier: GPL-2.0
/* WAIT, WAIT_MANY and WAKE: sleeping until a word changes, see bucket.c. */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

#include "bucket.h"
#include "call.h"
#include "compat.h"
#include "trace.h"

struct wait_word {
	struct ipcbuf_sleeper sleeper;
	u32 value;
};

/*
 * A deadline of the caller's time namespace as one of ours. Absolute, so that
 * a call that is restarted after a signal ends when it would have.
 */
static ktime_t host_deadline(u64 deadline_ns)
{
	struct timespec64 offset = { };
	s64 host;

	if (deadline_ns > KTIME_MAX)
		return KTIME_MAX;
	timens_add_monotonic(&offset);
	/* Not timespec64_to_ns(), which can't do negative ones before 5.13. */
	if (check_sub_overflow((s64)deadline_ns,
			       ktime_set(offset.tv_sec, offset.tv_nsec), &host))
		return KTIME_MAX;
	return host < 0 ? 0 : host;
}

/* S4 and S5 of bucket.c */
static long block(const struct ipcbuf_sleep *sleep, ktime_t deadline)
{
	ktime_t *until = deadline == KTIME_MAX ? NULL : &deadline;
	long error = 0;

	while (!error) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(sleep->result) != IPCBUF_SLEEPING)
			break;
		if (signal_pending(current))
			error = -ERESTARTSYS;
		else if (!schedule_hrtimeout_range_clock(until,
						current->timer_slack_ns,
						HRTIMER_MODE_ABS,
						CLOCK_MONOTONIC))
			error = -ETIMEDOUT;
	}
	__set_current_state(TASK_RUNNING);
	return error;
}

/* What has woken it counts for more than what else has come meanwhile. */
static long outcome(const struct ipcbuf_sleep *sleep, long error, u32 *ret)
{
	int result = READ_ONCE(sleep->result);

	if (result == IPCBUF_BEREFT)
		return -EOWNERDEAD;
	if (result == IPCBUF_SLEEPING)
		return error;
	*ret = result;
	return 0;
}

/* @ret_index: written with 0 and -EAGAIN */
static long sleep_at(struct ipcbuf_region *region, struct wait_word *words,
		     u32 count, struct ipcbuf_sleep *sleep, u64 deadline_ns,
		     u32 *ret_index)
{
	ktime_t deadline = host_deadline(deadline_ns);
	long error = 0;
	u32 i;

	sleep->task = current;
	sleep->result = IPCBUF_SLEEPING;
	for (i = 0; i < count && !error; i++)
		error = ipcbuf_bucket_add(region, &words[i].sleeper,
					  words[i].value);
	if (error) {
		*ret_index = --i;
	} else {
		atomic_inc(&region->waiters);
		error = block(sleep, deadline);
		atomic_dec(&region->waiters);
	}
	while (i--)
		ipcbuf_bucket_remove(region, &words[i].sleeper);
	return outcome(sleep, error, ret_index);
}

static int word_init(struct wait_word *word, struct ipcbuf_region *region,
		     struct ipcbuf_sleep *sleep, u64 offset, u32 value)
{
	if (!ipcbuf_word_valid(region, offset))
		return -EINVAL;
	word->value = value;
	word->sleeper.offset = offset;
	word->sleeper.sleep = sleep;
	return 0;
}

static long may_wait(const struct ipcbuf_call *call, u32 flags)
{
	if (flags & ~IPCBUF_IOC_WAIT_DEATHS)
		return -EINVAL;
	return ipcbuf_handle_dead(call->handle) ? -EIO : 0;
}

long ipcbuf_ioctl_wait(struct ipcbuf_call *call)
{
	const struct ipcbuf_ioc_wait *arg = &call->wait;
	struct ipcbuf_region *region = call->handle->region;
	struct ipcbuf_sleep sleep = {
		.deaths = arg->flags & IPCBUF_IOC_WAIT_DEATHS,
		.deaths_known = arg->deaths,
	};
	struct wait_word word = { };
	long error = may_wait(call, arg->flags);
	u32 index;

	if (!error && arg->pad)
		error = -EINVAL;
	if (!error)
		error = word_init(&word, region, &sleep, arg->offset,
				  arg->value);
	if (error)
		return error;
	trace_ipcbuf_wait(region, arg->offset, 1);
	return sleep_at(region, &word, 1, &sleep, arg->deadline_ns, &index);
}

static int words_read(struct wait_word *words, struct ipcbuf_region *region,
		      struct ipcbuf_sleep *sleep,
		      const struct ipcbuf_ioc_word *from, u32 count)
{
	int error = 0;
	u32 i;

	for (i = 0; i < count && !error; i++) {
		words[i].sleeper.index = i;
		error = from[i].pad ? -EINVAL :
			word_init(&words[i], region, sleep, from[i].offset,
				  from[i].value);
	}
	return error;
}

static long wait_at(struct ipcbuf_region *region,
		    const struct ipcbuf_ioc_word *from,
		    struct ipcbuf_ioc_wait_many *arg)
{
	struct ipcbuf_sleep sleep = {
		.deaths = arg->flags & IPCBUF_IOC_WAIT_DEATHS,
		.deaths_known = arg->deaths,
	};
	struct wait_word *words =
		kcalloc(arg->count, sizeof(*words), GFP_KERNEL_ACCOUNT);
	long error;

	if (!words)
		return -ENOMEM;
	error = words_read(words, region, &sleep, from, arg->count);
	if (!error) {
		trace_ipcbuf_wait(region, words[0].sleeper.offset, arg->count);
		error = sleep_at(region, words, arg->count, &sleep,
				 arg->deadline_ns, &arg->index);
	}
	kfree(words);
	return error;
}

long ipcbuf_ioctl_wait_many(struct ipcbuf_call *call)
{
	struct ipcbuf_ioc_wait_many *arg = &call->wait_many;
	struct ipcbuf_ioc_word *from;
	long error = may_wait(call, arg->flags);

	if (error)
		return error;
	if (arg->count < 1 || arg->count > IPCBUF_IOC_MAX_WORDS)
		return -EINVAL;
	from = memdup_user(u64_to_user_ptr(arg->words),
			   arg->count * sizeof(*from));
	if (IS_ERR(from))
		return PTR_ERR(from);
	error = wait_at(call->handle->region, from, arg);
	kfree(from);
	return error;
}

long ipcbuf_ioctl_wake(struct ipcbuf_call *call)
{
	const struct ipcbuf_ioc_wake *arg = &call->wake;
	struct ipcbuf_region *region = call->handle->region;
	u32 woken;

	if (arg->pad || !ipcbuf_word_valid(region, arg->offset))
		return -EINVAL;
	if (!call->handle->writable)
		return -EACCES;
	if (ipcbuf_handle_dead(call->handle))
		return -EIO;
	woken = ipcbuf_bucket_wake(region, arg->offset,
				   min_t(u32, arg->count, INT_MAX));
	trace_ipcbuf_wake(region, arg->offset, arg->count, woken);
	return woken;
}
