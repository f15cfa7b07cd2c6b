// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Stepping children, see step.h. */
#include "step.h"
#include "arch.h"

#include "../../common/check.h"
#include "../../common/peer.h"
#include "../../common/random.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_TRACED 77

static void mark(uint32_t *word)
{
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
}

static bool marked(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void live(const struct step_job *job)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(NOT_TRACED);
	job->prepare(job->arg);
	raise(SIGSTOP);
	mark(&job->marks->begun);
	job->operate(job->arg);
	mark(&job->marks->ended);
	raise(SIGSTOP);
	/* Nobody lets it go on. */
	_exit(CHECK_FAILED);
}

/* Return: the signal that stopped it. */
static int await_stop(const struct step_child *child)
{
	int status;
	pid_t got;

	do {
		got = waitpid(child->pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	MUST_EQ(child->pid, got);
	/* Else a check of its own has failed, and has said so. */
	MUST(WIFSTOPPED(status));
	return WSTOPSIG(status);
}

void step_start(struct step_child *child, const struct step_job *job)
{
	job->marks->begun = 0;
	job->marks->ended = 0;
	child->job = job;
	fflush(NULL);
	child->pid = fork();
	MUST(child->pid >= 0);
	if (!child->pid)
		live(job);
	MUST_EQ(SIGSTOP, await_stop(child));
}

bool step_ended(const struct step_child *child)
{
	return marked(&child->job->marks->ended);
}

static void step_once(const struct step_child *child)
{
	MUST_EQ(0, ptrace(PTRACE_SINGLESTEP, child->pid, NULL, NULL));
	MUST_EQ(SIGTRAP, await_stop(child));
}

static void get_registers(const struct step_child *child,
			  struct user_regs_struct *regs)
{
	struct iovec io = { regs, sizeof(*regs) };

	MUST_EQ(0, ptrace(PTRACE_GETREGSET, child->pid, NT_PRSTATUS, &io));
}

static uint64_t place_of(const struct step_child *child)
{
	struct user_regs_struct regs;

	get_registers(child, &regs);
	return *arch_place(&regs);
}

static uint64_t text_at(const struct step_child *child, uint64_t place)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, child->pid, (void *)(uintptr_t)place,
		      NULL);
	MUST_EQ(0, errno);
	return (uint64_t)word;
}

void *pages_new(size_t bytes)
{
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	MUST(pages != MAP_FAILED);
	return pages;
}

void pages_free(void *pages, size_t bytes)
{
	if (pages)
		MUST_EQ(0, munmap(pages, bytes));
}

static void note_place(struct step_trace *trace, uint64_t place)
{
	MUST(trace->count < STEP_MOST);
	trace->places[trace->count++] = place;
}

/* A table of places that have been met, with room for twice as many. */
struct met {
	uint64_t place;
	uint32_t visits;
};

static struct met *met_find(struct met *table, size_t entries, uint64_t place)
{
	size_t i = (size_t)random_mix(place) & (entries - 1);

	while (table[i].place && table[i].place != place)
		i = (i + 1) & (entries - 1);
	table[i].place = place;
	return &table[i];
}

/* How often each step's place had been visited before. */
static void count_visits(const struct step_trace *trace, uint32_t *visits)
{
	size_t entries = 1, i;
	struct met *table;

	while (entries < 2 * trace->count)
		entries *= 2;
	table = pages_new(entries * sizeof(*table));
	for (i = 0; i < trace->count; i++)
		visits[i] = met_find(table, entries,
				     trace->places[i])->visits++;
	pages_free(table, entries * sizeof(*table));
}

/*
 * The cheapest way to each step: on from the step before, or by a breakpoint
 * at its place, which costs two stops for each earlier visit.
 */
static void plan(struct step_trace *trace)
{
	uint32_t cost = 0;
	size_t i;

	trace->starts = pages_new(trace->count * sizeof(*trace->starts));
	trace->visits = pages_new(trace->count * sizeof(*trace->visits));
	trace->costs = pages_new(trace->count * sizeof(*trace->costs));
	count_visits(trace, trace->visits);
	for (i = 1; i < trace->count; i++) {
		uint32_t direct = 2 * trace->visits[i] + 2;

		trace->starts[i] = direct <= cost + 1 ? (uint32_t)i :
				   trace->starts[i - 1];
		cost = direct <= cost + 1 ? direct : cost + 1;
		trace->costs[i] = cost;
	}
}

void step_record(struct step_child *child, struct step_trace *trace,
		 void (*seen)(size_t step, bool called, void *arg), void *arg)
{
	bool called = false;

	memset(trace, 0, sizeof(*trace));
	trace->places = pages_new(STEP_MOST * sizeof(*trace->places));
	note_place(trace, place_of(child));
	while (!step_ended(child)) {
		if (seen)
			called = arch_is_call(text_at(child, trace->places[
							trace->count - 1]));
		step_once(child);
		note_place(trace, place_of(child));
		if (!marked(&child->job->marks->begun))
			trace->begun = trace->count;
		else if (seen)
			seen(trace->count - 1, called, arg);
	}
	trace->ended = trace->count - 1;
	plan(trace);
}

void step_trace_free(struct step_trace *trace)
{
	pages_free(trace->places, STEP_MOST * sizeof(*trace->places));
	pages_free(trace->starts, trace->count * sizeof(*trace->starts));
	pages_free(trace->visits, trace->count * sizeof(*trace->visits));
	pages_free(trace->costs, trace->count * sizeof(*trace->costs));
	memset(trace, 0, sizeof(*trace));
}

static void set_text(const struct step_child *child, uint64_t place,
		     uint64_t word)
{
	MUST_EQ(0, ptrace(PTRACE_POKETEXT, child->pid,
			  (void *)(uintptr_t)place, (void *)(uintptr_t)word));
}

static void set_place(const struct step_child *child, uint64_t place)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };

	get_registers(child, &regs);
	*arch_place(&regs) = place;
	MUST_EQ(0, ptrace(PTRACE_SETREGSET, child->pid, NT_PRSTATUS, &io));
}

/* False where it came to its end without having been there. */
static bool run_to(const struct step_child *child, uint64_t place)
{
	uint64_t text = text_at(child, place);
	int signal;

	set_text(child, place, (text & ~ARCH_BREAK_MASK) | ARCH_BREAK);
	MUST_EQ(0, ptrace(PTRACE_CONT, child->pid, NULL, NULL));
	signal = await_stop(child);
	set_text(child, place, text);
	if (signal == SIGSTOP)
		return false;
	MUST_EQ(SIGTRAP, signal);
	MUST_EQ(place + ARCH_BREAK_BYTES, place_of(child));
	if (ARCH_BREAK_BYTES)
		set_place(child, place);
	return true;
}

bool step_trace_same(const struct step_trace *a, const struct step_trace *b)
{
	return a->count == b->count &&
	       !memcmp(a->places, b->places, a->count * sizeof(*a->places));
}

void step_finish(struct step_child *child)
{
	MUST_EQ(0, ptrace(PTRACE_CONT, child->pid, NULL, NULL));
	MUST_EQ(SIGSTOP, await_stop(child));
	MUST(step_ended(child));
}

bool step_go(struct step_child *child, const struct step_trace *trace,
	     size_t step)
{
	size_t start = trace->starts[step];
	uint32_t visits = start ? trace->visits[start] + 1 : 0;

	while (visits--) {
		if (!run_to(child, trace->places[start]))
			return false;
		if (visits)
			step_once(child);
	}
	for (; start < step; start++)
		step_once(child);
	return place_of(child) == trace->places[step];
}

void step_walk(struct step_child *child, size_t step)
{
	while (step-- && !step_ended(child))
		step_once(child);
}

void step_kill(struct step_child *child)
{
	MUST_EQ(-SIGKILL, peer_kill(child->pid));
}

static void nothing(void *arg)
{
	(void)arg;
}

static int try_to_step(void *arg)
{
	struct step_marks marks = { 0, 0 };
	struct step_job job = { &marks, nothing, nothing, NULL };
	struct step_child child = { 0, &job };

	(void)arg;
	child.pid = fork();
	MUST(child.pid >= 0);
	if (!child.pid)
		live(&job);
	if (waitpid(child.pid, &(int){ 0 }, 0) != child.pid ||
	    ptrace(PTRACE_SINGLESTEP, child.pid, NULL, NULL))
		return NOT_TRACED;
	if (waitpid(child.pid, &(int){ 0 }, 0) != child.pid)
		return NOT_TRACED;
	step_kill(&child);
	return 0;
}

const char *step_why_not(void)
{
	if (!arch_can_step())
		return "this machine's processes can't be stepped";
	if (peer_wait(peer_start(try_to_step, NULL)))
		return "can't trace a child";
	return NULL;
}
