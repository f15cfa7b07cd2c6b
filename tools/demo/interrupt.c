// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Notes that a signal came. See interrupt.h. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t noted;

/*
 * A signal that comes just before a system call begins to block doesn't
 * interrupt it. So each sets off an alarm, and each alarm the next.
 */
static void note_and_repeat(int signo)
{
	if (signo != SIGALRM)
		noted = signo;
	alarm(1);
}

static void handle(int signo, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	sigaction(signo, &action, NULL);
}

void interrupt_install(void)
{
	handle(SIGINT, note_and_repeat);
	handle(SIGTERM, note_and_repeat);
	handle(SIGHUP, note_and_repeat);
	handle(SIGALRM, note_and_repeat);
	handle(SIGPIPE, SIG_IGN);
}

void interrupt_install_consumer(void)
{
	handle(SIGINT, SIG_IGN);
	handle(SIGHUP, SIG_IGN);
	handle(SIGTERM, SIG_DFL);
	handle(SIGALRM, SIG_IGN);
}

int interrupt_signal(void)
{
	return noted;
}
