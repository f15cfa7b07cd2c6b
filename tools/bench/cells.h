/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Families, and the cells that they come to on this machine. Both are made
 * before the first process starts, and stay as they are.
 */
#ifndef BENCH_CELLS_H
#define BENCH_CELLS_H

#include "bench.h"
#include "peers.h"

struct worker;
struct cell;

enum family_flag {
	FAMILY_LINKS    = 1,	/* a cell for each peer that carries records */
	FAMILY_BLOCKING = 2,	/* ... and can sleep meanwhile */
	FAMILY_HEAPS    = 4,	/* a cell for each that allocates */
	FAMILY_ALONE    = 8,	/* A works, B has but opened its end */
	FAMILY_LATENCY  = 16,	/* percentiles are measured, too */
	FAMILY_TOUCHED  = 32,	/* every byte is written, and read */
	FAMILY_DEPTHS   = 64,	/* the parameter is a depth, and none else will do */
	FAMILY_SINGLE   = 128,	/* one figure: listed with the others such */
	FAMILY_REMOTE   = 256,	/* a cell for each that does both */
	FAMILY_CROWDED  = 512,	/* more than one process to a processor */
};

enum unit {
	UNIT_NS,
	UNIT_BYTES,
};

enum variant_flag {
	VARIANT_REGION = 1,	/* has a region, and a channel each way in it */
	VARIANT_OPENS  = 2,	/* ... which the roles open themselves */
};

/* A cell that isn't a peer's; a list ends with one without a name. */
struct variant {
	const char *name;
	int (*run)(struct worker *worker);
	unsigned int flags;
};

/**
 * struct family - see bench.h.
 * @prefix:       before a parameter in names
 * @parameters:   0 ends them; NULL: none
 * @shape:        sets what a cell with @parameter needs
 * @beside:       the cell to which each is set in proportion, "line": a bare
 *                cache line's round trip about then, or NULL
 * @run:          with a link open to the peer; in both roles
 * @variants:     measured before the peers, and run without a link
 * @iterations:   where they are not found out by trying
 */
struct family {
	const char *name;
	const char *what;
	unsigned int flags;
	enum unit unit;
	const char *prefix;
	const uint64_t *parameters;
	void (*shape)(struct cell *cell);
	const char *beside;
	int (*run)(struct worker *worker);
	const struct variant *variants;
	uint64_t iterations;
};

/**
 * struct cell - one thing to be measured.
 * @column:       the parameter as text
 * @row:          the peer's or variant's name
 * @region_bytes: of the region that is made for it; 0: none
 */
struct cell {
	const struct family *family;
	const struct peer_info *peer;
	int (*run)(struct worker *worker);
	uint64_t parameter;
	uint64_t record_bytes;
	uint64_t depth;
	uint64_t live_records;
	uint64_t region_bytes;
	bool direct;		/* opens a channel each way in the region */
	char column[24];
	const char *row;
	char name[CELL_NAME_MAX];
};

extern const struct family families[];
extern const unsigned int family_count;

struct cells {
	struct cell *cells;
	unsigned int count;
};

/* Those that the options ask for; @ret_cells is freed with cells_free(). */
int cells_make(const struct bench_options *options, const struct peers *peers,
	       struct cells *ret_cells);
void cells_free(struct cells *cells);

/* As 64, 4K, 1M; at most 24 bytes. */
void cells_format_size(char *text, size_t text_bytes, uint64_t bytes);

#endif
