// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The threads of a session. See worker.h. */
#include "worker.h"

#include "acts.h"
#include "hoard.h"
#include "lane.h"

#include <stdlib.h>
#include <unistd.h>

#define RUNNERS_MAX  (THREADS_MAX - 1)
#define ACTS_MOST    3000u
#define FOREVER_MOST 400u
#define ALL_WEIGHTS  986u

static bool ending(const struct runner *runner)
{
	const struct session *session = runner->session;

	return __atomic_load_n(&session->ending, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&runner->ledger->finish, __ATOMIC_RELAXED);
}

static void act_send(struct runner *runner)
{
	struct end *end = lane_pick(&runner->session->producers,
				    &runner->random);

	if (!end)
		return;
	lane_send(runner, end, soon(&runner->random));
	pthread_mutex_unlock(&end->lock);
}

static unsigned int some_count(struct random *random)
{
	return random_one_in(random, 2) ? 1 :
	       1 + (unsigned int)random_below(random, BATCH_MAX);
}

static void act_receive(struct runner *runner)
{
	struct end *end = lane_pick(&runner->session->consumers,
				    &runner->random);

	if (!end)
		return;
	lane_receive(runner, end, some_count(&runner->random),
		     soon(&runner->random));
	pthread_mutex_unlock(&end->lock);
}

static void act_hoard(struct runner *runner)
{
	cell_beat(runner->cell, DOING_HOARD, 0);
	hoard_turn(runner);
}

/* As one that crashes: nothing is closed. */
static void act_fall(struct runner *runner)
{
	if (runner->session->worker->options->kills &&
	    random_one_in(&runner->random, 10))
		_exit(WORKER_FELL);
}

static void act(struct runner *runner)
{
	static const struct {
		void (*run)(struct runner *runner);
		unsigned int weight;
	} acts[] = {
		{ act_send, 400 }, { act_receive, 400 }, { act_hoard, 150 },
		{ act_wild, 20 }, { act_segment, 10 }, { act_tidy, 4 },
		{ act_look, 1 }, { act_fall, 1 },
	};
	unsigned int i = 0, at;

	at = (unsigned int)random_below(&runner->random, ALL_WEIGHTS);

	while (at >= acts[i].weight)
		at -= acts[i++].weight;
	acts[i].run(runner);
}

/* A runner's cell is its as long as it lives, however it ends. */
static void gone(void *arg)
{
	struct runner *runner = arg;

	cell_beat(runner->cell, DOING_NOTHING, 0);
}

static void *run(void *arg)
{
	struct runner *runner = arg;
	uint64_t left = random_below(&runner->random, ACTS_MOST);

	runner->cell->tid = gettid();
	pthread_cleanup_push(gone, runner);
	while (left-- && !ending(runner)) {
		pthread_testcancel();
		act(runner);
	}
	if (left & 1)
		pthread_exit(NULL);
	pthread_cleanup_pop(1);
	return NULL;
}

/* The two below wait for ever, at one end after the other. */
static void *run_sender(void *arg)
{
	struct runner *runner = arg;
	uint64_t left = random_below(&runner->random, FOREVER_MOST);
	struct end *end;

	runner->cell->tid = gettid();
	while (left-- && !ending(runner)) {
		end = lane_pick(&runner->session->producers, &runner->random);
		if (!end)
			break;
		lane_send(runner, end, IPCBUF_FOREVER);
		pthread_mutex_unlock(&end->lock);
	}
	gone(runner);
	return NULL;
}

static void *run_receiver(void *arg)
{
	struct runner *runner = arg;
	uint64_t left = random_below(&runner->random, FOREVER_MOST);
	struct end *end;

	runner->cell->tid = gettid();
	while (left-- && !ending(runner)) {
		end = lane_pick(&runner->session->consumers, &runner->random);
		if (!end)
			break;
		lane_receive(runner, end, some_count(&runner->random),
			     IPCBUF_FOREVER);
		pthread_mutex_unlock(&end->lock);
	}
	gone(runner);
	return NULL;
}

static void prepare(struct session *session, struct runner *runner,
		    unsigned int cell, struct random *random)
{
	const struct worker *worker = session->worker;

	runner->session = session;
	runner->ledger = worker->ledger;
	runner->cell = &worker->ledger->cells[worker->slot][cell];
	runner->random.state = random_next(random);
}

static void start(struct runner *runner, void *(*function)(void *))
{
	if (pthread_create(&runner->thread, NULL, function, runner))
		ledger_wrong(runner->ledger, "no more threads");
	ledger_count(runner->ledger, COUNT_THREADS, 1);
}

static void join(struct runner *runner)
{
	pthread_join(runner->thread, NULL);
}

/* Threads come and go while this one does its part, too. */
static void main_part(struct session *session, struct runner *main,
		      struct runner *others, unsigned int count)
{
	uint64_t rounds = 1 + random_below(&main->random, 4), left;
	unsigned int i;

	for (i = 0; i < count; i++)
		start(&others[i], run);
	while (rounds-- && count) {
		left = random_below(&main->random, ACTS_MOST / 4);
		while (left-- && !ending(main))
			act(main);
		i = (unsigned int)random_below(&main->random, count);
		pthread_cancel(others[i].thread);
		join(&others[i]);
		ledger_count(main->ledger, COUNT_CANCELLED, 1);
		start(&others[i], run);
	}
	__atomic_store_n(&session->ending, 1, __ATOMIC_RELAXED);
	cell_beat(main->cell, DOING_END, 0);
	for (i = 0; i < count; i++)
		join(&others[i]);
}

void runner_session(struct session *session, struct random *random)
{
	struct runner runners[THREADS_MAX], *main = &runners[0];
	unsigned int others = 1 + (unsigned int)random_below(random,
							     RUNNERS_MAX - 2);
	unsigned int i;

	lanes_open(session);
	for (i = 0; i < THREADS_MAX; i++)
		prepare(session, &runners[i], i, random);
	start(&runners[1], run_sender);
	start(&runners[2], run_receiver);
	main_part(session, main, &runners[3], others - 1);
	while (!lanes_close(session))
		usleep(500);
	join(&runners[1]);
	join(&runners[2]);
	cell_beat(main->cell, DOING_END, 1);
	if (random_one_in(random, 2))
		hoard_empty(main);
}
