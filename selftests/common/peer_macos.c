// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Gates, and a look at threads, by means of macOS; see peer.h. Nothing ends a
 * child with its parent there: darwin/run looks for those that are left.
 *
 * A thread's id is the kernel's number of it, with the highest bit set: processes
 * have the others.
 */
#include "peer.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <mach/mach_time.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/proc.h>
#include <unistd.h>

#define GATES	      256
#define THREAD_MARK   0x80000000u

/* By the descriptor to read from, which is a gate's number: the other one. */
static int gate_ends[GATES];

int gate_new(void)
{
	int ends[2];

	MUST_EQ(0, pipe(ends));
	MUST(ends[0] < GATES);
	MUST_EQ(0, fcntl(ends[0], F_SETFD, FD_CLOEXEC));
	MUST_EQ(0, fcntl(ends[1], F_SETFD, FD_CLOEXEC));
	gate_ends[ends[0]] = ends[1];
	return ends[0];
}

void gate_post(int gate, unsigned int count)
{
	const char byte = 0;

	while (count--)
		MUST_EQ(1, write(gate_ends[gate], &byte, 1));
}

void gate_take(int gate)
{
	char byte;

	MUST_EQ(1, read(gate, &byte, 1));
}

static char state_letter(int run_state)
{
	switch (run_state) {
	case TH_STATE_WAITING:
		return 'S';
	case TH_STATE_STOPPED:
		return 'T';
	case TH_STATE_UNINTERRUPTIBLE:
		return 'D';
	default:
		return 'R';
	}
}

static char look_at(pid_t pid, int flavor, uint64_t thread)
{
	struct proc_threadinfo info;

	if (proc_pidinfo(pid, flavor, thread, &info, sizeof(info)) !=
	    sizeof(info))
		return 0;
	return state_letter(info.pth_run_state);
}

/* Of this process, or of the one that started it. */
static char look_at_thread(uint64_t thread)
{
	char state = look_at(getpid(), PROC_PIDTHREADID64INFO, thread);

	return state ? state :
		       look_at(getppid(), PROC_PIDTHREADID64INFO, thread);
}

static char look_at_process(pid_t pid)
{
	struct proc_bsdinfo process;
	uint64_t first;

	/* The 1: those that have ended, too. */
	if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 1, &process, sizeof(process)) !=
	    sizeof(process))
		return 0;
	if (process.pbi_status == SZOMB)
		return 'Z';
	if (proc_pidinfo(pid, PROC_PIDLISTTHREADS, 0, &first, sizeof(first)) <=
	    0)
		return 0;
	return look_at(pid, PROC_PIDTHREADINFO, first);
}

/* macOS doesn't count how often a thread gave up its processor. */
struct thread_look thread_look(pid_t tid)
{
	uint32_t number = (uint32_t)tid;
	struct thread_look look = { 0, 0 };

	look.state = number & THREAD_MARK ?
		     look_at_thread(number & ~THREAD_MARK) :
		     look_at_process(tid);
	return look;
}

pid_t thread_id(void)
{
	uint64_t number;

	MUST_EQ(0, pthread_threadid_np(NULL, &number));
	MUST(number < THREAD_MARK);
	return (pid_t)((uint32_t)number | THREAD_MARK);
}

uint64_t process_cpu_ns(pid_t pid)
{
	struct mach_timebase_info ticks;
	struct rusage_info_v0 used;

	MUST_EQ(0, mach_timebase_info(&ticks));
	MUST_EQ(0, proc_pid_rusage(pid, RUSAGE_INFO_V0,
				   (rusage_info_t *)&used));
	return (used.ri_user_time + used.ri_system_time) * ticks.numer /
	       ticks.denom;
}
