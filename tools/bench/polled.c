// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Channels between two processes that never sleep: round trips of one record,
 * and the whole life of many.
 */
#include "worker.h"

#include "cxx_end.h"
#include "mark.h"

/* There and back again; it has to be the very record that went. */
static int serve(const struct worker *worker, void *record, uint64_t count)
{
	void *back;
	int ret;

	while (count--) {
		ret = worker_send(worker, record);
		if (!ret)
			ret = worker_recv(worker, &back);
		if (ret)
			return ret;
		if (back != record)
			return -EBADMSG;
	}
	return 0;
}

static int return_all(const struct worker *worker, uint64_t count)
{
	void *first = NULL;
	void *record;
	int ret;

	while (count--) {
		ret = worker_recv(worker, &record);
		if (!first)
			first = record;
		if (!ret && record != first)
			ret = -EBADMSG;
		if (!ret)
			ret = worker_send(worker, record);
		if (ret)
			return ret;
	}
	return 0;
}

static int serve_timed(struct worker *worker, uint64_t warm, uint64_t count)
{
	void *record;
	int ret = ipcbuf_alloc(worker->region, worker->scenario->record_bytes,
			       &record);

	if (ret)
		return ret;
	ret = serve(worker, record, warm);
	worker_begin(worker);
	if (!ret)
		ret = serve(worker, record, count);
	worker_end(worker);
	return ret ? ret : ipcbuf_free(record);
}

int run_polled_round_trip(struct worker *worker)
{
	uint64_t count = worker_iterations(worker);
	uint64_t warm = count / 10;
	int ret;

	if (worker->role == ROLE_A)
		ret = serve_timed(worker, warm, count);
	else
		ret = return_all(worker, warm + count);
	return ret ? ret : worker_conclude(worker, count);
}

#define MARKED_BYTES (MARK_WORDS * sizeof(uint64_t))

/* Records larger than a line stay untouched. */
static int make_record(const struct worker *worker, uint64_t number,
		       void **ret_record)
{
	size_t bytes = worker->scenario->record_bytes;
	int ret = ipcbuf_alloc(worker->region, bytes, ret_record);

	if (!ret && bytes == MARKED_BYTES)
		mark_write(*ret_record, number);
	return ret;
}

static int end_record(const struct worker *worker, uint64_t number,
		      void *record)
{
	if (worker->scenario->record_bytes == MARKED_BYTES &&
	    mark_differs(record, number))
		return -EBADMSG;
	return ipcbuf_free(record);
}

static int produce(struct worker *worker, uint64_t count)
{
	void *record;
	uint64_t i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++) {
		ret = make_record(worker, i, &record);
		if (!ret)
			ret = worker_send(worker, record);
	}
	return ret;
}

static int consume(struct worker *worker, uint64_t count)
{
	void *record;
	uint64_t i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++) {
		ret = worker_recv(worker, &record);
		if (!ret)
			ret = end_record(worker, i, record);
	}
	return ret;
}

static int send_all(struct worker *worker, void *const *records, size_t count)
{
	size_t sent;
	size_t at = 0;
	int ret;

	while (at < count) {
		ret = ipcbuf_channel_send_batch(worker->out, records + at,
						count - at, IPCBUF_NOWAIT,
						&sent);
		if (ret == -EAGAIN)
			worker_poll(worker);
		else if (ret)
			return ret;
		else
			at += sent;
	}
	return 0;
}

static int produce_batches(struct worker *worker, uint64_t count)
{
	uint32_t batch = worker->scenario->batch;
	void *records[RECORDS_MAX];
	uint64_t number = 0;
	uint32_t i;
	int ret = 0;

	while (!ret && number < count) {
		for (i = 0; !ret && i < batch; i++)
			ret = make_record(worker, number++, &records[i]);
		if (!ret)
			ret = send_all(worker, records, batch);
	}
	return ret;
}

static int consume_batches(struct worker *worker, uint64_t count)
{
	void *records[RECORDS_MAX];
	uint64_t number = 0;
	size_t got;
	size_t i;
	int ret = 0;

	while (!ret && number < count) {
		ret = ipcbuf_channel_recv_batch(worker->in, records,
						worker->scenario->batch,
						IPCBUF_NOWAIT, &got);
		for (i = 0; !ret && i < got; i++)
			ret = end_record(worker, number++, records[i]);
		if (ret == -EAGAIN) {
			worker_poll(worker);
			ret = 0;
		}
	}
	return ret;
}

/* A makes them all, B ends them all; the last one's end is the end. */
static int live(struct worker *worker, uint64_t count,
		int (*make)(struct worker *worker, uint64_t count),
		int (*end)(struct worker *worker, uint64_t count))
{
	uint64_t warm = count / 8;
	int ret = worker->role == ROLE_A ? make(worker, warm)
					 : end(worker, warm);

	if (!ret)
		ret = worker_meet(worker);
	if (ret)
		return ret;
	if (worker->role == ROLE_A) {
		worker_begin(worker);
		ret = make(worker, count);
	} else {
		ret = end(worker, count);
		worker_end(worker);
	}
	return ret ? ret : worker_conclude(worker, count);
}

int run_life(struct worker *worker)
{
	return live(worker, worker_iterations(worker), produce, consume);
}

/* A whole number of batches, in the warm-up too. */
int run_life_in_batches(struct worker *worker)
{
	uint64_t step = UINT64_C(8) * worker->scenario->batch;
	uint64_t count = worker_iterations(worker) / step * step;

	return live(worker, count, produce_batches, consume_batches);
}

static int produce_by_cxx(struct worker *worker, uint64_t count)
{
	return cxx_end_produce(worker->cxx, count);
}

static int consume_by_cxx(struct worker *worker, uint64_t count)
{
	return cxx_end_consume(worker->cxx, count);
}

/* The buffer is the region of the scenario where that has a name, or a new one. */
int run_life_by_cxx(struct worker *worker)
{
	bool producer = worker->role == ROLE_A;
	int ret = cxx_end_open(worker->region_name, producer, &worker->cxx);

	if (ret)
		return ret;
	ret = live(worker, worker_iterations(worker), produce_by_cxx,
		   consume_by_cxx);
	cxx_end_close(worker->cxx, worker->region_name, producer);
	return ret;
}
