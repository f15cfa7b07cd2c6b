/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A process that is executed instruction by instruction: ptrace(2) with
 * PTRACE_SINGLESTEP. A system call is one instruction.
 *
 *	step_start()	the victim has prepared itself, at full speed
 *	step_run()	so many instructions of its operation
 *	step_kill()	and no more
 *
 * The operation must not block: a step would never come to its end.
 */
#ifndef SELFTESTS_STEP_H
#define SELFTESTS_STEP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Start a child that calls @prepare(@arg), then @operate(@arg). It is stopped
 * before the latter. Return: its pid, -1 where nobody may trace here.
 */
pid_t step_start(void (*prepare)(void *arg), void (*operate)(void *arg),
		 void *arg);

/*
 * Let it execute up to @limit instructions. Return: how many there were; fewer
 * if it has come to the end of its operation.
 */
uint64_t step_run(pid_t victim, uint64_t limit);

/* Kill it, wherever it is, and wait until it is gone. */
void step_kill(pid_t victim);

#endif
