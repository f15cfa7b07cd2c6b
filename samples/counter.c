/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * counter: a number that every run of this program increments, in a shared
 * segment that is initialised exactly once.
 *
 *   make samples; for i in 1 2 3; do build/samples/counter & done; wait
 *   cc -o counter counter.c $(pkg-config --cflags --libs ipcbuf)
 *   ipcbuf rm counter          makes an end of it
 *
 * Any number of processes may open the segment at the same time. One of them
 * runs the initialiser, the others wait until it is through; if it dies
 * half-way, the next one starts again. From there on the memory is the
 * program's own: what several write at once is theirs to order, here with an
 * atomic addition.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include <ipcbuf/ipcbuf.h>

struct shared {
	int64_t started;		/* constant once initialised */
	_Atomic uint64_t runs;
};

static int initialise(void *address, size_t bytes, void *arg)
{
	struct shared *shared = address;

	(void)bytes;
	(void)arg;
	shared->started = time(NULL);
	atomic_init(&shared->runs, 0);
	return 0;
}

static int count(struct ipcbuf_region *region)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	struct ipcbuf_segment *segment;
	struct shared *shared;
	void *address;
	int error;

	options.flags = IPCBUF_SEGMENT_KEEP;	/* until it is removed */
	options.init = initialise;
	error = ipcbuf_segment_open(region, ipcbuf_key_name("counter"),
				    sizeof(*shared), &options, &segment);
	if (error)
		return error;
	error = ipcbuf_segment_address(segment, &address, NULL);
	if (!error) {
		shared = address;
		printf("run %llu in %lld s\n",
		       (unsigned long long)atomic_fetch_add(&shared->runs, 1) +
		       1, (long long)(time(NULL) - shared->started));
	}
	ipcbuf_segment_close(segment);
	return error;
}

int main(void)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region;
	int error;

	options.size_bytes = IPCBUF_REGION_MIN_BYTES;
	error = ipcbuf_region_open_or_create("counter", &options, &region);
	if (!error) {
		error = count(region);
		ipcbuf_region_close(region);
	}
	if (error)
		fprintf(stderr, "counter: %s\n", ipcbuf_strerror(error));
	return error != 0;
}
