// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A peer gone mad: it writes random words all over the region while others
 * work in it. What they get may be an error or nonsense. What they mustn't do
 * is crash, touch memory outside of the region, or never come back from a
 * call; the harness's time limit finds the last.
 *
 * A region that is ruined has little left to go wrong in. So there are many
 * short episodes, each in a new region, from a word now and then to a storm.
 */
#include "../common/variants.h"
#include "../common/random.h"

#define EPISODES     15
#define WORKERS      2
#define OPERATIONS   1000
#define RECORDS      32
#define REGION_BYTES (8 * MIB)

FIXTURE(scribble) {
	struct test_region region;
	int started;
	int go;
	int done;
	uint64_t seed;
	uint64_t pace;			/* turns between two words, at most */
};

ALL_VARIANTS(scribble);

FIXTURE_SETUP(scribble)
{
	NEED_BACKEND(variant->backend);
	self->started = gate_new();
	self->go = gate_new();
	self->done = gate_new();
}

FIXTURE_TEARDOWN(scribble)
{
}

struct worker {
	const struct test_region *test;
	struct ipcbuf_region *region;
	struct ipcbuf_channel *in;
	struct ipcbuf_channel *out;
	void *records[RECORDS];
	struct random random;
};

/* An answer is 0, 1 or an errno, whatever the memory says. */
static int sane(int ret)
{
	MUST(ret <= 1 && ret > -4096);
	return ret;
}

static uint64_t soon(void)
{
	return ipcbuf_deadline_ns(200000);
}

/* What was given must be there, from its first byte to its last. */
static void touch(void *record)
{
	size_t usable;

	if (sane(ipcbuf_usable_size(record, &usable)))
		return;
	*(volatile char *)record = 1;
	*((volatile char *)record + usable - 1) = 1;
}

static void do_alloc(struct worker *worker, void **slot)
{
	size_t bytes = random_size(&worker->random, 200000);
	void *record;

	if (*slot)
		sane(ipcbuf_free(*slot));
	*slot = NULL;
	if (sane(ipcbuf_alloc(worker->region, bytes, &record)))
		return;
	*(volatile char *)record = 1;
	*((volatile char *)record + bytes - 1) = 1;
	touch(record);
	*slot = record;
}

static void do_send(struct worker *worker, void **slot)
{
	if (!*slot || !worker->out)
		return;
	touch(*slot);
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
	touch(record);
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
					    RECORDS, soon(), &count))) {
		MUST(count >= 1 && count <= RECORDS);
		for (i = 0; i < count; i++)
			worker->records[i] = NULL;
	}
	if (!sane(ipcbuf_channel_recv_batch(worker->in, received, 4, soon(),
					    &count))) {
		MUST(count >= 1 && count <= 4);
		while (count--)
			sane(ipcbuf_free(received[count]));
	}
}

static void reopen_channels(struct worker *worker, bool first)
{
	struct ipcbuf_region *region = worker->region;

	if (worker->in)
		sane(ipcbuf_channel_close(worker->in));
	if (worker->out)
		sane(ipcbuf_channel_close(worker->out));
	worker->in = worker->out = NULL;
	sane(ipcbuf_channel_open(region, ipcbuf_key_id(first),
				 IPCBUF_CONSUMER, NULL, &worker->in));
	sane(ipcbuf_channel_open(region, ipcbuf_key_id(!first),
				 IPCBUF_PRODUCER, NULL, &worker->out));
}

static void do_channels(struct worker *worker, void **slot)
{
	struct ipcbuf_channel_info info;
	size_t pending;

	(void)slot;
	if (worker->in) {
		sane(ipcbuf_channel_pending(worker->in, &pending));
		sane(ipcbuf_channel_has_producer(worker->in));
		sane(ipcbuf_channel_get_info(worker->in, &info));
	}
	if (random_below(&worker->random, 8) == 0)
		sane(ipcbuf_channel_remove(
			     worker->region,
			     ipcbuf_key_id((int64_t)random_below(
						   &worker->random, 3))));
	reopen_channels(worker, random_below(&worker->random, 2));
	sane(ipcbuf_channel_wait(worker->region, ipcbuf_key_name("no"),
				 soon()));
}

static void do_segment(struct worker *worker, void **slot)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	struct ipcbuf_segment *segment;
	unsigned char *address;
	void *memory;
	size_t bytes;

	(void)slot;
	options.deadline_ns = soon();
	if (sane(ipcbuf_segment_open(worker->region, ipcbuf_key_name("mad"),
				     5000, &options, &segment)))
		return;
	if (!sane(ipcbuf_segment_address(segment, &memory, &bytes))) {
		address = memory;
		((volatile unsigned char *)address)[0] = 1;
		((volatile unsigned char *)address)[bytes - 1] = 1;
	}
	sane(ipcbuf_segment_close(segment));
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

static void do_look(struct worker *worker, void **slot)
{
	struct ipcbuf_region *region = worker->region;
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };

	(void)slot;
	sane(ipcbuf_region_get_info(region, &info));
	sane(ipcbuf_region_list_channels(region, visit_channel, NULL));
	sane(ipcbuf_region_list_members(region, visit_member, NULL));
	sane(ipcbuf_region_list_classes(region, visit_class, NULL));
	sane(ipcbuf_region_verify(region, NULL, NULL));
}

static void do_tidy(struct worker *worker, void **slot)
{
	struct ipcbuf_region *again;

	(void)slot;
	sane(ipcbuf_region_trim(worker->region));
	sane(ipcbuf_region_recover(worker->region, NULL));
	if (!sane(test_region_open(worker->test, 0, &again)))
		sane(ipcbuf_region_close(again));
}

/* The dear ones seldom. */
static void one_operation(struct worker *worker)
{
	static void (*const common[])(struct worker *, void **) = {
		do_alloc, do_alloc, do_send, do_recv, do_batches,
	};
	static void (*const rare[])(struct worker *, void **) = {
		do_channels, do_segment, do_look, do_tidy,
	};
	void **slot = &worker->records[random_below(&worker->random, RECORDS)];

	if (random_below(&worker->random, 40))
		common[random_below(&worker->random, ARRAY_SIZE(common))](
			worker, slot);
	else
		rare[random_below(&worker->random, ARRAY_SIZE(rare))](
			worker, slot);
}

static int work(void *arg)
{
	FIXTURE_DATA(scribble) *self = arg;
	struct worker worker = { .test = &self->region };
	int i;

	worker.region = test_region_join(&self->region);
	worker.random.state = self->seed;
	reopen_channels(&worker, self->seed % WORKERS);
	gate_post(self->started, 1);
	gate_wait(self->go);
	for (i = 0; i < OPERATIONS; i++)
		one_operation(&worker);
	sane(ipcbuf_region_close(worker.region));
	return 0;
}

/* Bits turned over, small numbers, copies of other words, and noise. */
static uint64_t nonsense(struct random *random, const uint64_t *words,
			 uint64_t count, uint64_t old)
{
	switch (random_below(random, 4)) {
	case 0:
		return old ^ UINT64_C(1) << random_below(random, 64);
	case 1:
		return random_below(random, 300);
	case 2:
		return words[random_below(random, count)];
	default:
		return random_next(random);
	}
}

/* Most go where the region's own tables are. */
static uint64_t some_word(struct random *random, uint64_t table_words,
			  uint64_t words)
{
	switch (random_below(random, 4)) {
	case 0:
		return random_below(random, 1024);
	case 1:
		return random_below(random, words);
	default:
		return random_below(random, table_words);
	}
}

static int scribble(void *arg)
{
	FIXTURE_DATA(scribble) *self = arg;
	struct ipcbuf_region *region = test_region_join(&self->region);
	struct ipcbuf_region_info info = region_info(region);
	uint64_t words = info.size_bytes / 8, at, offset;
	uint64_t tables = (info.size_bytes - info.heap_bytes) / 8;
	unsigned char *record = record_new(region, 64);
	struct random random = { self->seed };
	uint64_t *base;

	MUST_EQ(0, ipcbuf_offset_of(record, &offset));
	base = (uint64_t *)(void *)(record - offset);
	gate_post(self->started, 1);
	gate_wait(self->go);
	while (!gate_is_open(self->done)) {
		at = some_word(&random, tables, words);
		__atomic_store_n(&base[at], nonsense(&random, base, words,
						     base[at]),
				 __ATOMIC_RELAXED);
		random_delay(&random, self->pace);
	}
	_exit(0);
}

/* The region is ruined in the end; its name must still be removable. */
static void episode(struct __test_metadata *_metadata,
		    FIXTURE_DATA(scribble) *self)
{
	pid_t peers[WORKERS + 1];
	int i;

	for (i = 0; i <= WORKERS; i++) {
		self->seed++;
		peers[i] = peer_start(i < WORKERS ? work : scribble, self);
		gate_wait(self->started);
	}
	gate_post(self->go, WORKERS + 1);
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(0, peer_wait(peers[i]));
	gate_post(self->done, 1);
	EXPECT_EQ(0, peer_wait(peers[WORKERS]));
	gate_wait(self->done);
	sane(ipcbuf_region_recover(self->region.handle, NULL));
	sane(ipcbuf_region_verify(self->region.handle, NULL, NULL));
}

/* Fails if anybody but the region is the worse for it. */
TEST_F_TIMEOUT(scribble, episodes, 120)
{
	int i;

	for (i = 0; i < EPISODES && _metadata->passed; i++) {
		self->pace = UINT64_C(16) << i % 15;
		ASSERT_EQ(0, test_region_create(&self->region,
						variant->backend,
						variant->wait, REGION_BYTES));
		episode(_metadata, self);
		EXPECT_EQ(0, test_region_end(&self->region));
	}
}

TEST_HARNESS_MAIN
