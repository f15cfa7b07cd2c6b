/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The machine on which it all ran. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "bench.h"

#define MACHINE_TEXT_MAX 128

struct machine {
	char cpu[MACHINE_TEXT_MAX];
	char kernel[MACHINE_TEXT_MAX];
	char governor[MACHINE_TEXT_MAX];	/* empty where there is none */
	char topology[MACHINE_TEXT_MAX];	/* of the two processors */
	bool virtual;
	unsigned int cpus;			/* that may be used */
	double load;				/* of the last minute */
};

void machine_describe(const struct bench_options *options,
		      struct machine *ret_machine);

/*
 * Two processors that this process may use, not two threads of one core where
 * that can be helped. Keeps those that are chosen already. -EINVAL: one of
 * these can't be used.
 */
int machine_choose_cpus(struct bench_options *options);

/* Both are threads of one core, as far as the system says. */
bool machine_same_core(int a, int b);

/* What the host took from both processors, and all time, since the system began. */
struct machine_ticks {
	uint64_t stolen;
	uint64_t all;
};

void machine_read_ticks(const int cpus[ROLES], struct machine_ticks *ret_ticks);

#endif
