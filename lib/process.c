/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fork() and exit(). A child is no member: its copies of the handles are shut
 * and its copies of the descriptors closed, so that it can't keep its parent's
 * locks alive. A process that ends normally leaves its regions; they stay
 * mapped, since other threads may still be looking at records.
 */
#include "process.h"

#include <stdlib.h>

#include "channel.h"
#include "lockfile.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int init_error;

static void fork_prepare(void)
{
	ipcb_cache_fork_prepare();
	ipcb_registry_fork_prepare();
	ipcb_handle_fork_prepare();
	ipcb_reader_fork_prepare();
	ipcb_lock_fork_prepare();
	ipcb_rcu_fork_prepare();
}

static void fork_parent(void)
{
	ipcb_rcu_fork_parent();
	ipcb_reader_fork_parent();
	ipcb_lock_fork_parent();
	ipcb_handle_fork_done();
	ipcb_registry_fork_parent();
	ipcb_cache_fork_parent();
}

static void fork_child(void)
{
	ipcb_rcu_fork_child();
	ipcb_reader_fork_child();
	ipcb_lock_fork_child();
	ipcb_handle_fork_done();
	ipcb_registry_fork_child();
	ipcb_cache_fork_child();
}

static void at_exit(void)
{
	struct ipcbuf_region *region;

	while ((region = ipcb_registry_first()))
		if (ipcb_region_shut(region, 1))
			return;		/* another thread is closing it */
}

static void init(void)
{
	ipcb_channel_init();
	/* What ends with a thread ends in the order in which it is made here. */
	if (ipcb_rcu_init() || ipcb_reader_init() || ipcb_cache_init() ||
	    pthread_atfork(fork_prepare, fork_parent, fork_child) ||
	    atexit(at_exit))
		init_error = -ENOMEM;
}

int ipcb_process_init(void)
{
	pthread_once(&once, init);
	return init_error;
}
