/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the parts of the benchmark share.
 *
 * A scenario measures one figure. For each repetition it gets two fresh
 * processes, A and B, pinned to a core each, that run the same function in two
 * roles, and a fresh region that each of them has mapped elsewhere. All
 * scenarios run once, then all of them again, so that what disturbs the machine
 * for a while disturbs no single one.
 *
 * Functions return 0 or a negative errno value; -ENOPKG says that what would be
 * measured isn't there on this machine.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <ipcbuf/ipcbuf.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define REPS_MAX 101u
#define PATTERNS_MAX 32u
#define RECORDS_MAX 1024u

enum role {
	ROLE_A = 0,
	ROLE_B = 1,
	ROLES  = 2,
};

struct bench_options {
	unsigned int reps;
	uint32_t backend;	/* enum ipcbuf_backend */
	uint32_t wait;		/* enum ipcbuf_wait */
	int cpus[ROLES];	/* -1: to be chosen */
	const char *patterns[PATTERNS_MAX];
	unsigned int pattern_count;
	bool quick;
	bool list;
	bool json;
	bool markdown;
	bool quiet;
};

/* Twice the usual line, as adjacent lines are fetched in pairs. */
struct line {
	alignas(128) _Atomic uint32_t word;
};

/*
 * Memory that A, B and the process that started them share, apart from any
 * region. Each array has an entry a role, which that role alone writes; begin
 * and result are A's, end is whoever's measures the end.
 */
struct shared {
	struct line lines[ROLES];
	uint64_t begin_ns;
	uint64_t end_ns;
	double result;
	double parts[ROLES];
	uint64_t bases[ROLES];	/* where the region is mapped */
	pid_t pids[ROLES];
	int errors[ROLES];
};

/* One of the two processes. */
struct worker {
	enum role role;
	const struct scenario *scenario;
	const struct bench_options *options;
	struct shared *shared;
	struct ipcbuf_region *region;	/* NULL where it opens its own */
	struct ipcbuf_channel *out;
	struct ipcbuf_channel *in;
	struct cxx_end *cxx;
	const char *region_name;
	int region_fd;			/* in place of the name, or -1 */
	int peer_fd;
	bool one_cpu;			/* A and B are on the same one */
};

/**
 * struct scenario - one figure.
 * @beside:       a scenario to which its result is set in proportion, or NULL
 * @run:          runs in both roles; leaves shared->result in @unit
 * @iterations:   of the timed part
 * @region_bytes: 0: it needs no region
 * @opens_region: it opens the region itself, by its name
 * @depth_slots:  of a channel each way; 0: it needs none
 * @batch:        records handed over at once, or kept alive at once; a percentile
 */
struct scenario {
	const char *name;
	const char *unit;
	const char *what;
	const char *beside;
	int (*run)(struct worker *worker);
	uint64_t iterations;
	uint64_t region_bytes;
	bool opens_region;
	uint32_t depth_slots;
	uint32_t batch;
	size_t record_bytes;
};

/* The table of all scenarios; each function is one or several lines of it. */
extern const struct scenario scenarios[];
extern const unsigned int scenario_count;

int run_line_round_trip(struct worker *worker);
int run_polled_round_trip(struct worker *worker);
int run_life(struct worker *worker);
int run_life_in_batches(struct worker *worker);
int run_life_by_cxx(struct worker *worker);
int run_alloc_ipcbuf(struct worker *worker);
int run_alloc_mimalloc(struct worker *worker);
int run_alloc_libc(struct worker *worker);
int run_blocking_round_trip(struct worker *worker);
int run_futex_round_trip(struct worker *worker);
int run_idle_consumer(struct worker *worker);
int run_futex_wake(struct worker *worker);
int run_open_close(struct worker *worker);
int run_death_told(struct worker *worker);
int run_recovery(struct worker *worker);
int run_module_round_trip(struct worker *worker);
int run_module_wake(struct worker *worker);
int run_module_death(struct worker *worker);
int run_module_attach(struct worker *worker);
int run_module_regions(struct worker *worker);
int run_module_memory(struct worker *worker);

#endif
