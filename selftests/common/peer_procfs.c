// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Children's ends, gates, and a look at threads, by means of Linux; see peer.h. */
#include "peer.h"
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

void gate_take(int gate)
{
	uint64_t value;

	MUST_EQ(sizeof(value), read(gate, &value, sizeof(value)));
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

uint64_t process_cpu_ns(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	MUST_EQ(0, clock_getcpuclockid(pid, &clock));
	MUST_EQ(0, clock_gettime(clock, &used));
	return (uint64_t)used.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)used.tv_nsec;
}
