// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* See crash.h. */
#include "crash.h"

#include "check.h"
#include "fill.h"
#include "peer.h"
#include "random.h"
#include "step.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define POINTS 25u
#define MOST   1000u
/* Of a long operation fewer points, so that all of them take no more steps. */
#define LEAST  5u
#define STEPS  30000u

struct run {
	struct crash_scene scene;
	const struct crash_op *op;
	const char *name;
};

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

void crash_nothing(struct crash_scene *scene)
{
	(void)scene;
}

int crash_peer_allocates(void *arg)
{
	struct crash_scene *scene = arg;
	struct ipcbuf_region *region = test_region_join(scene->region);
	struct random random = { 1 };
	void *records[8] = { NULL };
	unsigned int i = 0;

	for (; !scene->shared->stop; i = (i + 1) % 8) {
		if (records[i])
			MUST_EQ(0, ipcbuf_free(records[i]));
		records[i] = record_new(region, random_size(&random, 30000));
		if (i == 7)
			gate_post(scene->ready, 1);
	}
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

void crash_send(struct crash_scene *scene, struct ipcbuf_channel *out,
		uint64_t serial)
{
	struct ipcbuf_region *region;
	void *record;

	(void)scene;
	MUST_EQ(0, ipcbuf_channel_region(out, &region));
	record = record_new(region, CRASH_BYTES);
	message_write(record, CRASH_BYTES, serial);
	MUST_EQ(0, ipcbuf_channel_send(out, record));
}

uint64_t crash_serial(void *record)
{
	uint64_t serial;
	size_t usable;

	MUST_EQ(0, ipcbuf_usable_size(record, &usable));
	MUST(message_read(record, usable, &serial));
	return serial;
}

uint64_t crash_drain(struct ipcbuf_channel *in, uint64_t first, int error)
{
	uint64_t count = 0;
	void *record;
	int ret;

	while (!(ret = ipcbuf_channel_recv(in, &record))) {
		MUST_EQ(first + count, crash_serial(record));
		MUST_EQ(0, ipcbuf_free(record));
		count++;
	}
	MUST_EQ(error, ret);
	MUST_EQ(-EPIPE, ipcbuf_channel_recv(in, &record));
	MUST_EQ(0, ipcbuf_channel_close(in));
	return count;
}

int crash_peer_consumes(void *arg)
{
	struct crash_scene *scene = arg;
	struct ipcbuf_region *region = test_region_join(scene->region);
	struct ipcbuf_channel *in = channel_join(region, CRASH_CHANNEL,
						 IPCBUF_CONSUMER, CRASH_DEPTH);

	gate_post(scene->ready, 1);
	scene->shared->peer_count = crash_drain(in, 0, -EOWNERDEAD);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

int crash_peer_produces(void *arg)
{
	struct crash_scene *scene = arg;
	struct ipcbuf_region *region = test_region_join(scene->region);
	struct ipcbuf_channel *out = channel_join(region, CRASH_CHANNEL,
						  IPCBUF_PRODUCER, CRASH_DEPTH);
	uint64_t serial = 0;
	void *record;
	int ret;

	for (;; serial++) {
		record = record_new(region, CRASH_BYTES);
		message_write(record, CRASH_BYTES, serial);
		if (serial == CRASH_DEPTH)
			gate_post(scene->ready, 1);
		ret = ipcbuf_channel_send(out, record);
		if (ret)
			break;
	}
	scene->shared->peer_count = serial;
	MUST_EQ(-EOWNERDEAD, ret);
	MUST_EQ(-EPIPE, ipcbuf_channel_send(out, record));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

static void victim_prepare(void *arg)
{
	struct run *run = arg;

	if (!run->op->joins_late)
		run->scene.mine = test_region_join(run->scene.region);
	run->op->prepare(&run->scene);
}

static void victim_operate(void *arg)
{
	struct run *run = arg;

	run->op->operate(&run->scene);
}

static void begin_peer(struct run *run)
{
	struct crash_scene *scene = &run->scene;

	scene->shared->stop = false;
	scene->shared->peer_count = 0;
	scene->peer = 0;
	if (!run->op->peer)
		return;
	scene->ready = gate_new();
	scene->peer = peer_start(run->op->peer, scene);
	gate_wait(scene->ready);
	if (run->op->peer_sleeps)
		thread_await_sleep(scene->peer);
}

static void end_peer(struct run *run)
{
	struct crash_scene *scene = &run->scene;

	scene->shared->stop = true;
	if (!scene->peer)
		return;
	MUST_EQ(0, peer_wait(scene->peer));
	close(scene->ready);
}

/* All is as it was before the victim came. */
static void nothing_left(const struct crash_scene *scene)
{
	struct ipcbuf_region *region = scene->region->handle;
	void *record;

	MUST_EQ(0, region_verify(region));
	MUST_EQ(1, region_info(region).members);
	MUST_EQ(0, region_info(region).channels);
	MUST_EQ(0, region_info(region).segments);
	MUST_EQ(0, region_held(region));
	/* Most of it in one piece: no frame has been forgotten. */
	MUST_EQ(0, ipcbuf_alloc(region, 5 * MIB, &record));
	MUST_EQ(0, ipcbuf_free(record));
}

/* Kill after @point instructions. Return: -1, or whether it had ended. */
static int kill_at(struct run *run, uint64_t point)
{
	struct crash_scene *scene = &run->scene;
	pid_t victim;

	snprintf(check_context, sizeof(check_context),
		 "%s, killed after %llu instructions", run->name,
		 (unsigned long long)point);
	run->op->before(scene);
	begin_peer(run);
	victim = step_start(victim_prepare, victim_operate, run);
	if (victim < 0)
		return -1;
	scene->steps = step_run(victim, point);
	scene->ended = scene->steps < point;
	step_kill(victim);
	MUST_EQ(0, ipcbuf_region_recover(scene->region->handle,
					 &scene->recovered));
	end_peer(run);
	run->op->judge(scene);
	nothing_left(scene);
	check_context[0] = '\0';
	return scene->ended;
}

/* Every @stride-th from @first on. Return: how many, 0 where none could be. */
static uint64_t kill_each(struct run *run, uint64_t first, uint64_t stride)
{
	uint64_t point, count = 0;
	int ended = 0;

	for (point = first; !ended; point += stride, count++) {
		ended = kill_at(run, point);
		if (ended < 0)
			return 0;
	}
	return count;
}

bool crash_not_chosen(const char *name)
{
	const char *only = getenv("CRASH_ONLY");

	return only && *only && strcmp(only, name) != 0;
}

/* How many points of an operation of @steps instructions. */
static uint64_t points_wanted(uint64_t steps)
{
	uint64_t affordable = 2 * STEPS / (steps + 1);

	if (getenv("CRASH_EXHAUSTIVE"))
		return number_from("CRASH_MOST", MOST);
	if (getenv("CRASH_POINTS"))
		return number_from("CRASH_POINTS", POINTS);
	if (affordable < LEAST)
		return LEAST;
	return affordable < POINTS ? affordable : POINTS;
}

bool crash_run(const struct test_region *region, const char *name,
	       const struct crash_op *op)
{
	struct run run = { .op = op, .name = name, .scene.region = region };
	struct random random = { ipcbuf_now_ns() };
	uint64_t stride, count;

	run.scene.shared = mmap(NULL, sizeof(*run.scene.shared),
				PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(run.scene.shared != MAP_FAILED);
	/* The first one is for its length; it is killed behind its end. */
	if (kill_at(&run, UINT64_MAX) < 0)
		return false;
	stride = run.scene.steps / points_wanted(run.scene.steps) + 1;
	count = kill_each(&run, random_below(&random, stride), stride);
	printf("# %s: %llu instructions, killed at %llu points\n", name,
	       (unsigned long long)run.scene.steps, (unsigned long long)count);
	fflush(stdout);
	MUST_EQ(0, munmap(run.scene.shared, sizeof(*run.scene.shared)));
	return true;
}
