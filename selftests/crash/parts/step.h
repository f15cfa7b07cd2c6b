/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A child that performs one operation an instruction at a time, and is killed
 * after any of them.
 *
 * The child prepares itself at full speed and stops. From there on it is
 * stepped; it says in shared memory when the operation begins and when it has
 * ended. A trace of one whole run tells where it was after each step. A step
 * is dear (two switches of processes and an exception), so later runs don't
 * step from the start: a breakpoint takes them to the last place from which it
 * isn't far, and they step from there. That they have come to where the trace
 * was after the same number of steps is checked; a run that hasn't is stepped
 * from the start instead. So a kill is after exactly k instructions either way.
 *
 * One thread uses a stepper, and is the tracer of its children.
 */
#ifndef SELFTESTS_CRASH_STEP_H
#define SELFTESTS_CRASH_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Written by the child; in memory that it shares with its tracer. */
struct step_marks {
	uint32_t begun;
	uint32_t ended;
};

/* The steps of a trace. */
#define STEP_MOST 2000000u

struct step_job {
	struct step_marks *marks;
	void (*prepare)(void *arg);
	void (*operate)(void *arg);
	void *arg;
};

struct step_child {
	pid_t pid;
	const struct step_job *job;
};

/* Where a run was after so many steps, from the child's stop on. */
struct step_trace {
	uint64_t *places;
	uint32_t *starts;	/* from which of them to step to this one */
	uint32_t *visits;	/* of that place before it */
	uint32_t *costs;	/* stops on the way */
	size_t count;
	size_t begun;		/* the first one within the operation */
	size_t ended;		/* the first one behind it */
};

/*
 * Memory for what is made between two victims; a NULL isn't freed. It isn't
 * malloc()'s: what that has left to give would be another thing for victims of
 * after than it was for the one that was traced.
 */
void *pages_new(size_t bytes);
void pages_free(void *pages, size_t bytes);

/* Why nothing can be stepped here; NULL where it can. */
const char *step_why_not(void);

/* A child that has prepared itself and stopped. */
void step_start(struct step_child *child, const struct step_job *job);

/*
 * Steps a whole run. @seen is called after each step of the operation, with its
 * number in the trace and whether it was a system call; NULL for none. The
 * child is left at the end.
 */
void step_record(struct step_child *child, struct step_trace *trace,
		 void (*seen)(size_t step, bool called, void *arg), void *arg);
void step_trace_free(struct step_trace *trace);
bool step_trace_same(const struct step_trace *a, const struct step_trace *b);

/* To the end at full speed. */
void step_finish(struct step_child *child);

/*
 * Takes a child that has just stopped to a step of the trace. False: it went
 * another way, and is somewhere else or at its end.
 */
bool step_go(struct step_child *child, const struct step_trace *trace,
	     size_t step);

/* The same by steps alone; stops short where the operation ends before. */
void step_walk(struct step_child *child, size_t step);

/* Is the operation over? */
bool step_ended(const struct step_child *child);

/* Return when it is dead, and everything that the kernel held for it is gone. */
void step_kill(struct step_child *child);

#endif
