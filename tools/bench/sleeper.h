/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Is the other thread asleep? What /proc says about it. */
#ifndef BENCH_SLEEPER_H
#define BENCH_SLEEPER_H

#include <sys/types.h>

struct sleeper {
	int fd;
};

/* -ENOPKG where there is no /proc. */
int sleeper_open(struct sleeper *sleeper, pid_t tid);
void sleeper_close(struct sleeper *sleeper);

/* Returns once the thread sleeps; -EPIPE where it has ended. */
int sleeper_await(const struct sleeper *sleeper);

#endif
