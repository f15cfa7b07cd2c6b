/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What a program does with a region beside its lanes; see acts.c. */
#ifndef SOAK_ACTS_H
#define SOAK_ACTS_H

#include "worker.h"

/* Channels and segments that anybody makes, joins and removes. */
void act_wild(struct runner *runner);
void act_segment(struct runner *runner);
/* Information, lists and verification, in the midst of it all. */
void act_look(struct runner *runner);
/* Trim, recover, news of deaths; and a second handle of the same process. */
void act_tidy(struct runner *runner);

/* Keys, behind the lanes'. */
#define WILD_FIRST    1000
#define WILD_CHANNELS 6
#define WILD_SEGMENTS 4

#endif
