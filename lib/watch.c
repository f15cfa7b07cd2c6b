/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Callbacks for deaths: a thread that waits for one after the other.
 *
 * It sleeps as everybody does who waits for the directory to change, so it is
 * ended by a change: the closer says that it is over, then announces one. It
 * also ends by itself when its region is closed.
 */
#include <ipcbuf/death.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cancel.h"
#include "death.h"
#include "directory.h"
#include "member.h"

struct ipcbuf_watch {
	struct ipcbuf_region *region;
	uint64_t serial;		/* of the region's handle */
	void (*callback)(const struct ipcbuf_death *death, void *arg);
	void *arg;
	pthread_t thread;
	pid_t pid;			/* whose thread it is */
	unsigned int over;		/* atomic; the closer's */
	struct ipcbuf_death death;	/* the thread's: the last one told */
};

/* Whose callback this thread is in. */
static _Thread_local struct ipcbuf_watch *calling;

static int has_news(struct ipcbuf_region *region, void *arg)
{
	struct ipcbuf_watch *watch = arg;

	/* Acquire: pairs with the release in end(). */
	if (ipcb_load_acquire(&watch->over) ||
	    ipcb_load_relaxed(&region->handle.serial) != watch->serial)
		return -ECANCELED;
	if (!region->rdonly)
		ipcb_recover_dead(region);
	return ipcb_death_find(region, watch->death.number, &watch->death);
}

static void *run(void *arg)
{
	struct ipcbuf_watch *watch = arg;

	calling = watch;
	while (!ipcb_directory_wait(watch->region, has_news, watch,
				    IPCBUF_FOREVER))
		watch->callback(&watch->death, watch->arg);
	return NULL;
}

/* The program's signals are for the program's threads. */
static int start(struct ipcbuf_watch *watch)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&watch->thread, NULL, run, watch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

IPCB_PUBLIC int
ipcbuf_watch_open(struct ipcbuf_region *region,
		  void (*callback)(const struct ipcbuf_death *death, void *arg),
		  void *arg, struct ipcbuf_watch **ret_watch)
{
	struct ipcbuf_watch *watch;
	int error;

	if (!callback || !ret_watch)
		return -EINVAL;
	error = ipcb_enter(region);
	if (error)
		return error;
	watch = calloc(1, sizeof(*watch));
	if (watch) {
		watch->region = region;
		watch->serial = ipcb_load_relaxed(&region->handle.serial);
		watch->death.number = ipcb_deaths(region);
		watch->callback = callback;
		watch->arg = arg;
		watch->pid = getpid();
	}
	ipcb_leave();
	if (!watch)
		return -ENOMEM;
	*ret_watch = watch;	/* before the first call, which may use it */
	error = start(watch);
	if (error) {
		*ret_watch = NULL;
		free(watch);
	}
	return error;
}

/* Only the region that was watched has the thread among its sleepers. */
static void end(struct ipcbuf_watch *watch)
{
	int cancel;

	ipcb_store_release(&watch->over, 1);
	if (!ipcb_enter(watch->region)) {
		if (!watch->region->rdonly)
			ipcb_directory_announce(watch->region);
		ipcb_leave();
	}
	cancel = ipcb_cancel_off();
	pthread_join(watch->thread, NULL);
	ipcb_cancel_restore(cancel);
}

IPCB_PUBLIC int ipcbuf_watch_close(struct ipcbuf_watch *watch)
{
	if (!watch)
		return 0;
	if (watch->pid == getpid()) {
		if (calling == watch)
			return -EDEADLK;
		end(watch);
	}
	free(watch);
	return 0;
}
