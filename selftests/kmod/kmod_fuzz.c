// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Random calls of the module from several processes, many of them with one
 * thing that is wrong. The machine stays up, nothing is left, a neighbour
 * doesn't notice, and the module still does all that it is for.
 *
 *	IPCBUF_FUZZ_CALLS   how many, of all processes together (20000)
 *	IPCBUF_FUZZ_SECONDS an end before that (300)
 *	IPCBUF_FUZZ_SEED    the same steps again (a new one each time)
 */
#include "kselftest_harness.h"

#include "../common/actor.h"
#include "../common/check.h"
#include "../common/module.h"
#include "../common/peer.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES     4
#define WRONG_PERCENT 30
/* A new process now and then: what one has, goes with it. */
#define STEPS	      5000

struct plan {
	struct actor_stage *stage;
	uint64_t seed;
	uint64_t calls;
	uint64_t end_ns;
	int device;
};

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static bool is_over(const struct plan *plan)
{
	return actor_stage_calls(plan->stage) >= plan->calls ||
	       kmod_now_ns() >= plan->end_ns;
}

static int fuzz(void *arg)
{
	const struct plan *plan = arg;
	static struct actor actor;
	unsigned int i;

	actor_lose_rights();
	actor_begin(&actor, plan->stage, plan->device, plan->seed);
	actor.wrong_percent = WRONG_PERCENT;
	for (i = 0; i < STEPS && !is_over(plan); i++)
		actor_step(&actor);
	return 0;
}

/* Each with a seed of its own. */
static pid_t start(struct plan *plan)
{
	plan->seed++;
	return peer_start(fuzz, plan);
}

static void run(struct plan *plan)
{
	pid_t peers[PROCESSES];
	unsigned int i;

	for (i = 0; i < PROCESSES; i++)
		peers[i] = start(plan);
	while (!is_over(plan)) {
		for (i = 0; i < PROCESSES; i++) {
			MUST_EQ(0, peer_wait(peers[i]));
			peers[i] = start(plan);
		}
	}
	for (i = 0; i < PROCESSES; i++)
		MUST_EQ(0, peer_wait(peers[i]));
}

FIXTURE(kmod_fuzz) {
	struct kmod_region common;
	struct neighbour neighbour;
	struct module_look before;
};

FIXTURE_SETUP(kmod_fuzz)
{
	kmod_region_begin(&self->common, 65536);
	neighbour_begin(&self->neighbour, self->common.device);
	self->before = module_look();
}

FIXTURE_TEARDOWN(kmod_fuzz)
{
	neighbour_check(&self->neighbour);
	neighbour_end(&self->neighbour);
	module_round_trip(self->common.device);
	kmod_region_end(&self->common);
}

/*
 * Fails if something stays, the neighbour is touched, a process is ended by
 * what it does, or the module does no longer what it should.
 */
TEST_F_TIMEOUT(kmod_fuzz, nothing_is_left, 1200)
{
	uint64_t seed = number_from("IPCBUF_FUZZ_SEED",
				    kmod_now_ns() ^ (uint64_t)getpid() << 32);
	struct plan plan = {
		.calls = number_from("IPCBUF_FUZZ_CALLS", 20000),
		.end_ns = kmod_now_ns() + UINT64_C(1000000000) *
			  number_from("IPCBUF_FUZZ_SECONDS", 300),
		.seed = random_mix(seed),
	};

	TH_LOG("IPCBUF_FUZZ_SEED=%llu", (unsigned long long)seed);
	plan.device = self->common.device;
	plan.stage = actor_stage_new();
	run(&plan);
	TH_LOG("%llu calls",
	       (unsigned long long)actor_stage_calls(plan.stage));
	actor_stage_end(plan.stage, self->common.device);
	module_await(&self->before);
}

KMOD_HARNESS_MAIN
