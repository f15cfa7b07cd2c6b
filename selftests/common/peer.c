// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Forked peers, gates, and a look at threads; see peer.h. */
#include "peer.h"
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GATE_LIMIT_MS 100000
#define SLEEP_TRIES   100000

static pid_t parent;

static void note_parent(void)
{
	parent = getpid();
}

static void die_with_parent(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(CHECK_FAILED);
}

/* For every child: the harness's, that each run a test, and the peers. */
__attribute__((constructor)) static void bind_children(void)
{
	MUST_EQ(0, pthread_atfork(note_parent, NULL, die_with_parent));
}

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

int gate_new(void)
{
	int gate = eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC);

	MUST(gate >= 0);
	return gate;
}

void gate_post(int gate, unsigned int count)
{
	uint64_t value = count;

	MUST_EQ(sizeof(value), write(gate, &value, sizeof(value)));
}

void gate_wait(int gate)
{
	struct pollfd wanted = { .fd = gate, .events = POLLIN };
	uint64_t value;
	int ready;

	do {
		ready = poll(&wanted, 1, GATE_LIMIT_MS);
	} while (ready < 0 && errno == EINTR);
	MUST_EQ(1, ready);
	MUST_EQ(sizeof(value), read(gate, &value, sizeof(value)));
}

bool gate_is_open(int gate)
{
	struct pollfd wanted = { .fd = gate, .events = POLLIN };

	return poll(&wanted, 1, 0) == 1;
}

static void look_at_line(struct thread_look *look, const char *line)
{
	unsigned long long count;

	if (!strncmp(line, "State:", 6))
		sscanf(line + 6, " %c", &look->state);
	if (sscanf(line, "voluntary_ctxt_switches: %llu", &count) == 1)
		look->voluntary_switches = count;
}

struct thread_look thread_look(pid_t tid)
{
	struct thread_look look = { 0, 0 };
	char text[256];
	FILE *file;

	/* A thread's id works here too, though it isn't listed. */
	snprintf(text, sizeof(text), "/proc/%d/task/%d/status", (int)tid,
		 (int)tid);
	file = fopen(text, "re");
	if (!file)
		return look;
	while (fgets(text, sizeof(text), file))
		look_at_line(&look, text);
	fclose(file);
	return look;
}

pid_t thread_id(void)
{
	return (pid_t)syscall(SYS_gettid);
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

uint64_t process_cpu_ns(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	MUST_EQ(0, clock_getcpuclockid(pid, &clock));
	MUST_EQ(0, clock_gettime(clock, &used));
	return (uint64_t)used.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)used.tv_nsec;
}
