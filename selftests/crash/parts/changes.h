/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Which steps of a trace changed something that others can see: a byte of the
 * region, or, by a system call, anything else.
 */
#ifndef SELFTESTS_CRASH_CHANGES_H
#define SELFTESTS_CRASH_CHANGES_H

#include "walk.h"

struct changes {
	const unsigned char *base;	/* of the judge's mapping */
	unsigned char *copy;
	unsigned char *present;		/* of each page: has it memory? */
	size_t pages;
	bool *changed;			/* STEP_MOST of them */
};

/* False where it can't be told which pages the region has. */
bool changes_begin(struct changes *changes, struct crash *crash);
/* For step_record(). */
void changes_note(size_t step, bool called, void *changes);
/* What is left is @changed, which is its owner's to free. */
void changes_end(struct changes *changes);

#endif
