/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What systems differ in that tests have to know: system_linux.c,
 * system_darwin.c. Where a system hasn't got something, the tests of it are left
 * out, and say why.
 */
#ifndef SELFTESTS_SYSTEM_H
#define SELFTESTS_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* Why no region of this kind can be made here; NULL where it can. */
const char *system_why_not(uint32_t backend, uint32_t wait);

/*
 * What a test gets that wants a region so large: all of it, or the most that
 * leaves room for a second region of 1 MiB. What no region can have stays so.
 */
uint64_t system_region_bytes(uint32_t backend, uint64_t wanted_bytes);

/* Why that isn't what it wants; NULL where it is. */
const char *system_why_smaller(uint32_t backend, uint64_t wanted_bytes);

/* Of so many more regions of 1 MiB as a test wants, how many there can be. */
unsigned int system_regions(uint32_t backend, uint32_t wait,
			    unsigned int wanted);

/* Of so many more handles of its region, in one process, the same. */
unsigned int system_handles(uint32_t backend, unsigned int wanted);

/* Can others use up what there may be of such regions? */
bool system_has_few(uint32_t backend, uint32_t wait);

/* Does freed memory go back to the machine, so that the figures tell it? */
bool system_gives_back(uint32_t backend);

/* Is memory taken when a call asks for it, so that the call can be refused? */
bool system_commits(void);

/* Can memory be mapped so that children of fork() haven't got it? */
bool system_hides(void);

/* May root make a region that is somebody else's? */
bool system_gives_away(uint32_t backend);

/*
 * The folder where names' files lie, and where the memory of the POSIX backend
 * lies as files; NULL where it doesn't.
 */
extern const char *const system_name_folder;
extern const char *const system_memory_folder;

#endif
