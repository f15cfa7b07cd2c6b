/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Other processes of a test, and how they meet.
 *
 * A peer is a forked child that runs one function. Whoever starts a peer must
 * collect it with peer_wait() and check what that says. Every forked process is
 * killed when the thread that forked it ends, so that a test that failed, or a
 * program that was stopped, leaves none behind.
 *
 * A gate is a counter that processes and threads wait at: each gate_post()
 * lets so many through. Nothing here relies on the time something takes; the
 * limits only turn a hang into a message.
 */
#ifndef SELFTESTS_PEER_H
#define SELFTESTS_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Start @run(@arg) in a child. It ends with exit() and the value that @run
 * returned, as a program does that returns from main().
 */
pid_t peer_start(int (*run)(void *arg), void *arg);

/*
 * Wait for a peer's end. Return: its exit status, or -N where signal N ended
 * it. Anything but 0 is also printed.
 */
int peer_wait(pid_t peer);

/* Kill a peer. Return: what peer_wait() says, without printing it. */
int peer_kill(pid_t peer);

/* Descriptors, inherited by peers. Closed when the test process ends. */
int gate_new(void);
void gate_post(int gate, unsigned int count);
void gate_wait(int gate);
bool gate_is_open(int gate);
/* The systems' part of gate_wait(): one count, which is there. */
void gate_take(int gate);

/* What the kernel tells of a thread; for one that is gone, state is 0. */
struct thread_look {
	char state;			/* 'R', 'S', 'Z' … */
	uint64_t voluntary_switches;
};

struct thread_look thread_look(pid_t tid);

/* The calling thread's id. */
pid_t thread_id(void);

/* Return when the kernel has seen a thread asleep. */
void thread_await_sleep(pid_t tid);

/* CPU time that a process (not one of its threads) has used, in ns. */
uint64_t process_cpu_ns(pid_t pid);

#endif
