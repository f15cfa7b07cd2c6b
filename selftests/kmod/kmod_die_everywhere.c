// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Processes of several threads that do everything to the module, one kind of
 * step more often than the others, and are killed in the middle of it. What they
 * leave is no more than the names that they gave, and those can be taken away.
 *
 * The moment of a kill is random: after so many calls, and some turns more. It
 * isn't the same in two runs, the steps are. IPCBUF_DIE_ROUNDS says how often
 * each kind of step is the favourite.
 */
#include "kselftest_harness.h"

#include "../common/actor.h"
#include "../common/check.h"
#include "../common/module.h"
#include "../common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS	    3
#define CALLS_LIMIT 500
#define TURNS_LIMIT 100000
#define AWAIT_TRIES 100000

struct cast {
	struct actor_stage *stage;
	uint64_t seed;
	unsigned int favourite;
	unsigned int wrong_percent;
	int common;		/* a region of the test's that they may use */
	int device;
};

static struct cast cast;

/* Goes on until it is killed. */
static void *act(void *arg)
{
	struct actor *actor = calloc(1, sizeof(*actor));

	MUST(actor);
	actor_begin(actor, cast.stage, cast.device, cast.seed + (uintptr_t)arg);
	actor->favourite = cast.favourite;
	actor->wrong_percent = cast.wrong_percent;
	actor->fds[0] = kmod_attach(cast.common, 0);
	MUST(actor->fds[0] >= 0);
	for (;;)
		actor_step(actor);
	return NULL;
}

static int act_by_threads(void *arg)
{
	pthread_t thread;
	uintptr_t i;

	(void)arg;
	actor_lose_rights();
	for (i = 1; i < THREADS; i++)
		MUST_EQ(0, pthread_create(&thread, NULL, act, (void *)i));
	act(NULL);
	return CHECK_FAILED;
}

static void kill_at_random(struct random *random, pid_t actors)
{
	uint64_t calls = actor_stage_calls(cast.stage) +
			 random_below(random, CALLS_LIMIT);

	while (actor_stage_calls(cast.stage) < calls)
		sched_yield();
	random_delay(random, TURNS_LIMIT);
	MUST_EQ(-SIGKILL, peer_kill(actors));
}

static unsigned int number_from(const char *variable, unsigned int otherwise)
{
	const char *text = getenv(variable);

	return text ? (unsigned int)strtoul(text, NULL, 0) : otherwise;
}

/* Children of who was killed end with their parents, a moment later. */
static void await_deserted(int region)
{
	const struct timespec pause = { 0, 100000 };
	int tries;

	for (tries = 0; tries < AWAIT_TRIES && kmod_stat(region).members; tries++)
		nanosleep(&pause, NULL);
	MUST_EQ(0, kmod_stat(region).members);
	kmod_await_waiters(region, 0);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* Nobody is in it, waits in it, or has a lock of it. */
static void must_be_deserted(int region, const struct ipcbuf_control *control)
{
	struct flock all = { .l_type = F_WRLCK };
	uint32_t slot;

	await_deserted(region);
	/* Of a child that never joined, it may come a moment later, too. */
	MUST_EQ(0, fcntl(region, F_OFD_SETLKW, &all));
	all.l_type = F_UNLCK;
	MUST_EQ(0, fcntl(region, F_OFD_SETLK, &all));
	for (slot = 0; slot < KMOD_SLOTS; slot++) {
		uint64_t word = kmod_slot(control, slot);

		MUST(IPCBUF_SLOT_STATE(word) != IPCBUF_SLOT_ALIVE);
		MUST_EQ(0, kmod_reap(region, slot, IPCBUF_SLOT_GENERATION(word)));
	}
}

FIXTURE(kmod_die_everywhere) {
	struct kmod_region common;
	struct neighbour neighbour;
	struct module_look before;
};

FIXTURE_SETUP(kmod_die_everywhere)
{
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	kmod_region_begin(&self->common, 65536);
	neighbour_begin(&self->neighbour, self->common.device);
	self->before = module_look();
}

FIXTURE_TEARDOWN(kmod_die_everywhere)
{
	neighbour_check(&self->neighbour);
	neighbour_end(&self->neighbour);
	module_round_trip(self->common.device);
	kmod_region_end(&self->common);
}

/*
 * Fails if something of a killed process stays: a member, a sleeper, a lock, a
 * region, a reference; or if its neighbour notices.
 */
TEST_F_TIMEOUT(kmod_die_everywhere, nothing_is_left, 600)
{
	unsigned int rounds = number_from("IPCBUF_DIE_ROUNDS", 2);
	struct random random = { 20 };
	unsigned int i;

	for (i = 0; i < rounds * actor_steps(); i++) {
		cast.stage = actor_stage_new();
		cast.seed = 1000 * i;
		cast.favourite = i % actor_steps();
		cast.wrong_percent = i % 3 ? 0 : 10;
		cast.device = self->common.device;
		cast.common = self->common.fd;
		kill_at_random(&random, peer_start(act_by_threads, NULL));
		actor_stage_end(cast.stage, self->common.device);
		must_be_deserted(self->common.fd, self->common.control);
		module_await(&self->before);
	}
}

KMOD_HARNESS_MAIN
