/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What an actor gets wrong on purpose, by chance; and what it mustn't get wrong,
 * as the machine, or strangers' regions, would suffer.
 */
#ifndef SELFTESTS_ACTOR_WRONG_H
#define SELFTESTS_ACTOR_WRONG_H

#include "actor.h"

#define PAGE	  4096u
#define MAX_PAGES 64u

static inline uint64_t below(struct actor *actor, uint64_t limit)
{
	return random_below(&actor->random, limit);
}

static inline bool chance(struct actor *actor, unsigned int percent)
{
	return below(actor, 100) < percent;
}

/* A number that is at the edge of something. */
uint64_t actor_odd_value(struct actor *actor);

/* One word of an argument, one bit of a command's number, or the address. */
void actor_spoil_argument(struct actor *actor, void *argument, size_t bytes);
unsigned long actor_spoil_number(struct actor *actor, unsigned long number);
void *actor_spoil_address(struct actor *actor, void *argument);

/* Mends what would do harm outside of the test. */
void actor_tame(const struct actor *actor, unsigned long number, void *argument);

#endif
