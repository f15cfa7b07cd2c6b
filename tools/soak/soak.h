/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ipcbuf-soak: processes that exchange records, and are killed and stopped
 * while they do, until the time is up. Then everything must be accounted for.
 *
 *   main.c        from the region's making to its removal
 *   supervisor.c  starts the workers, kills, stops and replaces them
 *   watchdog.c    finds those that don't get on
 *   worker.c      a worker's lives and sessions, runner.c its threads
 *   lane.c        traffic over the channels that are accounted for
 *   ledger.h      the accounts: what may be missing, and what mayn't
 *   record.c      what is in a record, so that damage shows
 *   acts.c        everything else that a program does with a region
 *   final.c       what must hold in the end
 */
#ifndef SOAK_SOAK_H
#define SOAK_SOAK_H

#include <ipcbuf/ipcbuf.h>
#include <stdbool.h>
#include <stdint.h>

#define WORKERS_MAX 64u
#define NS_PER_MS   UINT64_C(1000000)
#define NS_PER_S    UINT64_C(1000000000)

struct soak_options {
	const char *name;		/* NULL: one of our own */
	uint64_t size_bytes;
	uint64_t seed;
	unsigned int seconds;
	unsigned int processes;
	unsigned int patience;		/* seconds without progress: a hang */
	unsigned int kills;		/* a second */
	uint32_t backend;
	uint32_t wait;
	bool quiet;
};

/* How workers find the region. */
struct soak_region {
	char name[IPCBUF_NAME_MAX + 1];
	int fd;				/* -1 where it has to be the name */
	uint32_t backend;		/* which it has become */
	const char *wait_name;
};

int soak_region_open(const struct soak_region *region, uint32_t flags,
		     struct ipcbuf_region **ret_region);

#endif
