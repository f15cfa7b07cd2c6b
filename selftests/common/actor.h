/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Somebody who does to the module whatever can be done, one random step after
 * the other: with descriptors, mappings, names and ids that it has from former
 * steps, and with arguments that are wrong in one place as often as is wanted.
 *
 * Which steps, follows from the seed; what they meet depends on the others.
 * A step may fail, but neither block for long (a timer of the actor's thread
 * interrupts it) nor end the process. An actor belongs to one thread.
 */
#ifndef SELFTESTS_ACTOR_H
#define SELFTESTS_ACTOR_H

#include "kmod.h"
#include "random.h"

#include <stdbool.h>
#include <stdint.h>

#define ACTOR_FDS   16u
#define ACTOR_MAPS  16u
#define ACTOR_NAMES 6u
#define ACTOR_IDS   8u

/* Shared by all actors of a test; in shared memory where they are processes. */
struct actor_stage {
	char names[ACTOR_NAMES][IPCBUF_IOC_NAME_BYTES];
	uint64_t calls;		/* of the module, so far; any of them adds */
};

struct actor {
	struct random random;
	struct actor_stage *stage;
	unsigned int wrong_percent;	/* of the arguments */
	unsigned int favourite;		/* a step, or ACTOR_NO_FAVOURITE */
	unsigned int depth;		/* of forks */
	int device;
	int fds[ACTOR_FDS];		/* -1: none */
	struct actor_map {
		void *at;
		size_t bytes;
	} maps[ACTOR_MAPS];
	uint64_t ids[ACTOR_IDS];
	void *argument;			/* of the next call */
};

#define ACTOR_NO_FAVOURITE (~0u)

/* How many kinds of steps there are. */
unsigned int actor_steps(void);

/* A stage in shared memory, with names that no other test uses. */
struct actor_stage *actor_stage_new(void);

/* Take the names away. Return: how many there were. */
unsigned int actor_stage_end(struct actor_stage *stage, int device);

/* Calls so far. */
uint64_t actor_stage_calls(const struct actor_stage *stage);

/*
 * Before there are threads: root's process becomes nobody's, so that it can't
 * get at regions that aren't the stage's.
 */
void actor_lose_rights(void);
void actor_begin(struct actor *actor, struct actor_stage *stage, int device,
		 uint64_t seed);
void actor_step(struct actor *actor);

#endif
