/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Noting signals; see interrupt.h. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* Written by the handler alone. */
static volatile sig_atomic_t caught;

static void note(int number)
{
	if (number != SIGALRM)
		caught = number;
	alarm(1);
}

void interrupt_catch(void)
{
	static const int numbers[] = { SIGALRM, SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = note }, before;
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* nohup, and shells without job control, ignore on purpose. */
		if (numbers[i] != SIGALRM &&
		    !sigaction(numbers[i], NULL, &before) &&
		    before.sa_handler == SIG_IGN)
			continue;
		sigaction(numbers[i], &action, NULL);
	}
}

int interrupt_signal(void)
{
	return caught;
}
