// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Notes that a signal came; the supervisor looks many times a second. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t noted;

static void note(int signo)
{
	(void)signo;
	noted = 1;
}

void interrupt_install(void)
{
	struct sigaction action = { .sa_handler = note };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool interrupted(void)
{
	return noted;
}
