/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the module holds, to be compared before and after, and a neighbour: a
 * region with a member, a lock and a sleeper that have nothing to do with what
 * a test does to the module, and must not notice any of it.
 */
#ifndef SELFTESTS_MODULE_H
#define SELFTESTS_MODULE_H

#include "kmod.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A number that can't be had here is -1, and stays it. */
struct module_look {
	long references;	/* of the module */
	long regions;		/* lines of debugfs */
	long members;
};

struct module_look module_look(void);

/*
 * Return when the module holds what it held before: what a dead process had may
 * go a moment after it. A limit turns a leak into a failure.
 */
void module_await(const struct module_look *before);

/* Regions with names that this program made. */
unsigned int module_count_own(int device);

#define NEIGHBOUR_BYTES (64 * 4096u)
#define NEIGHBOUR_SLOTS 8u

struct neighbour {
	int device;
	int region;
	char name[IPCBUF_IOC_NAME_BYTES];
	const struct ipcbuf_control *control;
	void *data;
	pid_t member;
	pid_t sleeper;
	struct ipcbuf_ioc_region stat;
};

void neighbour_begin(struct neighbour *neighbour, int device);

/* Nothing of it has changed, and it still can all that it could. */
void neighbour_check(struct neighbour *neighbour);
void neighbour_end(struct neighbour *neighbour);

/* Create, map, join, lock, wait, wake, leave: all of it works. */
void module_round_trip(int device);

#endif
