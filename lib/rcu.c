/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Threads and liburcu, so that a child of fork() finds none of its locks taken.
 *
 * liburcu (0.13 to 0.15) has one lock, init_lock, that urcu_bp_before_fork() doesn't take.
 * It is held for a moment by a thread that registers, and by one that ends, after that
 * has been taken off the registry. A child that was forked meanwhile would wait for
 * it for ever: in exit(), at the end of its first thread, at its threads' first call.
 *
 *   a thread that registers          who forks
 *   does so by our mutex             F1 takes our mutex
 *   a thread that ends               F2 urcu_bp_before_fork(): the registry's lock
 *   E1 off the registry, by its lock F3 whose entry isn't its own any more, but isn't
 *   E2 takes and drops init_lock        over yet, is waited for
 *   E3 over = 1, release
 *
 * Nobody gets to E2 after F2 who hadn't been at E1 before, and F3 sees that; by its acquire,
 * E2 is done where it sees E3. E1 and E2 are the destructor of liburcu's key, which it
 * makes when it is loaded; E3 is that of a key that is made later. The C libraries call
 * destructors in that order; where one doesn't, E3 comes too early, and F3 waits
 * for nobody. Between them a program's own destructors may run, and wait for whatever
 * they like: so F3 has a time limit.
 */
#include "rcu.h"

#include <pthread.h>
#include <stdlib.h>

#include <ipcbuf/base.h>

#include "atomic.h"
#include "process.h"
#include "util.h"

/* F3 */
#define ENDING_NS (1000 * IPCB_NS_PER_MS)

/* One that this library has registered. */
struct thread {
	struct urcu_bp_reader *reader;	/* its entry; never unmapped */
	pthread_t self;
	unsigned int over;		/* atomic */
	struct thread *next;
};

static pthread_key_t end_key;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct thread *threads;		/* by mutex */

/* E3. Takes no lock: who forks holds them. */
static void thread_end(void *thread)
{
	ipcb_store_release(&((struct thread *)thread)->over, 1);
}

static void free_over(void)
{
	struct thread **link = &threads, *thread;

	while ((thread = *link)) {
		if (ipcb_load_acquire(&thread->over)) {
			*link = thread->next;
			free(thread);
		} else {
			link = &thread->next;
		}
	}
}

/* Without memory nobody waits for it in F3. */
static void note_self(void)
{
	struct thread *thread = malloc(sizeof(*thread));

	if (!thread)
		return;
	*thread = (struct thread){
		.reader = URCU_TLS(urcu_bp_reader),
		.self = pthread_self(),
		.next = threads,
	};
	if (pthread_setspecific(end_key, thread))
		free(thread);
	else
		threads = thread;
}

void ipcb_rcu_register(void)
{
	int error = ipcb_process_init();

	pthread_mutex_lock(&mutex);
	urcu_bp_register_thread();
	if (!error) {
		free_over();
		note_self();
	}
	pthread_mutex_unlock(&mutex);
}

static int is_ending(const struct thread *thread)
{
	return !ipcb_load_acquire(&thread->over) &&
	       (!thread->reader->alloc ||
		!pthread_equal(thread->reader->tid, thread->self));
}

static void await_ending(void)
{
	struct ipcb_backoff backoff =
		IPCB_BACKOFF_INIT(ipcbuf_deadline_ns(ENDING_NS));
	const struct thread *thread;

	for (thread = threads; thread; thread = thread->next)
		while (is_ending(thread) && !ipcb_backoff(&backoff))
			;
}

int ipcb_rcu_init(void)
{
	return -pthread_key_create(&end_key, thread_end);
}

/* The child's first thread, which is this one, is registered by then, too. */
void ipcb_rcu_fork_prepare(void)
{
	if (!URCU_TLS(urcu_bp_reader))
		ipcb_rcu_register();
	/* F1 to F3 */
	pthread_mutex_lock(&mutex);
	urcu_bp_before_fork();
	await_ending();
}

void ipcb_rcu_fork_parent(void)
{
	urcu_bp_after_fork_parent();
	pthread_mutex_unlock(&mutex);
}

/* The others aren't there to say that they are over. */
void ipcb_rcu_fork_child(void)
{
	struct thread *thread;

	urcu_bp_after_fork_child();
	for (thread = threads; thread; thread = thread->next)
		if (!pthread_equal(thread->self, pthread_self()))
			ipcb_store_relaxed(&thread->over, 1);
	pthread_mutex_unlock(&mutex);
}
