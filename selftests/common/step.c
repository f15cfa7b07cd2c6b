// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * See step.h. The victim stops itself before its operation and behind it; what
 * it executes in raise() on its way counts as part of the operation.
 */
#include "step.h"

#include "check.h"
#include "peer.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_TRACED 77

static void live(void (*prepare)(void *arg), void (*operate)(void *arg),
		 void *arg)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(NOT_TRACED);
	prepare(arg);
	raise(SIGSTOP);
	operate(arg);
	raise(SIGSTOP);
	_exit(0);
}

/* Return: the signal that stopped it, or 0 where it has ended. */
static int await_stop(pid_t victim)
{
	int status;

	MUST_EQ(victim, waitpid(victim, &status, 0));
	if (WIFSTOPPED(status))
		return WSTOPSIG(status);
	MUST(WIFEXITED(status));
	MUST_EQ(NOT_TRACED, WEXITSTATUS(status));
	return 0;
}

pid_t step_start(void (*prepare)(void *arg), void (*operate)(void *arg),
		 void *arg)
{
	pid_t victim;

	fflush(NULL);
	victim = fork();
	MUST(victim >= 0);
	if (!victim)
		live(prepare, operate, arg);
	if (!await_stop(victim))
		return -1;
	MUST_EQ(0, ptrace(PTRACE_SETOPTIONS, victim, NULL,
			  PTRACE_O_EXITKILL));
	return victim;
}

uint64_t step_run(pid_t victim, uint64_t limit)
{
	uint64_t steps;
	int signal;

	for (steps = 0; steps < limit; steps++) {
		MUST_EQ(0, ptrace(PTRACE_SINGLESTEP, victim, NULL, NULL));
		signal = await_stop(victim);
		if (signal == SIGSTOP)
			break;
		MUST_EQ(SIGTRAP, signal);
	}
	return steps;
}

void step_kill(pid_t victim)
{
	MUST_EQ(-SIGKILL, peer_kill(victim));
}
