// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Whatever a program can do with a region; see worker.h. */
#include "worker.h"
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_BYTES  200000u
#define SEGMENT_BYTES 5000u
#define KEYS	      4u

static const char *volatile doing;

/* SIGABRT: whoever waits for the process sees it, and where it was. */
static void stuck(int signal)
{
	static const char text[] = "# stuck in: ";
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)signal;
	if (written > 0)
		written = write(STDERR_FILENO, doing, strlen(doing));
	if (written > 0)
		written = write(STDERR_FILENO, "\n", 1);
	abort();
}

void worker_watch(const char *what)
{
	doing = what;
	if (signal(SIGALRM, stuck) == SIG_ERR)
		abort();
	alarm(WORKER_STEP_SECONDS);
}

int worker_sane(int ret)
{
	MUST(ret <= 1 && ret > -4096);
	return ret;
}

static int sane(int ret)
{
	return worker_sane(ret);
}

static uint64_t soon(void)
{
	return ipcbuf_deadline_ns(200000);
}

static void touch(void *memory, size_t bytes)
{
	volatile char *at = memory;

	MUST(bytes);
	at[0] = 1;
	at[bytes - 1] = 1;
}

static void touch_record(void *record)
{
	size_t usable;

	if (!sane(ipcbuf_usable_size(record, &usable)))
		touch(record, usable);
}

static void do_alloc(struct worker *worker, void **slot)
{
	size_t bytes = random_size(&worker->random, RECORD_BYTES);
	int align = random_below(&worker->random, 8) == 0;
	void *record;

	if (*slot)
		sane(ipcbuf_free(*slot));
	*slot = NULL;
	if (sane(align ? ipcbuf_alloc_aligned(worker->region, bytes, 4096,
					      &record) :
			 ipcbuf_alloc(worker->region, bytes, &record)))
		return;
	touch(record, bytes);
	touch_record(record);
	*slot = record;
}

static void do_send(struct worker *worker, void **slot)
{
	if (!*slot || !worker->out)
		return;
	touch_record(*slot);
	if (!sane(ipcbuf_channel_send_until(worker->out, *slot, soon())))
		*slot = NULL;
}

static void do_recv(struct worker *worker, void **slot)
{
	void *record;

	if (!worker->in)
		return;
	if (sane(ipcbuf_channel_recv_until(worker->in, &record, soon())))
		return;
	touch_record(record);
	if (*slot)
		sane(ipcbuf_free(*slot));
	*slot = record;
}

static void do_batches(struct worker *worker, void **slot)
{
	void *received[4];
	size_t count, i;

	(void)slot;
	if (!worker->in || !worker->out)
		return;
	if (!sane(ipcbuf_channel_send_batch(worker->out, worker->records,
					    WORKER_RECORDS, soon(), &count))) {
		MUST(count >= 1 && count <= WORKER_RECORDS);
		for (i = 0; i < count; i++)
			worker->records[i] = NULL;
	}
	if (!sane(ipcbuf_channel_recv_batch(worker->in, received, 4, soon(),
					    &count))) {
		MUST(count >= 1 && count <= 4);
		while (count--) {
			touch_record(received[count]);
			sane(ipcbuf_free(received[count]));
		}
	}
}

/* Numbers, and one name. */
static struct ipcbuf_key some_key(struct worker *worker)
{
	uint64_t key = random_below(&worker->random, KEYS);

	return key ? ipcbuf_key_id((int64_t)key - 1) : ipcbuf_key_name("mad");
}

static struct ipcbuf_channel *open_channel(struct worker *worker,
					   struct ipcbuf_key key,
					   enum ipcbuf_direction direction)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel;

	options.depth_slots = 1u << random_below(&worker->random, 9);
	if (random_below(&worker->random, 2))
		options.flags = IPCBUF_CHANNEL_KEEP;
	if (sane(ipcbuf_channel_open(worker->region, key, direction, &options,
				     &channel)))
		return NULL;
	return channel;
}

static void reopen_channels(struct worker *worker, bool first)
{
	if (worker->in)
		sane(ipcbuf_channel_close(worker->in));
	if (worker->out)
		sane(ipcbuf_channel_close(worker->out));
	worker->in = open_channel(worker, ipcbuf_key_id(first),
				  IPCBUF_CONSUMER);
	worker->out = open_channel(worker, ipcbuf_key_id(!first),
				   IPCBUF_PRODUCER);
}

static void look_at_channel(struct ipcbuf_channel *channel)
{
	struct ipcbuf_channel_info info;
	size_t pending;

	sane(ipcbuf_channel_pending(channel, &pending));
	sane(ipcbuf_channel_has_producer(channel));
	sane(ipcbuf_channel_has_consumer(channel));
	if (!sane(ipcbuf_channel_get_info(channel, &info)))
		MUST(!info.key.name ||
		     strlen(info.key.name) <= IPCBUF_NAME_MAX);
}

static void do_channels(struct worker *worker, void **slot)
{
	struct ipcbuf_channel *other;

	(void)slot;
	if (worker->in)
		look_at_channel(worker->in);
	if (random_below(&worker->random, 8) == 0)
		sane(ipcbuf_channel_remove(worker->region, some_key(worker)));
	other = open_channel(worker, some_key(worker), IPCBUF_PRODUCER);
	if (other) {
		look_at_channel(other);
		sane(ipcbuf_channel_close(other));
	}
	reopen_channels(worker, random_below(&worker->random, 2));
	sane(ipcbuf_channel_exists(worker->region, some_key(worker)));
	sane(ipcbuf_channel_wait(worker->region, ipcbuf_key_name("no"),
				 soon()));
}

static int initialise(void *address, size_t bytes, void *arg)
{
	(void)arg;
	touch(address, bytes);
	return 0;
}

static void do_segment(struct worker *worker, void **slot)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	struct ipcbuf_segment *segment;
	void *memory;
	size_t bytes;

	(void)slot;
	options.deadline_ns = soon();
	options.init = initialise;
	if (sane(ipcbuf_segment_open(worker->region, some_key(worker),
				     SEGMENT_BYTES, &options, &segment)))
		return;
	if (!sane(ipcbuf_segment_address(segment, &memory, &bytes))) {
		MUST(bytes >= SEGMENT_BYTES);
		touch(memory, bytes);
	}
	sane(ipcbuf_segment_close(segment));
	if (random_below(&worker->random, 4) == 0)
		sane(ipcbuf_segment_remove(worker->region, some_key(worker)));
}

static int visit_channel(const struct ipcbuf_channel_info *info, void *arg)
{
	(void)arg;
	MUST(!info->key.name || strlen(info->key.name) <= IPCBUF_NAME_MAX);
	return 0;
}

static int visit_member(const struct ipcbuf_member_info *info, void *arg)
{
	(void)info;
	(void)arg;
	return 0;
}

static int visit_class(const struct ipcbuf_class_info *info, void *arg)
{
	(void)info;
	(void)arg;
	return 0;
}

static void look_at_region(struct ipcbuf_region *region)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	struct ipcbuf_death death;

	sane(ipcbuf_region_get_info(region, &info));
	sane(ipcbuf_region_list_channels(region, visit_channel, NULL));
	sane(ipcbuf_region_list_members(region, visit_member, NULL));
	sane(ipcbuf_region_list_classes(region, visit_class, NULL));
	sane(ipcbuf_region_verify(region, NULL, NULL));
	sane(ipcbuf_region_next_death(region, 0, IPCBUF_NOWAIT, &death));
}

static void do_look(struct worker *worker, void **slot)
{
	(void)slot;
	look_at_region(worker->region);
}

static void do_tidy(struct worker *worker, void **slot)
{
	bool look = random_below(&worker->random, 2);
	struct ipcbuf_region *again;

	(void)slot;
	sane(ipcbuf_region_trim(worker->region));
	sane(ipcbuf_region_recover(worker->region, NULL));
	if (sane(test_region_open(worker->test,
				  look ? IPCBUF_REGION_RDONLY : 0, &again)))
		return;
	if (look)
		look_at_region(again);
	sane(ipcbuf_region_close(again));
}

struct step {
	const char *name;
	void (*run)(struct worker *worker, void **slot);
};

static const struct step common_steps[] = {
	{ "allocate", do_alloc },
	{ "allocate", do_alloc },
	{ "send", do_send },
	{ "receive", do_recv },
	{ "batches", do_batches },
};

static const struct step rare_steps[] = {
	{ "channels", do_channels },
	{ "segment", do_segment },
	{ "look", do_look },
	{ "tidy", do_tidy },
};

#define STEPS(steps) (sizeof(steps) / sizeof((steps)[0]))

/* The dear ones seldom. */
void worker_step(struct worker *worker)
{
	struct random *random = &worker->random;
	void **slot = &worker->records[random_below(random, WORKER_RECORDS)];
	const struct step *step = random_below(random, 40) ?
		&common_steps[random_below(random, STEPS(common_steps))] :
		&rare_steps[random_below(random, STEPS(rare_steps))];

	worker_watch(step->name);
	step->run(worker, slot);
}

void worker_begin(struct worker *worker, const struct test_region *test,
		  uint64_t seed, bool first)
{
	memset(worker, 0, sizeof(*worker));
	worker->test = test;
	worker->random.state = seed;
	worker->region = test_region_join(test);
	reopen_channels(worker, first);
}

void worker_end(struct worker *worker)
{
	worker_watch("close");
	sane(ipcbuf_region_close(worker->region));
}
