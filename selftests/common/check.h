/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Checks for code that the harness's own macros can't be used in: forked
 * peers, threads and helpers. The harness leaves a test with longjmp(), which
 * in a peer would run the parent's teardown and in a thread is undefined.
 *
 * A check that fails prints where and why, and ends the process at once with
 * CHECK_FAILED, which is what the parent (or the harness) then reports.
 * What the test left behind is removed when the program ends, see region.c.
 */
#ifndef SELFTESTS_CHECK_H
#define SELFTESTS_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#define CHECK_FAILED 99

/* Printed too, where it isn't empty: what the test was about to do. */
extern char check_context[128];

/* The condition holds. */
#define MUST(condition) \
	check_true(!!(condition), __FILE__, __LINE__, #condition)

/* Two whole numbers are the same; both are printed when they aren't. */
#define MUST_EQ(expected, seen) \
	check_equal((int64_t)(expected), (int64_t)(seen), __FILE__, __LINE__, \
		    #seen)

void check_true(bool holds, const char *file, int line, const char *text);
void check_equal(int64_t expected, int64_t seen, const char *file, int line,
		 const char *text);

#endif
