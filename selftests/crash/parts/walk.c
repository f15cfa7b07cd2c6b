// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Walks, see walk.h. */
#include "walk_round.h"

#include "peers.h"
#include "points.h"

#include "../../common/check.h"
#include "../../common/fill.h"
#include "../../common/peer.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGION_BYTES (8 * MIB)
#define FRESH_BYTES  (1 * MIB)
#define MESSAGE_BYTES 64u
/* For one kill, with all that belongs to it. A hang is a failure. */
#define KILL_SECONDS 60u
#define TRACES 8u

static const char *const peer_names[] = { "idle", "busy", "asleep" };

void crash_done(struct crash *crash, uint32_t calls)
{
	__atomic_fetch_add(&crash->page->done, calls, __ATOMIC_SEQ_CST);
}

void *crash_message(struct ipcbuf_region *region, uint64_t serial)
{
	void *record = record_new(region, MESSAGE_BYTES);

	message_write(record, MESSAGE_BYTES, serial);
	return record;
}

uint64_t crash_read(void *record)
{
	uint64_t serial;
	size_t usable;

	MUST_EQ(0, ipcbuf_usable_size(record, &usable));
	MUST(message_read(record, usable, &serial));
	MUST_EQ(0, ipcbuf_free(record));
	return serial;
}

static void begin_region(struct walk *walk)
{
	struct crash *crash = &walk->crash;
	bool fresh = walk->walked->flags & CRASH_FRESH;

	MUST_EQ(0, test_region_create(&crash->region, crash->backend,
				      crash->wait,
				      fresh ? FRESH_BYTES : REGION_BYTES));
	if (!fresh)
		region_wear_in(crash->region.handle);
	keepers_take(crash);
}

static void end_region(struct walk *walk)
{
	MUST_EQ(0, test_region_end(&walk->crash.region));
}

static void prepare(void *arg)
{
	struct walk *walk = arg;
	struct crash *crash = &walk->crash;

	crash->page->victim = getpid();
	if (!(walk->walked->flags & (CRASH_OUTSIDE | CRASH_NOWHERE)))
		crash->mine = test_region_join(&crash->region);
	if (walk->walked->prepare)
		walk->walked->prepare(crash);
}

static void operate(void *arg)
{
	struct walk *walk = arg;

	walk->walked->operate(&walk->crash);
}

static int live_as_peer(void *arg)
{
	struct walk *walk = arg;

	peer_leave_cpu();
	walk->crash.mine = test_region_join(&walk->crash.region);
	if (walk->walked->work)
		walk->walked->work(&walk->crash);
	else
		peer_does_everything(&walk->crash);
	MUST_EQ(0, ipcbuf_region_close(walk->crash.mine));
	return 0;
}

void walk_begin_round(struct walk *walk)
{
	struct crash *crash = &walk->crash;
	struct step_marks marks = { 0, 0 };

	alarm(KILL_SECONDS);
	if (walk->walked->flags & CRASH_FRESH)
		begin_region(walk);
	crash->page->marks = marks;
	crash->page->done = crash->page->inits = crash->page->stop = 0;
	crash->page->first = crash->page->last = crash->page->sent = 0;
	crash->pending = 0;
	if (walk->walked->stage)
		walk->walked->stage(crash);
	if (crash->peer == CRASH_IDLE)
		return;
	walk->peer = peer_start(live_as_peer, walk);
	gate_wait(crash->ready);
}

/* The victim has stopped before the operation. */
void walk_start_victim(struct walk *walk, struct step_child *victim)
{
	step_start(victim, &walk->job);
	if (walk->crash.peer == CRASH_ASLEEP)
		thread_await_sleep(walk->peer);
}

static int come_and_go(void *arg)
{
	const struct crash *crash = arg;

	return ipcbuf_region_close(test_region_join(&crash->region));
}

/* Somebody recovers: by a call, by joining, or the peer who learns of it. */
static void recover(struct walk *walk)
{
	struct crash *crash = &walk->crash;
	uint64_t turn = crash->turn++;

	if (crash->peer == CRASH_ASLEEP && turn % 8 == 7)
		return;
	if (turn % 2)
		MUST_EQ(0, peer_wait(peer_start(come_and_go, crash)));
	MUST_EQ(0, ipcbuf_region_recover(crash->region.handle, NULL));
}

static void end_peer(struct walk *walk)
{
	if (walk->crash.peer == CRASH_IDLE)
		return;
	__atomic_store_n(&walk->crash.page->stop, 1, __ATOMIC_SEQ_CST);
	MUST_EQ(0, peer_wait(walk->peer));
}

void walk_look(struct walk *walk, const struct step_child *victim)
{
	walk->crash.ended = step_ended(victim);
	if (walk->walked->look)
		walk->walked->look(&walk->crash);
}

/* Of regions that are new each time, the first one's are taken. */
static void judge_figures(struct walk *walk)
{
	struct figures seen;

	if (walk->walked->flags & CRASH_FRESH)
		region_wear_in(walk->crash.region.handle);
	seen = figures_of(&walk->crash);
	MUST_EQ(CRASH_KEEPERS, seen.held_records);
	MUST_EQ(0, seen.channels + seen.segments);
	MUST_EQ(1, seen.members);
	if (walk->measured)
		figures_must_be(walk->before, seen);
	walk->before = seen;
	walk->measured = true;
}

void walk_judge(struct walk *walk)
{
	struct crash *crash = &walk->crash;
	struct ipcbuf_region *region = crash->region.handle;

	if (walk->walked->flags & CRASH_NOWHERE) {
		walk->walked->judge(crash);
		return;
	}
	recover(walk);
	end_peer(walk);
	MUST_EQ(0, region_verify(region));
	if (walk->walked->judge)
		walk->walked->judge(crash);
	MUST_EQ(0, region_verify(region));
	keepers_check(crash);
	judge_figures(walk);
	region_must_work(region);
	if (walk->walked->flags & CRASH_FRESH)
		end_region(walk);
}

static void rehearse(struct walk *walk)
{
	struct step_child victim;

	walk_begin_round(walk);
	walk_start_victim(walk, &victim);
	step_finish(&victim);
	walk_look(walk, &victim);
	step_kill(&victim);
	walk_judge(walk);
}

static void record(struct walk *walk, bool want_changes)
{
	struct step_child victim;
	struct changes changes;

	walk_begin_round(walk);
	walk_start_victim(walk, &victim);
	want_changes = want_changes &&
		       !(walk->walked->flags & CRASH_NOWHERE) &&
		       changes_begin(&changes, &walk->crash);
	step_record(&victim, &walk->trace, want_changes ? changes_note : NULL,
		    &changes);
	if (want_changes) {
		walk->changed = changes.changed;
		changes_end(&changes);
	}
	walk_look(walk, &victim);
	step_kill(&victim);
	walk_judge(walk);
}

static void forget_trace(struct walk *walk)
{
	step_trace_free(&walk->trace);
	pages_free(walk->changed, STEP_MOST * sizeof(bool));
	walk->changed = NULL;
}

/*
 * The first rounds find the region, and leave the judge's own memory, which
 * victims inherit, as no later ones do. So for many kills it is traced until one
 * trace is like the one before.
 */
void walk_trace(struct walk *walk, bool want_changes)
{
	struct step_trace before;
	unsigned int tries;
	bool same;

	rehearse(walk);
	record(walk, want_changes);
	for (tries = 0, same = !points_exhaustive(); tries < TRACES && !same;
	     tries++) {
		before = walk->trace;
		pages_free(walk->changed, STEP_MOST * sizeof(bool));
		walk->changed = NULL;
		record(walk, want_changes);
		same = step_trace_same(&before, &walk->trace);
		step_trace_free(&before);
	}
}

/* Where it is now it dies, and is judged like any other. */
static void give_up(struct walk *walk, struct step_child *victim)
{
	walk_look(walk, victim);
	step_kill(victim);
	walk_judge(walk);
	walk_begin_round(walk);
	walk_start_victim(walk, victim);
}

/*
 * A busy peer takes every victim another way than the trace: there it is killed
 * where it has come to. Else there are reasons that pass, such as a clock
 * that ticks; and one way that never fails.
 */
void walk_take_victim(struct walk *walk, struct step_child *victim,
		      size_t step)
{
	unsigned int tries;

	walk_start_victim(walk, victim);
	for (tries = 0; tries < TRIES; tries++) {
		if (step_go(victim, &walk->trace, step))
			return;
		walk->strayed++;
		if (walk->crash.peer != CRASH_IDLE)
			return;
		give_up(walk, victim);
	}
	step_walk(victim, step);
}

static void kill_at(struct walk *walk, size_t step)
{
	struct step_child victim;

	walk->crash.page->step = step - walk->trace.begun;
	walk_begin_round(walk);
	walk_take_victim(walk, &victim, step);
	walk_look(walk, &victim);
	step_kill(&victim);
	walk_judge(walk);
	walk->tried++;
}

static void walk_with(struct walk *walk, enum crash_peer peer, size_t some)
{
	struct points points;
	size_t step;

	walk->crash.peer = peer;
	walk->crash.page->peer = peer;
	walk->tried = walk->strayed = 0;
	if (!walk->trace.count)
		walk_trace(walk, points_exhaustive());
	walk->crash.page->steps = walk->trace.ended - walk->trace.begun;
	points_begin(&points, &walk->trace, walk->changed, some);
	while (points_next(&points, &step))
		kill_at(walk, step);
	points_report(walk->walked->name, peer_names[peer],
		      walk->crash.backend, walk->crash.wait,
		      walk->crash.page->steps, walk->tried, walk->strayed);
}

static void walk_all(struct walk *walk)
{
	unsigned int flags = walk->walked->flags;

	if (flags & CRASH_SLEEPER) {
		walk_with(walk, CRASH_ASLEEP, POINTS_IDLE);
	} else if (flags & CRASH_WAITER) {
		walk_with(walk, CRASH_BUSY, POINTS_IDLE);
	} else {
		walk_with(walk, CRASH_IDLE, POINTS_IDLE);
		if (!(flags & CRASH_ALONE))
			walk_with(walk, CRASH_BUSY, POINTS_BUSY);
	}
}

struct walker {
	struct walk *walk;
	void (*walks)(struct walk *walk);
};

static int run_walks(void *arg)
{
	struct walker *walker = arg;
	struct walk *walk = walker->walk;
	bool lasting = !(walk->walked->flags & (CRASH_FRESH | CRASH_NOWHERE));

	peer_keep_cpu();
	walk->crash.ready = gate_new();
	if (lasting) {
		begin_region(walk);
		if (points_exhaustive())
			handles_wear_in(walk->crash.region.handle);
		walk->before = figures_of(&walk->crash);
		walk->measured = true;
	}
	walker->walks(walk);
	if (lasting)
		end_region(walk);
	forget_trace(walk);
	return 0;
}

int walk_run(struct walk *walk, void (*walks)(struct walk *walk))
{
	struct walker walker = { walk, walks };
	struct crash_page *page;
	int ret;

	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(page != MAP_FAILED);
	walk->crash.page = page;
	walk->job = (struct step_job){ &page->marks, prepare, operate, walk };
	ret = peer_wait(peer_start(run_walks, &walker));
	if (ret)
		fprintf(stderr, "# %s: killed after %llu of %llu "
			"instructions, peer %s, middle %llu\n",
			walk->walked->name, (unsigned long long)page->step,
			(unsigned long long)page->steps,
			peer_names[page->peer],
			(unsigned long long)page->middle);
	MUST_EQ(0, munmap(page, sizeof(*page)));
	return ret;
}

int crash_walk(uint32_t backend, uint32_t wait, const struct crash_case *walked)
{
	struct walk walk = { .walked = walked };

	walk.crash.backend = backend;
	walk.crash.wait = wait;
	return walk_run(&walk, walk_all);
}
