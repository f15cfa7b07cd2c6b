/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Waiting for a System V semaphore until a time, on a system whose semop() has
 * none: a thread of the process, the timekeeper, adds one to the semaphores of
 * those whose time has come. Each sleeper is in a list while it sleeps; under
 * the list's mutex the timekeeper marks it before it adds. It adds again every
 * AGAIN_NS for as long as the sleeper is in the list: in a region that somebody
 * spoils, two may sleep on one semaphore, or one may set it to 0 under another.
 * What it has got too many is for somebody who looks again in any case.
 *
 * The timekeeper is started by the first who sleeps and ends with the process. A
 * child of fork() has none, and starts its own.
 */
#include "os.h"

#include <pthread.h>
#include <signal.h>
#include <sys/sem.h>

#include <ipcbuf/base.h>

#include "util.h"

#define AGAIN_NS (10 * IPCB_NS_PER_MS)

struct sleeper {
	struct sleeper *next;
	struct sleeper **link;		/* what points to it */
	uint64_t deadline_ns;		/* or when it is rung for again */
	int sem_id;
	uint32_t slot;
	int is_late;
};

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;		/* one came that is due before all others */
	struct sleeper *sleepers;
	uint64_t due_ns;		/* when the timekeeper wakes by itself */
	int has_timekeeper;
	int has_handler;
} list = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
	.due_ns = UINT64_MAX,
};

static void ring(const struct sleeper *sleeper)
{
	struct sembuf up = { .sem_num = (unsigned short)sleeper->slot,
			     .sem_op = 1, .sem_flg = IPC_NOWAIT };

	semop(sleeper->sem_id, &up, 1);
}

/* Those whose time has come; gives when the next one's comes. */
static uint64_t ring_the_late(uint64_t now)
{
	uint64_t due_ns = UINT64_MAX;
	struct sleeper *sleeper;

	for (sleeper = list.sleepers; sleeper; sleeper = sleeper->next) {
		if (sleeper->deadline_ns <= now) {
			sleeper->is_late = 1;
			sleeper->deadline_ns = now + AGAIN_NS;
			ring(sleeper);
		}
		due_ns = ipcb_min(due_ns, sleeper->deadline_ns);
	}
	return due_ns;
}

static void wait_for_change(uint64_t now)
{
	uint64_t rest = list.due_ns > now ? list.due_ns - now : 0;
	struct timespec relative = {
		.tv_sec = (time_t)(rest / IPCB_NS_PER_SEC),
		.tv_nsec = (long)(rest % IPCB_NS_PER_SEC),
	};

	if (list.due_ns == UINT64_MAX)
		pthread_cond_wait(&list.changed, &list.mutex);
	else
		pthread_cond_timedwait_relative_np(&list.changed, &list.mutex,
						   &relative);
}

static void *keep_time(void *unused)
{
	pthread_mutex_lock(&list.mutex);
	for (;;) {
		list.due_ns = ring_the_late(ipcbuf_now_ns());
		wait_for_change(ipcbuf_now_ns());
	}
	return unused;
}

static void fork_prepare(void)
{
	pthread_mutex_lock(&list.mutex);
}

static void fork_parent(void)
{
	pthread_mutex_unlock(&list.mutex);
}

/* Those who slept were other threads. */
static void fork_child(void)
{
	list.sleepers = NULL;
	list.due_ns = UINT64_MAX;
	list.has_timekeeper = 0;
	pthread_cond_init(&list.changed, NULL);
	pthread_mutex_unlock(&list.mutex);
}

static int start_timekeeper(void)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	if (!list.has_handler &&
	    pthread_atfork(fork_prepare, fork_parent, fork_child))
		return -ENOMEM;
	list.has_handler = 1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, keep_time, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return -error;
	pthread_detach(thread);
	list.has_timekeeper = 1;
	return 0;
}

static int enlist(struct sleeper *sleeper)
{
	int error = 0;

	pthread_mutex_lock(&list.mutex);
	if (!list.has_timekeeper)
		error = start_timekeeper();
	if (!error) {
		sleeper->next = list.sleepers;
		sleeper->link = &list.sleepers;
		if (sleeper->next)
			sleeper->next->link = &sleeper->next;
		list.sleepers = sleeper;
		if (sleeper->deadline_ns < list.due_ns)
			pthread_cond_signal(&list.changed);
	}
	pthread_mutex_unlock(&list.mutex);
	return error;
}

static void delist(struct sleeper *sleeper)
{
	pthread_mutex_lock(&list.mutex);
	*sleeper->link = sleeper->next;
	if (sleeper->next)
		sleeper->next->link = sleeper->link;
	pthread_mutex_unlock(&list.mutex);
}

/* Without a timekeeper: look again soon, which is always allowed. */
int ipcb_os_sem_down(int sem_id, uint32_t slot, uint64_t deadline_ns)
{
	struct sembuf down = { .sem_num = (unsigned short)slot, .sem_op = -1 };
	struct sleeper sleeper = {
		.deadline_ns = deadline_ns, .sem_id = sem_id, .slot = slot,
	};
	int error;

	if (enlist(&sleeper)) {
		ipcb_sleep_ns(IPCB_NS_PER_MS);
		return ipcbuf_now_ns() >= deadline_ns ? -ETIMEDOUT : -EINTR;
	}
	error = ipcb_errno(semop(sem_id, &down, 1));
	delist(&sleeper);
	return !error && sleeper.is_late ? -ETIMEDOUT : error;
}
