// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Kills, stops and replaces the workers. See supervisor.h. */
#include "supervisor.h"

#include "interrupt.h"
#include "watchdog.h"
#include "worker.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURN_NS	     (2 * NS_PER_MS)
#define STOP_MS	     400
/* Now and then everybody is killed at once. */
#define ALL_ONE_IN   200
#define YOUNG_ONE_IN 8
/* A supervisor that was held up itself can't judge others by the clock. */
#define HELD_UP_NS   NS_PER_S

struct child {
	pid_t pid;			/* 0: to be started */
	bool killed;
	uint64_t stopped_until_ns;	/* 0: runs */
};

struct chaos {
	struct supervisor *supervisor;
	struct random random;
	struct child children[WORKERS_MAX];
	struct watchdog watchdog;
	uint64_t next_kill_ns;
	uint64_t next_stop_ns;
	uint64_t said_ns;
	bool finishing;
};

static unsigned int workers(const struct chaos *chaos)
{
	return chaos->supervisor->options->processes;
}

static void tally(struct chaos *chaos, enum tally which)
{
	chaos->supervisor->tallies[which]++;
}

static void kill_child(struct chaos *chaos, struct child *child,
		       enum tally why)
{
	if (!child->pid || child->killed)
		return;
	kill(child->pid, SIGKILL);
	child->killed = true;
	tally(chaos, child->stopped_until_ns ? TALLY_KILLED_STOPPED : why);
}

static void start_child(struct chaos *chaos, unsigned int slot, uint64_t now)
{
	struct supervisor *supervisor = chaos->supervisor;
	struct worker worker = { supervisor->options, supervisor->region,
				 supervisor->ledger, slot };
	struct child *child = &chaos->children[slot];
	uint64_t seed = random_next(&chaos->random);

	fflush(NULL);
	memset(child, 0, sizeof(*child));
	child->pid = fork();
	if (child->pid < 0)
		err(1, "fork");
	if (!child->pid)
		worker_main(&worker, seed);
	tally(chaos, TALLY_STARTS);
	watchdog_reset(&chaos->watchdog, slot, now);
	if (supervisor->options->kills &&
	    random_one_in(&chaos->random, YOUNG_ONE_IN))
		kill_child(chaos, child, TALLY_KILLED_YOUNG);
}

/* It may be gone because of us, because it was to, or because it crashed. */
static void judge_end(struct chaos *chaos, unsigned int slot, int status)
{
	struct child *child = &chaos->children[slot];

	if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_FELL) {
		tally(chaos, TALLY_FELL);
	} else if ((!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL ||
		    !child->killed) &&
		   (!WIFEXITED(status) || WEXITSTATUS(status) ||
		    !chaos->finishing)) {
		fprintf(stderr, "ipcbuf-soak: WRONG: worker %u (pid %d) ended "
			"by itself with %s %d\n", slot, (int)child->pid,
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) :
					      WEXITSTATUS(status));
		chaos->supervisor->ledger->violations++;
	}
}

static void reap(struct chaos *chaos)
{
	struct ledger *ledger = chaos->supervisor->ledger;
	unsigned int slot;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (slot = 0; slot < workers(chaos); slot++)
			if (chaos->children[slot].pid == pid)
				break;
		if (slot == workers(chaos))
			continue;
		judge_end(chaos, slot, status);
		chaos->children[slot].pid = 0;
		memset(ledger->cells[slot], 0, sizeof(ledger->cells[slot]));
	}
}

static void stop_child(struct chaos *chaos, struct child *child, uint64_t now)
{
	if (!child->pid || child->killed || child->stopped_until_ns)
		return;
	kill(child->pid, SIGSTOP);
	child->stopped_until_ns =
		now + 1 + random_below(&chaos->random, STOP_MS * NS_PER_MS);
	tally(chaos, TALLY_STOPS);
}

static void continue_child(struct chaos *chaos, unsigned int slot,
			   uint64_t now)
{
	struct child *child = &chaos->children[slot];

	kill(child->pid, SIGCONT);
	child->stopped_until_ns = 0;
	watchdog_reset(&chaos->watchdog, slot, now);
}

static void kill_somebody(struct chaos *chaos)
{
	struct random *random = &chaos->random;
	unsigned int i;

	if (!random_one_in(random, ALL_ONE_IN)) {
		i = (unsigned int)random_below(random, workers(chaos));
		kill_child(chaos, &chaos->children[i], TALLY_KILLED);
		return;
	}
	for (i = 0; i < workers(chaos); i++)
		kill_child(chaos, &chaos->children[i], TALLY_KILLED_ALL);
}

/* So often that there are options->kills a second. */
static bool is_time(struct chaos *chaos, uint64_t *next_ns, uint64_t now)
{
	unsigned int kills = chaos->supervisor->options->kills;

	if (!kills || now < *next_ns)
		return false;
	*next_ns = now + random_below(&chaos->random, 2 * NS_PER_S / kills);
	return true;
}

static void disturb(struct chaos *chaos, uint64_t now)
{
	unsigned int slot = (unsigned int)random_below(&chaos->random,
						       workers(chaos));

	if (is_time(chaos, &chaos->next_kill_ns, now))
		kill_somebody(chaos);
	if (is_time(chaos, &chaos->next_stop_ns, now))
		stop_child(chaos, &chaos->children[slot], now);
}

/* Those whose time has come go on, and those that are gone begin again. */
static void tend(struct chaos *chaos, uint64_t now)
{
	unsigned int slot;

	for (slot = 0; slot < workers(chaos); slot++) {
		struct child *child = &chaos->children[slot];

		if (child->pid && child->stopped_until_ns &&
		    (chaos->finishing || child->stopped_until_ns <= now))
			continue_child(chaos, slot, now);
		if (!child->pid && !chaos->finishing)
			start_child(chaos, slot, now);
	}
}

static void dump(struct chaos *chaos)
{
	const struct supervisor *supervisor = chaos->supervisor;
	unsigned int slot;

	for (slot = 0; slot < workers(chaos); slot++)
		watchdog_dump_process(slot, chaos->children[slot].pid,
				      supervisor->ledger);
	watchdog_dump_region(supervisor->region, supervisor->ledger);
}

static void look_for_hangs(struct chaos *chaos, uint64_t now)
{
	struct supervisor *supervisor = chaos->supervisor;
	bool held_up = now - chaos->watchdog.looked_ns > HELD_UP_NS;
	bool hung = false;
	unsigned int slot;

	chaos->watchdog.looked_ns = now;
	for (slot = 0; slot < workers(chaos); slot++) {
		if (held_up || chaos->children[slot].stopped_until_ns)
			watchdog_reset(&chaos->watchdog, slot, now);
		hung |= watchdog_finds(&chaos->watchdog, supervisor->ledger,
				       supervisor->options, slot, now);
	}
	if (hung) {
		supervisor->hung = true;
		dump(chaos);
	}
}

static void say_progress(struct chaos *chaos, uint64_t now)
{
	const struct supervisor *supervisor = chaos->supervisor;
	const uint64_t *tallies = supervisor->tallies;
	const uint64_t *counts = supervisor->ledger->counts;

	if (supervisor->options->quiet || now - chaos->said_ns < NS_PER_S)
		return;
	chaos->said_ns = now;
	fprintf(stderr, "\r%llu s: %llu records, %llu starts, %llu stops, "
		"full %llu times\033[K",
		(unsigned long long)((now - supervisor->began_ns) / NS_PER_S),
		(unsigned long long)counts[COUNT_RECORDS],
		(unsigned long long)tallies[TALLY_STARTS],
		(unsigned long long)tallies[TALLY_STOPS],
		(unsigned long long)counts[COUNT_FULL]);
}

static bool all_well(const struct chaos *chaos)
{
	return !chaos->supervisor->hung &&
	       !__atomic_load_n(&chaos->supervisor->ledger->violations,
				__ATOMIC_RELAXED);
}

/* The time, as it is when the turn is over. */
static uint64_t one_turn(struct chaos *chaos)
{
	struct timespec turn = { .tv_nsec = TURN_NS };

	reap(chaos);
	tend(chaos, ipcbuf_now_ns());
	look_for_hangs(chaos, ipcbuf_now_ns());
	say_progress(chaos, ipcbuf_now_ns());
	nanosleep(&turn, NULL);
	return ipcbuf_now_ns();
}

static bool somebody_is_left(const struct chaos *chaos)
{
	unsigned int slot;

	for (slot = 0; slot < workers(chaos); slot++)
		if (chaos->children[slot].pid)
			return true;
	return false;
}

/* Half of them end as they should, the others are killed at it. */
static void finish(struct chaos *chaos)
{
	unsigned int slot;

	chaos->finishing = true;
	__atomic_store_n(&chaos->supervisor->ledger->finish, 1,
			 __ATOMIC_RELAXED);
	for (slot = 0; slot < workers(chaos); slot++)
		if (chaos->supervisor->options->kills &&
		    random_one_in(&chaos->random, 2))
			kill_child(chaos, &chaos->children[slot],
				   TALLY_KILLED);
	while (somebody_is_left(chaos) && !chaos->supervisor->hung)
		one_turn(chaos);
	for (slot = 0; slot < workers(chaos); slot++)
		if (chaos->children[slot].pid)
			kill(chaos->children[slot].pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	if (!chaos->supervisor->options->quiet)
		fputs("\r\033[K", stderr);
}

void supervisor_run(struct supervisor *supervisor)
{
	struct chaos chaos = {
		.supervisor = supervisor,
		.random = { supervisor->options->seed },
	};
	uint64_t now = ipcbuf_now_ns(), end;

	supervisor->began_ns = now;
	chaos.watchdog.looked_ns = now;
	end = now + supervisor->options->seconds * NS_PER_S;
	while (now < end && all_well(&chaos) && !interrupted()) {
		now = one_turn(&chaos);
		disturb(&chaos, now);
	}
	finish(&chaos);
	supervisor->ended_ns = ipcbuf_now_ns();
}
