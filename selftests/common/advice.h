/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Does madvise() do what it is asked for? An emulator of user programs may take
 * all of it for hints, and do nothing.
 */
#ifndef SELFTESTS_ADVICE_H
#define SELFTESTS_ADVICE_H

#include <stdbool.h>

/* MADV_REMOVE, by which System V memory is given back. */
bool advice_removes(void);

/* MADV_DONTFORK: a child hasn't got what a parent has mapped. */
bool advice_hides(void);

#endif
