// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Looks for the state in /proc/TID/task/TID/stat. See sleeper.h. */
#define _GNU_SOURCE
#include "sleeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int sleeper_open(struct sleeper *sleeper, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/stat", (long)tid,
		 (long)tid);
	sleeper->fd = open(path, O_RDONLY | O_CLOEXEC);
	return sleeper->fd < 0 ? -ENOPKG : 0;
}

void sleeper_close(struct sleeper *sleeper)
{
	close(sleeper->fd);
}

/* The name is in parentheses and may hold anything: the last one ends it. */
static char state_of(const struct sleeper *sleeper)
{
	char text[512];
	ssize_t got = pread(sleeper->fd, text, sizeof(text) - 1, 0);
	const char *end;

	if (got <= 0)
		return 'X';
	text[got] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' ? end[2] : 'X';
}

int sleeper_await(const struct sleeper *sleeper)
{
	char state;

	for (;;) {
		state = state_of(sleeper);
		if (state == 'S')
			return 0;
		if (state == 'X' || state == 'Z')
			return -EPIPE;
		sched_yield();
	}
}
