/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A region of the module with a member that is going to die (or isn't), and
 * others that watch it in every way there is.
 *
 * The test's process makes the scene, starts the victim, which plays a part
 * step by step, starts the watchers and says how it goes on:
 *
 *	scene_begin()	region, gates, lifeline
 *	scene_play()	the victim has joined, locked its byte and come to its
 *			first scene_step()
 *	scene_watch()	all watchers are asleep
 *	scene_go()	the victim has come to its next scene_step()
 *	scene_told()	all watchers have been told, and ended
 *	scene_end()	nothing of it is left
 *
 * Who outlives the victim hangs on the lifeline: it ends when the test closes
 * it or ends, so that nothing is left behind by a test that fails.
 */
#ifndef SELFTESTS_SCENE_H
#define SELFTESTS_SCENE_H

#include "kmod.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SCENE_BYTES    (16 * 4096u)
#define SCENE_SLOTS    4u
#define SCENE_OFFSET   64u	/* of the word that the watchers wait at */
#define SCENE_WATCHERS 6
#define SCENE_SLEEPERS 2	/* of them: asleep in a WAIT */

struct member {
	int fd;
	const struct ipcbuf_control *control;
	uint32_t *data;
	uint32_t slot;
	uint32_t generation;
};

/* In memory that all of them share; the victim writes it before a step. */
struct scene_note {
	uint32_t slot;
	uint32_t generation;
	bool not_dead;			/* the test's; see scene_not_told() */
};

struct scene {
	int device;
	int region;			/* the test's, which doesn't join */
	const struct ipcbuf_control *control;
	uint32_t *data;
	uint32_t deaths;		/* before the next death */
	int stepped;			/* gates */
	int go;
	int asleep;
	int lifeline[2];
	struct scene_note *note;
	void (*run)(struct scene *scene, struct member *member);
	pid_t victim;
	pid_t watchers[SCENE_WATCHERS];
};

/* For the test. */
void scene_begin(struct scene *scene);
void scene_play(struct scene *scene,
		void (*run)(struct scene *scene, struct member *member));
void scene_watch(struct scene *scene);
void scene_go(struct scene *scene);
void scene_told(struct scene *scene);

/* Instead of scene_told(), of a victim that is gone: nobody has been told. */
void scene_not_told(struct scene *scene);
void scene_end(struct scene *scene);

/*
 * The victim counts as alive, or dead once, for everything that tells; or has
 * left.
 */
void scene_must_be_alive(struct scene *scene);
void scene_must_be_dead(struct scene *scene);
void scene_must_have_left(struct scene *scene);

/* Its slot is reaped, joined with the next generation, and left. */
void scene_must_be_reusable(struct scene *scene);

/* Collect a child. Return: its exit status, or -N for signal N. */
int scene_collect(pid_t child);

/* Cut the lifeline. */
void scene_cut(struct scene *scene);

/*
 * Cut the lifeline and collect every child, also those of the victim: each
 * must have ended with 0 or been killed.
 */
void scene_let_go(struct scene *scene);

/* For the victim: it is where the test wants it; on with scene_go(). */
void scene_step(struct scene *scene);

/* For who outlives the victim: until the lifeline is cut. Only system calls. */
void scene_hang_on(const struct scene *scene);

/* A descriptor of the scene's region that joins (slot: or SLOT_ANY). */
void member_join(struct member *member, int region, uint32_t slot);

#endif
