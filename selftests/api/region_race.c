// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Many processes create, open and unlink one name at the same time. */
#include "../common/variants.h"
#include "../common/random.h"

#define RACERS 16
#define ROUNDS 8
#define CHURN  150
/* Of the churn's, whatever the system allows. */
#define LEAST_MADE RACERS

FIXTURE(race) {
	char name[IPCBUF_NAME_MAX + 1];
	struct ipcbuf_region_options options;
	int start;
	int finished;
	unsigned int seed;
	int made;			/* a gate that counts */
};

NAMED_VARIANTS(race);

FIXTURE_SETUP(race)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	NEED_VARIANT(variant);
	options.size_bytes = 1 * MIB;
	options.backend = variant->backend;
	options.wait = variant->wait;
	self->options = options;
	region_new_name(self->name);
	self->start = gate_new();
	self->finished = gate_new();
	self->made = gate_new();
}

FIXTURE_TEARDOWN(race)
{
	int ret = ipcbuf_region_unlink(self->name);

	EXPECT_TRUE(ret == 0 || ret == -ENOENT);
}

/* Lets all racers go at once; none ends before each has had its turn. */
static int race(struct __test_metadata *_metadata, int (*run)(void *),
		FIXTURE_DATA(race) *self, int statuses[RACERS])
{
	pid_t peers[RACERS];
	int i, failed = 0;

	for (i = 0; i < RACERS; i++) {
		self->seed = (unsigned int)i;
		peers[i] = peer_start(run, self);
	}
	gate_post(self->start, RACERS);
	for (i = 0; i < RACERS; i++) {
		statuses[i] = peer_wait(peers[i]);
		failed += statuses[i] < 0 || statuses[i] == CHECK_FAILED;
	}
	EXPECT_EQ(0, failed);
	return failed;
}

static int init_counter(void *address, size_t bytes, void *arg)
{
	(void)bytes;
	(void)arg;
	__atomic_store_n((uint64_t *)address, 1000, __ATOMIC_RELAXED);
	return 0;
}

/* The segment is where the racers see that they are all in one region. */
static void count_me(struct ipcbuf_region *region)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	struct ipcbuf_segment *segment;
	void *counter;

	options.flags = IPCBUF_SEGMENT_KEEP;
	options.init = init_counter;
	MUST_EQ(0, ipcbuf_segment_open(region, ipcbuf_key_name("counter"),
				       sizeof(uint64_t), &options, &segment));
	MUST_EQ(0, ipcbuf_segment_address(segment, &counter, NULL));
	__atomic_fetch_add((uint64_t *)counter, 1, __ATOMIC_RELAXED);
}

static int open_or_create(void *arg)
{
	FIXTURE_DATA(race) *self = arg;
	struct ipcbuf_region *region;

	gate_wait(self->start);
	MUST_EQ(0, ipcbuf_region_open_or_create(self->name, &self->options,
						&region));
	count_me(region);
	MUST_EQ(0, ipcbuf_free(record_new(region, 100)));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

static uint64_t read_counter(struct ipcbuf_region *region)
{
	struct ipcbuf_segment *segment;
	void *counter;

	MUST_EQ(0, ipcbuf_segment_open(region, ipcbuf_key_name("counter"), 0,
				       NULL, &segment));
	MUST_EQ(0, ipcbuf_segment_address(segment, &counter, NULL));
	return *(uint64_t *)counter;
}

/* Fails if two racers make a region each, or one gets neither. */
TEST_F_TIMEOUT(race, open_or_create, 60)
{
	struct ipcbuf_region *region;
	int statuses[RACERS], round;

	for (round = 0; round < ROUNDS; round++) {
		if (race(_metadata, open_or_create, self, statuses))
			return;
		ASSERT_EQ(0, ipcbuf_region_open(self->name, NULL, &region));
		EXPECT_EQ(1000 + RACERS, read_counter(region));
		EXPECT_EQ(0, region_verify(region));
		EXPECT_EQ(0, ipcbuf_region_close(region));
		ASSERT_EQ(0, ipcbuf_region_unlink(self->name));
	}
}

/* Ends with 0 for the one that made it, 1 for those that came too late. */
static int create(void *arg)
{
	FIXTURE_DATA(race) *self = arg;
	struct ipcbuf_region *region = POISON;
	int ret;

	gate_wait(self->start);
	ret = ipcbuf_region_create(self->name, &self->options, &region);
	if (ret) {
		MUST_EQ(-EEXIST, ret);
		MUST(region == POISON);
		return 1;
	}
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails if not exactly one creates. */
TEST_F_TIMEOUT(race, create, 60)
{
	int statuses[RACERS], round, i, created;

	for (round = 0; round < ROUNDS; round++) {
		if (race(_metadata, create, self, statuses))
			return;
		for (created = 0, i = 0; i < RACERS; i++)
			created += !statuses[i];
		EXPECT_EQ(1, created);
		ASSERT_EQ(0, ipcbuf_region_unlink(self->name));
	}
}

/* What is unlinked and in use still takes its part of the system's. */
static bool none_left(FIXTURE_DATA(race) *self, int ret)
{
	return ret == -ENOSPC &&
	       system_has_few(self->options.backend, self->options.wait);
}

static int make_by(FIXTURE_DATA(race) *self, unsigned int how,
		   struct ipcbuf_region **ret_region)
{
	int ret;

	switch (how) {
	case 0:
		ret = ipcbuf_region_create(self->name, &self->options,
					   ret_region);
		MUST(ret == 0 || ret == -EEXIST || none_left(self, ret));
		return ret;
	case 1:
		ret = ipcbuf_region_open(self->name, NULL, ret_region);
		MUST(ret == 0 || ret == -ENOENT);
		return ret;
	default:
		ret = ipcbuf_region_open_or_create(self->name, &self->options,
						   ret_region);
		MUST(ret == 0 || none_left(self, ret));
		return ret;
	}
}

static int churn(void *arg)
{
	FIXTURE_DATA(race) *self = arg;
	struct random random = { self->seed };
	struct ipcbuf_region *region;
	int i, ret;

	gate_wait(self->start);
	for (i = 0; i < CHURN; i++) {
		unsigned int how = (unsigned int)random_below(&random, 4);

		if (how == 3) {
			ret = ipcbuf_region_unlink(self->name);
			MUST(ret == 0 || ret == -ENOENT);
		} else if (!make_by(self, how, &region)) {
			gate_post(self->made, 1);
			MUST_EQ(0, ipcbuf_free(record_new(region, 100)));
			MUST_EQ(0, ipcbuf_region_close(region));
		}
	}
	return 0;
}

/* Fails if any mixture of calls meets an error that it mustn't, or hangs. */
TEST_F_TIMEOUT(race, churn, 60)
{
	int statuses[RACERS], i;

	race(_metadata, churn, self, statuses);
	for (i = 0; i < RACERS; i++)
		EXPECT_EQ(0, statuses[i]);
	for (i = 0; i < LEAST_MADE; i++)
		gate_wait(self->made);
}

TEST_HARNESS_MAIN
