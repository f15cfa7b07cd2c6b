// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Checks outside of the harness, see check.h. Any process and thread may call
 * these.
 */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char check_context[128];

static _Noreturn void fail(void)
{
	if (check_context[0])
		fprintf(stderr, "# %s\n", check_context);
	_exit(CHECK_FAILED);
}

void check_true(bool holds, const char *file, int line, const char *text)
{
	if (holds)
		return;

	fprintf(stderr, "# %s:%d: process %d: not so: %s\n", file, line,
		(int)getpid(), text);
	fail();
}

void check_equal(int64_t expected, int64_t seen, const char *file, int line,
		 const char *text)
{
	if (expected == seen)
		return;

	fprintf(stderr,
		"# %s:%d: process %d: %s is %" PRId64 ", not %" PRId64 "\n",
		file, line, (int)getpid(), text, seen, expected);
	fail();
}
