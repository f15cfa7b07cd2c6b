/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the parts of the demo share: its options, its totals, and the result of
 * one pass over the input. Functions return 0 or a negative errno value.
 */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most passes that one run makes: ipcbuf, a pipe, a socket. */
#define PASSES_MAX 3u

struct demo_options {
	const char *directory;
	uint64_t size_bytes;	/* of the region */
	uint64_t limit_bytes;	/* of input */
	uint32_t depth_slots;
	uint32_t backend;	/* enum ipcbuf_backend */
	uint32_t wait;		/* enum ipcbuf_wait */
	bool compare;
	bool json;
	bool quiet;
};

/*
 * What was sent, or what was received. All of it adds up in any order, so that
 * two consumers together can be compared with one producer.
 */
struct totals {
	uint64_t files;
	uint64_t bytes;
	uint64_t records;
	uint64_t digest[2];
};

static inline void totals_add(struct totals *sum, const struct totals *part)
{
	sum->files += part->files;
	sum->bytes += part->bytes;
	sum->records += part->records;
	sum->digest[0] += part->digest[0];
	sum->digest[1] += part->digest[1];
}

static inline bool totals_equal(const struct totals *a, const struct totals *b)
{
	return a->files == b->files && a->bytes == b->bytes &&
	       a->records == b->records && a->digest[0] == b->digest[0] &&
	       a->digest[1] == b->digest[1];
}

/* What the walk left out, and why. */
struct skips {
	uint64_t unreadable;	/* files and directories */
	uint64_t vanished;	/* between readdir() and open() */
	uint64_t special;	/* devices, sockets, FIFOs */
	uint64_t symlinks;
	uint64_t mounts;	/* directories on another file system */
	uint64_t shortened;	/* sent, but with less than they began with */
};

/* What a transport has to say about itself afterwards. */
struct facts {
	const char *backend;	/* NULL where there is no region */
	const char *wait;
	uint64_t size_bytes;
	uint64_t peak_bytes;
	uint64_t buffer_bytes;	/* in the kernel, for each stream */
	uint64_t stalls;	/* the region was full and had to drain */
};

/* The result of one pass. */
struct pass {
	const char *transport;
	struct totals sent;
	struct totals received;
	struct skips skips;
	struct facts facts;
	double seconds;
};

static inline bool pass_matches(const struct pass *pass)
{
	return totals_equal(&pass->sent, &pass->received);
}

/* The result of the warm-up. */
struct warmup {
	uint64_t files;
	uint64_t bytes;
	uint64_t read_bytes;	/* of them, read into the page cache */
};

#endif
