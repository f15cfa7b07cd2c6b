// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The warm-up. See warm.h. */
#include "warm.h"

#include "interrupt.h"
#include "producer.h"
#include "record.h"
#include "walk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct warmer {
	const struct demo_options *options;
	struct progress *progress;
	struct totals seen;
	uint64_t read_bytes;
	uint64_t read_max_bytes;
	void *buffer;
};

static uint64_t half_of_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long bytes = sysconf(_SC_PAGESIZE);

	if (pages <= 0 || bytes <= 0)
		return 0;
	return (uint64_t)pages / 2 * (uint64_t)bytes;
}

/* Files that can't be read count for nothing: each pass will skip them too. */
static int read_file(struct warmer *warmer, int fd, uint64_t bytes)
{
	size_t want = RECORD_MAX_BYTES;
	size_t got = want;

	while (bytes && got == want) {
		if (interrupt_signal())
			return -EINTR;
		if (bytes < want)
			want = (size_t)bytes;
		if (read_full(fd, warmer->buffer, want, &got))
			return 0;
		bytes -= got;
		warmer->read_bytes += got;
		warmer->seen.bytes += got;
		progress_update(warmer->progress, &warmer->seen);
	}
	return 0;
}

static int warm_file(const struct walk_file *file, void *arg)
{
	struct warmer *warmer = arg;
	uint64_t bytes = file->bytes;
	uint64_t left = warmer->options->limit_bytes - warmer->seen.bytes;
	int ret = 0;

	if (bytes > left)
		bytes = left;
	warmer->seen.files++;
	if (warmer->read_bytes < warmer->read_max_bytes)
		ret = read_file(warmer, file->fd, bytes);
	else
		warmer->seen.bytes += bytes;
	if (ret || interrupt_signal())
		return -EINTR;
	return warmer->seen.bytes >= warmer->options->limit_bytes;
}

int warm_up(const struct demo_options *options, struct progress *progress,
	    struct warmup *ret_warmup)
{
	struct warmer warmer = { .options = options, .progress = progress };
	struct skips skips = { 0 };
	int ret;

	warmer.read_max_bytes = half_of_memory();
	warmer.buffer = malloc(RECORD_MAX_BYTES);
	if (!warmer.buffer)
		return -ENOMEM;
	progress_begin(progress, "warm-up", 0);
	ret = walk_tree(options->directory, warm_file, &warmer, &skips);
	progress_end(progress, ret < 0 ? NULL : &warmer.seen);
	free(warmer.buffer);
	if (ret < 0)
		return ret;
	ret_warmup->files = warmer.seen.files;
	ret_warmup->bytes = warmer.seen.bytes;
	ret_warmup->read_bytes = warmer.read_bytes;
	return 0;
}
