// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Forked peers, see peer.h. The rest of that is in peer_procfs.c, peer_macos.c. */
#include "peer.h"
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_TRIES   100000
#define GATE_LIMIT_MS 100000

pid_t peer_start(int (*run)(void *arg), void *arg)
{
	pid_t peer;

	fflush(NULL);
	peer = fork();
	MUST(peer >= 0);
	if (!peer)
		exit(run(arg));
	return peer;
}

static int collect(pid_t peer)
{
	int status;
	pid_t got;

	do {
		got = waitpid(peer, &status, 0);
	} while (got < 0 && errno == EINTR);
	MUST_EQ(peer, got);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int peer_wait(pid_t peer)
{
	int status = collect(peer);

	if (status < 0)
		fprintf(stderr, "# peer %d: ended by signal %d (%s)\n",
			(int)peer, -status, strsignal(-status));
	else if (status)
		fprintf(stderr, "# peer %d: ended with status %d\n",
			(int)peer, status);
	return status;
}

int peer_kill(pid_t peer)
{
	MUST_EQ(0, kill(peer, SIGKILL));
	return collect(peer);
}

void gate_wait(int gate)
{
	struct pollfd wanted = { .fd = gate, .events = POLLIN };
	int ready;

	do {
		ready = poll(&wanted, 1, GATE_LIMIT_MS);
	} while (ready < 0 && errno == EINTR);
	MUST_EQ(1, ready);
	gate_take(gate);
}

bool gate_is_open(int gate)
{
	struct pollfd wanted = { .fd = gate, .events = POLLIN };

	return poll(&wanted, 1, 0) == 1;
}

/* Gives way between two looks; how long that takes doesn't matter. */
void thread_await_sleep(pid_t tid)
{
	const struct timespec pause = { 0, 100000 };
	int tries;

	for (tries = 0; tries < SLEEP_TRIES; tries++) {
		if (thread_look(tid).state == 'S')
			return;
		nanosleep(&pause, NULL);
	}
	/* It never went to sleep. */
	MUST_EQ('S', thread_look(tid).state);
}
