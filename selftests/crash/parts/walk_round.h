/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* One walk, and the parts of a round of it: what walk.c and rescue.c share. */
#ifndef SELFTESTS_CRASH_WALK_ROUND_H
#define SELFTESTS_CRASH_WALK_ROUND_H

#include "changes.h"
#include "figures.h"
#include "walk.h"

/* How often one that has gone astray is followed by another one. */
#define TRIES 4u

struct walk {
	struct crash crash;
	const struct crash_case *walked;
	enum crash_rescue rescue;
	struct figures before;
	bool measured;			/* before is known */
	struct step_job job;		/* the victim's */
	struct step_trace trace;
	bool *changed;			/* by each step; NULL: not known */
	pid_t peer;
	unsigned int tried;
	unsigned int strayed;		/* that had to be stepped from the start */
};

/* Up to where the victim is started. */
void walk_begin_round(struct walk *walk);
/* It has stopped before the operation. */
void walk_start_victim(struct walk *walk, struct step_child *victim);
/* Starts one, and takes it to a step of the trace: see walk.c for when not. */
void walk_take_victim(struct walk *walk, struct step_child *victim,
		      size_t step);
/* Everybody but the judge and its peer is dead. */
void walk_judge(struct walk *walk);
/* What it has come to, and what others see of it, before it dies. */
void walk_look(struct walk *walk, const struct step_child *victim);

/* Rounds to the end, for the trace and, if wanted, the changes. */
void walk_trace(struct walk *walk, bool want_changes);

/* Runs the walks of a case in a process of their own. */
int walk_run(struct walk *walk, void (*walks)(struct walk *walk));

#endif
