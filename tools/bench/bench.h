/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the parts of the benchmark share.
 *
 * A family is something that is measured, with parameters (a record's size,
 * a channel's depth) and with all peers that can do it; a cell is one of
 * them: a family, a parameter, a peer. For each repetition of a cell two fresh
 * processes, A and B, pinned to a core each, run the family's function in two
 * roles. All cells run once, those of one parameter side by side, then all of
 * them again, so that what disturbs the machine for a while disturbs no single
 * one.
 *
 * Functions return 0 or a negative errno value; -ENOPKG says that what would be
 * measured isn't there on this machine, -EOPNOTSUPP that it can't do it.
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
#define CELL_NAME_MAX 96
#define QUANTILES 65u
#define LANES_MAX 64u

enum role {
	ROLE_A = 0,
	ROLE_B = 1,
	ROLES  = 2,
};

/* Files are NULL where they aren't wanted, "-" for the standard output. */
struct bench_options {
	unsigned int reps;
	uint32_t backend;	/* enum ipcbuf_backend */
	uint32_t wait;		/* enum ipcbuf_wait */
	int cpus[ROLES];	/* -1: to be chosen */
	uint64_t burst_ns;	/* how long a timed burst is to take */
	const char *patterns[PATTERNS_MAX];
	unsigned int pattern_count;
	const char *peers;	/* folder, or NULL */
	const char *json;
	const char *markdown;
	const char *plot;	/* folder */
	bool quick;
	bool list;
	bool quiet;
};

/* Twice the usual line, as adjacent lines are fetched in pairs. */
struct line {
	alignas(128) _Atomic uint32_t word;
};

/* Of one repetition, in nanoseconds; quantile k is at 1 - 10^(-k/13). */
struct latency {
	uint64_t count;		/* 0: not measured */
	double p50;
	double p99;
	double p999;
	double max;
	double quantiles[QUANTILES];
};

/* What one repetition of a cell has come to. */
struct outcome {
	double value;
	double line_ns;		/* a bare line's round trip about then, or 0 */
	struct latency latency;
	uint64_t switches;	/* times a role lost its processor */
};

/*
 * Memory that A, B and the process that started them share, apart from any
 * region. Each array has an entry a role, which that role alone writes; begin
 * and outcome are A's, but for what a family says otherwise.
 */
struct shared {
	struct line lines[ROLES];
	struct line gates[ROLES];
	struct line ready;	/* whoever is, adds to it */
	struct line stop;
	struct line full;	/* 1: A has filled the channel, see life.c */
	struct line ball;	/* goes to and fro, see line.c */
	uint64_t begin_ns;
	uint64_t ends_ns[ROLES];
	uint64_t there_ns;	/* B's: how long the last message took to it */
	uint64_t memory_bytes;	/* of the link, see link.h */
	uint64_t sums[ROLES];
	uint64_t lanes[LANES_MAX];
	uint64_t bases[ROLES];	/* where the region is mapped */
	uint64_t switches[ROLES];
	pid_t tids[ROLES];
	int errors[ROLES];
	struct outcome outcome;
};

#endif
