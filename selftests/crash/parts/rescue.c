// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Rescues, see crash_walk_rescue() in walk.h. The victim dies behind a step that
 * changed something: of all such steps some are taken, from the first to the
 * last. For each of them the recoverer's way is traced and walked anew.
 */
#include "walk_round.h"

#include "peers.h"
#include "points.h"

#include "../../common/check.h"

#include <stdio.h>

#define MIDDLES 4u

static const char *const rescue_names[] = { "called", "joining" };

struct rescue {
	struct walk *walk;
	struct step_job job;
	struct step_trace trace;
	struct changes changes;
	size_t middle;			/* where the victim dies */
};

static void prepare_rescue(void *arg)
{
	struct walk *walk = arg;

	if (walk->rescue == CRASH_CALL)
		walk->crash.mine = test_region_join(&walk->crash.region);
}

static void come_to_rescue(void *arg)
{
	struct walk *walk = arg;

	if (walk->rescue == CRASH_CALL)
		MUST_EQ(0, ipcbuf_region_recover(walk->crash.mine, NULL));
	else
		walk->crash.mine = test_region_join(&walk->crash.region);
}

/*
 * The victim is dead, and the recoverer has stopped before it recovers. One that
 * is a member already has joined before, or it would have recovered then.
 */
static void begin_rescue(struct rescue *rescue, struct step_child *recoverer)
{
	struct walk *walk = rescue->walk;
	struct step_child victim;

	walk_begin_round(walk);
	walk_take_victim(walk, &victim, rescue->middle);
	if (walk->rescue == CRASH_CALL)
		step_start(recoverer, &rescue->job);
	walk_look(walk, &victim);
	step_kill(&victim);
	if (walk->rescue == CRASH_JOIN)
		step_start(recoverer, &rescue->job);
}

static void end_rescue(struct rescue *rescue, struct step_child *recoverer)
{
	step_kill(recoverer);
	walk_judge(rescue->walk);
}

/* At full speed first: see walk_trace(). */
static void trace_rescue(struct rescue *rescue)
{
	struct step_child recoverer;
	bool known;

	begin_rescue(rescue, &recoverer);
	step_finish(&recoverer);
	end_rescue(rescue, &recoverer);
	begin_rescue(rescue, &recoverer);
	known = points_exhaustive() &&
		changes_begin(&rescue->changes, &rescue->walk->crash);
	step_record(&recoverer, &rescue->trace, known ? changes_note : NULL,
		    &rescue->changes);
	if (known)
		changes_end(&rescue->changes);
	end_rescue(rescue, &recoverer);
}

/* As walk_take_victim() does, with a new victim for each new recoverer. */
static void take_recoverer(struct rescue *rescue, struct step_child *recoverer,
			   size_t step)
{
	unsigned int tries;

	begin_rescue(rescue, recoverer);
	for (tries = 0; tries < TRIES; tries++) {
		if (step_go(recoverer, &rescue->trace, step))
			return;
		rescue->walk->strayed++;
		end_rescue(rescue, recoverer);
		begin_rescue(rescue, recoverer);
	}
	step_walk(recoverer, step);
}

static uint64_t walk_rescue(struct rescue *rescue)
{
	struct step_child recoverer;
	struct points points;
	size_t step;

	trace_rescue(rescue);
	rescue->walk->crash.page->steps = rescue->trace.ended -
					  rescue->trace.begun;
	points_begin(&points, &rescue->trace, rescue->changes.changed,
		     POINTS_BUSY);
	while (points_next(&points, &step)) {
		rescue->walk->crash.page->step = step - rescue->trace.begun;
		take_recoverer(rescue, &recoverer, step);
		end_rescue(rescue, &recoverer);
		rescue->walk->tried++;
	}
	return rescue->walk->crash.page->steps;
}

/* Steps that changed something, or called the kernel. */
static size_t count_changes(const struct walk *walk)
{
	size_t step, count = 0;

	for (step = walk->trace.begun; step <= walk->trace.ended; step++)
		count += walk->changed[step];
	return count;
}

static size_t nth_change(const struct walk *walk, size_t n)
{
	size_t step = walk->trace.begun;

	while (!walk->changed[step] || n--)
		step++;
	return step;
}

/* Where nothing is known of changes, any steps do. */
static size_t middle_of(const struct walk *walk, size_t i)
{
	size_t span = walk->trace.ended - walk->trace.begun;

	if (!walk->changed)
		return walk->trace.begun + span * (i + 1) / (MIDDLES + 1);
	return nth_change(walk, count_changes(walk) * (2 * i + 1) /
				(2 * MIDDLES));
}

/* To trace a recoverer is dear: of a few kills, all are of one middle. */
static bool is_chosen(const struct walk *walk, size_t i)
{
	return points_exhaustive() ||
	       i == (points_seed() + 2 * walk->rescue) % MIDDLES;
}

static void walk_rescues(struct walk *walk)
{
	struct rescue rescue = { .walk = walk };
	char name[64];
	uint64_t steps = 0;
	size_t i;

	rescue.job = (struct step_job){
		&walk->crash.page->rescuer, prepare_rescue, come_to_rescue,
		walk,
	};
	walk->crash.peer = CRASH_IDLE;
	walk_trace(walk, true);
	for (i = 0; i < MIDDLES; i++) {
		if (!is_chosen(walk, i))
			continue;
		rescue.middle = middle_of(walk, i);
		walk->crash.page->middle = rescue.middle - walk->trace.begun;
		steps += walk_rescue(&rescue);
		step_trace_free(&rescue.trace);
		pages_free(rescue.changes.changed, STEP_MOST * sizeof(bool));
		rescue.changes.changed = NULL;
	}
	snprintf(name, sizeof(name), "%s,%s", walk->walked->name,
		 rescue_names[walk->rescue]);
	points_report(name, "idle", walk->crash.backend, walk->crash.wait,
		      steps, walk->tried, walk->strayed);
}

int crash_walk_rescue(uint32_t backend, uint32_t wait,
		      const struct crash_case *walked,
		      enum crash_rescue rescue)
{
	struct walk walk = { .walked = walked, .rescue = rescue };

	walk.crash.backend = backend;
	walk.crash.wait = wait;
	return walk_run(&walk, walk_rescues);
}
