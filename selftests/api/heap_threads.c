// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Threads of one process allocate, exchange and free. The table in which they
 * exchange is theirs, not the library's: any thread frees any record.
 */
#include "../common/variants.h"
#include "../common/fill.h"
#include "../common/random.h"

#include <pthread.h>

#define THREADS 4
#define SLOTS   256
#define TURNS   30000

REGION_FIXTURE(threads, 64 * MIB);

struct exchange {
	struct ipcbuf_region *region;
	void *slots[SLOTS];
};

struct worker {
	struct exchange *exchange;
	uint64_t seed;
	bool exchanges;
};

static void *make(struct ipcbuf_region *region, struct random *random,
		  uint64_t limit)
{
	size_t bytes = MESSAGE_MIN_BYTES + random_size(random, limit);
	void *record = record_new(region, bytes);

	message_write(record, bytes, random->state);
	return record;
}

static void end(void *record)
{
	uint64_t serial;
	size_t usable;

	if (!record)
		return;
	MUST_EQ(0, ipcbuf_usable_size(record, &usable));
	MUST(message_read(record, usable, &serial));
	MUST_EQ(0, ipcbuf_free(record));
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct exchange *exchange = worker->exchange;
	uint64_t limit = region_part(exchange->region, 3300);
	struct random random = { worker->seed };
	int turn;

	for (turn = 0; turn < TURNS; turn++) {
		void *record = make(exchange->region, &random, limit);
		void **slot = &exchange->slots[random_below(&random, SLOTS)];

		if (worker->exchanges)
			record = __atomic_exchange_n(slot, record,
						     __ATOMIC_ACQ_REL);
		end(record);
	}
	return NULL;
}

static void run(struct __test_metadata *_metadata, struct exchange *exchange,
		bool exchanges)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		struct worker worker = { exchange, (uint64_t)i, exchanges };

		workers[i] = worker;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, work,
					    &workers[i]));
	}
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
}

/* Fails if threads that share nothing are given the same memory. */
TEST_F(threads, apart)
{
	struct exchange exchange = { .region = self->region.handle };

	run(_metadata, &exchange, false);
	EXPECT_EQ(0, region_held(self->region.handle));
}

/* Fails if a record that another thread frees is lost, or given out twice. */
TEST_F(threads, exchange)
{
	struct exchange exchange = { .region = self->region.handle };
	int i;

	run(_metadata, &exchange, true);
	for (i = 0; i < SLOTS; i++)
		end(exchange.slots[i]);
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
}

/* In a region that is nearly full, where everybody is short of memory. */
static void *work_in_need(void *arg)
{
	struct worker *worker = arg;
	uint64_t limit = region_part(worker->exchange->region, 21);
	struct random random = { worker->seed };
	void *records[40];
	int turn, i, ret, count;

	for (turn = 0; turn < 50; turn++) {
		for (count = 0; count < 40; count++) {
			size_t bytes = 64 + random_size(&random, limit);

			ret = ipcbuf_alloc(worker->exchange->region, bytes,
					   &records[count]);
			if (ret)
				break;
			fill_write(records[count], 64, worker->seed);
		}
		MUST(count == 40 || ret == -ENOMEM);
		for (i = 0; i < count; i++) {
			MUST(fill_matches(records[i], 64, worker->seed));
			MUST_EQ(0, ipcbuf_free(records[i]));
		}
	}
	return NULL;
}

/* Fails if a fight for the last memory breaks anything, or never ends. */
TEST_F_TIMEOUT(threads, in_need, 60)
{
	struct exchange exchange = { .region = self->region.handle };
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		struct worker worker = { &exchange, (uint64_t)i, false };

		workers[i] = worker;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, work_in_need,
					    &workers[i]));
	}
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, ipcbuf_region_trim(self->region.handle));
	EXPECT_EQ(0, region_held(self->region.handle));
}

TEST_HARNESS_MAIN
