/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * batch: two threads hand over a million small records, many at a time.
 *
 *   make samples; build/samples/batch
 *   cc -o batch batch.c $(pkg-config --cflags --libs ipcbuf) -pthread
 *
 * One call sends several records and wakes the consumer once; one call receives
 * all that are there, up to a number. Neither needs an event loop: a call
 * that has nothing to do sleeps. The region is a memfd, which needs no name
 * and goes with the process; threads and processes use channels alike.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include <ipcbuf/ipcbuf.h>

#define RECORDS UINT64_C(1000000)
#define BATCH   32

struct sample {
	uint64_t number;
};

struct totals {
	struct ipcbuf_channel *channel;
	uint64_t records;
	uint64_t sum;
	uint64_t batches;
	int error;
};

/* Allocates up to BATCH records. Return: how many, 0 where there is no memory. */
static size_t fill(struct ipcbuf_region *region, void **records, uint64_t next)
{
	struct sample *sample;
	size_t n;

	for (n = 0; n < BATCH && next + n <= RECORDS; n++) {
		if (ipcbuf_alloc(region, sizeof(*sample), &records[n]))
			break;
		sample = records[n];
		sample->number = next + n;
	}
	return n;
}

static void free_all(void **records, size_t count)
{
	while (count)
		ipcbuf_free(records[--count]);
}

/* A batch may go in parts: what there was no room for is sent again. */
static int send_all(struct ipcbuf_channel *channel, void **records,
		    size_t count)
{
	size_t done = 0, sent;
	int error;

	while (done < count) {
		error = ipcbuf_channel_send_batch(channel, records + done,
						  count - done, IPCBUF_FOREVER,
						  &sent);
		if (error) {
			free_all(records + done, count - done);
			return error;
		}
		done += sent;
	}
	return 0;
}

static int produce(struct ipcbuf_region *region, struct ipcbuf_channel *channel)
{
	void *records[BATCH];
	uint64_t next;
	size_t count;
	int error;

	for (next = 1; next <= RECORDS; next += count) {
		count = fill(region, records, next);
		if (!count)
			return -ENOMEM;
		error = send_all(channel, records, count);
		if (error)
			return error;
	}
	return 0;
}

/* Until the producer has left and all has been received: -EPIPE. */
static void *consume(void *arg)
{
	struct totals *totals = arg;
	void *records[BATCH];
	size_t count, i;
	int error;

	for (;;) {
		error = ipcbuf_channel_recv_batch(totals->channel, records,
						  BATCH, IPCBUF_FOREVER,
						  &count);
		if (error)
			break;
		for (i = 0; i < count; i++)
			totals->sum += ((struct sample *)records[i])->number;
		totals->records += count;
		totals->batches++;
		free_all(records, count);
	}
	totals->error = error == -EPIPE ? 0 : error;
	return NULL;
}

static int run(struct ipcbuf_region *region, struct totals *totals)
{
	struct ipcbuf_channel *channel;
	pthread_t consumer;
	int error;

	error = ipcbuf_channel_open(region, ipcbuf_key_id(1), IPCBUF_CONSUMER,
				    NULL, &totals->channel);
	if (error)
		return error;
	error = ipcbuf_channel_open(region, ipcbuf_key_id(1), IPCBUF_PRODUCER,
				    NULL, &channel);
	if (error)
		return error;
	error = -pthread_create(&consumer, NULL, consume, totals);
	if (error)
		return error;
	error = produce(region, channel);
	ipcbuf_channel_close(channel);
	pthread_join(consumer, NULL);
	return error ? error : totals->error;
}

int main(void)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct totals totals = { .records = 0 };
	struct ipcbuf_region *region;
	int error;

	options.backend = IPCBUF_BACKEND_MEMFD;
	options.size_bytes = UINT64_C(64) << 20;
	error = ipcbuf_region_create("batch", &options, &region);
	if (!error) {
		error = run(region, &totals);
		/* Leaves the channel ends, too, that are still open. */
		ipcbuf_region_close(region);
	}
	if (error) {
		fprintf(stderr, "batch: %s\n", ipcbuf_strerror(error));
		return 1;
	}
	printf("%llu records in %llu batches, sum %llu\n",
	       (unsigned long long)totals.records,
	       (unsigned long long)totals.batches,
	       (unsigned long long)totals.sum);
	return totals.sum != RECORDS * (RECORDS + 1) / 2;
}
