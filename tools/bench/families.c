// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The table of what is measured, in the order in which it is. */
#include "families.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* A channel holds no more records than this, nor more bytes in them. */
#define DEPTH         256u
#define BUDGET        (256 * MIB)
#define TOUCHED_SHARE 4u
#define LIVE_MAX      200000u

static const uint64_t sizes[] = {
	8, 64, 512, 4 * KIB, 32 * KIB, 256 * KIB, MIB, 8 * MIB, 64 * MIB, 0,
};
static const uint64_t heap_sizes[] = {
	8, 64, 512, 4 * KIB, 32 * KIB, 256 * KIB, MIB, 8 * MIB, 0,
};
static const uint64_t small_sizes[] = { 8, 64, 512, 4 * KIB, 32 * KIB, 0 };
static const uint64_t rtt_sizes[] = {
	64, KIB, 16 * KIB, 256 * KIB, 4 * MIB, 0,
};
static const uint64_t depths[] = { 1, 8, 64, 1024, 0 };
static const uint64_t pair_counts[] = { 1, 2, 4, 8, 0 };
static const uint64_t channel_counts[] = { 1, 10, 1000, 100000, 0 };
static const uint64_t region_sizes[] = { 64 * MIB, 64 * GIB, 0 };

static void shape_rtt(struct cell *cell)
{
	cell->record_bytes = 64;
	cell->depth = 64;
	cell->live_records = 8;
}

static void shape_rtt_size(struct cell *cell)
{
	shape_rtt(cell);
	cell->record_bytes = cell->parameter;
	cell->depth = 2;
}

static void shape_blocking(struct cell *cell)
{
	shape_rtt(cell);
	cell->record_bytes = 16;
}

static void shape_handles(struct cell *cell)
{
	cell->record_bytes = 8;
	cell->depth = cell->parameter;
	cell->live_records = 2 * cell->depth + 4;
}

static void shape_life(struct cell *cell)
{
	uint64_t budget = cell->family->flags & FAMILY_TOUCHED
			? BUDGET / TOUCHED_SHARE : BUDGET;

	cell->record_bytes = cell->parameter;
	cell->depth = budget / cell->record_bytes;
	if (cell->depth > DEPTH)
		cell->depth = DEPTH;
	if (cell->depth < 2)
		cell->depth = 2;
	cell->live_records = cell->depth + 4;
}

static void shape_life_deep(struct cell *cell)
{
	cell->record_bytes = 64;
	cell->depth = 1024;
	cell->live_records = cell->depth + 4;
	cell->region_bytes = 256 * MIB;
}

static void shape_life_batch(struct cell *cell)
{
	cell->record_bytes = 64;
	cell->depth = DEPTH;
	cell->live_records = cell->depth + 64;
}

static void shape_local(struct cell *cell)
{
	cell->record_bytes = cell->parameter;
	cell->live_records = 1;
}

static void shape_local_live(struct cell *cell)
{
	cell->record_bytes = cell->parameter;
	cell->live_records = 1024;
}

static void shape_remote(struct cell *cell)
{
	cell->record_bytes = 64;
	cell->depth = DEPTH;
	cell->live_records = DEPTH + 4;
}

static void shape_memory(struct cell *cell)
{
	cell->record_bytes = cell->parameter;
	cell->live_records = 64 * MIB / cell->record_bytes;
	if (cell->live_records > LIVE_MAX)
		cell->live_records = LIVE_MAX;
}

static void shape_pairs(struct cell *cell)
{
	cell->record_bytes = 64;
	cell->region_bytes = 64 * MIB;
}

/* A channel each way is not for these. */
static void shape_channels(struct cell *cell)
{
	cell->record_bytes = 64;
	cell->region_bytes = 2 * GIB;
}

static void shape_attach(struct cell *cell)
{
	cell->region_bytes = cell->parameter;
}

static void shape_idle(struct cell *cell)
{
	cell->record_bytes = 64;
	cell->depth = 64;
}

static void shape_death(struct cell *cell)
{
	cell->region_bytes = 64 * MIB;
}

static void shape_recovery(struct cell *cell)
{
	cell->record_bytes = 512;
	cell->region_bytes = 1 * GIB;
}

static const struct variant rtt_variants[] = {
	{ "line", run_line, 0 },
	{ "ipcbuf", run_rtt_direct, VARIANT_REGION },
	{ "ipcbuf-waiting", run_rtt_waiting, VARIANT_REGION },
	{ NULL, NULL, 0 },
};
static const struct variant size_variants[] = {
	{ "ipcbuf", run_rtt_direct, VARIANT_REGION },
	{ NULL, NULL, 0 },
};
static const struct variant blocking_variants[] = {
	{ "futex", run_blocking_futex, 0 },
	{ NULL, NULL, 0 },
};
static const struct variant handles_variants[] = {
	{ "ipcbuf-batch32", run_handles_in_batches, VARIANT_REGION },
	{ NULL, NULL, 0 },
};
static const struct variant life_variants[] = {
	{ "ipcbuf", run_life_direct, VARIANT_REGION },
	{ NULL, NULL, 0 },
};
static const struct variant touched_variants[] = {
	{ "ipcbuf", run_life_direct, VARIANT_REGION },
	{ "memcpy", run_memcpy, 0 },
	{ NULL, NULL, 0 },
};
static const struct variant deep_variants[] = {
	{ "ipcbuf", run_life_direct, VARIANT_REGION },
	{ "ipcbuf-cxx", run_life_by_cxx, VARIANT_REGION | VARIANT_OPENS },
	{ NULL, NULL, 0 },
};
static const struct variant attach_variants[] = {
	{ "ipcbuf", run_attach, VARIANT_REGION | VARIANT_OPENS },
	{ "mmap", run_attach_mmap, 0 },
	{ NULL, NULL, 0 },
};
static const struct variant wake_variants[] = {
	{ "ipcbuf", run_wake, VARIANT_REGION },
	{ "futex", run_wake_futex, 0 },
	{ NULL, NULL, 0 },
};
static const struct variant nobody_variants[] = {
	{ "ipcbuf", run_wake_nobody, VARIANT_REGION },
	{ "futex", run_wake_nobody_futex, 0 },
	{ NULL, NULL, 0 },
};

/* For what only ipcbuf does: its name is the family's. */
#define ONLY(function, flag) \
	(const struct variant[]) { { "", function, flag }, { NULL, NULL, 0 } }

const struct family families[] = {
	{
		.name = "rtt",
		.what = "round trip of a record of 64 B that exists, polled; beside a bare cache line's",
		.flags = FAMILY_LINKS | FAMILY_LATENCY,
		.shape = shape_rtt,
		.beside = "line",
		.run = run_rtt,
		.variants = rtt_variants,
	}, {
		.name = "rtt-blocking",
		.what = "round trip of a record, its receiver asleep each time; beside a bare futex's",
		.flags = FAMILY_BLOCKING | FAMILY_LATENCY,
		.shape = shape_blocking,
		.beside = "rtt-blocking/futex",
		.run = run_blocking,
		.variants = blocking_variants,
		.iterations = 2000,
	}, {
		.name = "rtt-size",
		.what = "round trip by size, polled, every byte written and read each way",
		.flags = FAMILY_LINKS | FAMILY_LATENCY | FAMILY_TOUCHED,
		.parameters = rtt_sizes,
		.shape = shape_rtt_size,
		.run = run_rtt,
		.variants = size_variants,
	}, {
		.name = "handles",
		.what = "one record handed over, of those that exist, by the channel's depth",
		.flags = FAMILY_LINKS | FAMILY_DEPTHS,
		.prefix = "d",
		.parameters = depths,
		.shape = shape_handles,
		.run = run_handles,
		.variants = handles_variants,
	}, {
		.name = "life",
		.what = "a record's life by size, untouched: allocate, send, receive, free",
		.flags = FAMILY_LINKS,
		.parameters = sizes,
		.shape = shape_life,
		.run = run_life,
		.variants = life_variants,
	}, {
		.name = "life-touched",
		.what = "the same with every byte written and read",
		.flags = FAMILY_LINKS | FAMILY_TOUCHED,
		.parameters = sizes,
		.shape = shape_life,
		.run = run_life,
		.variants = touched_variants,
	}, {
		.name = "life-d1024",
		.what = "the same of 64 B over 1,024 slots, in C and in C++",
		.flags = FAMILY_TOUCHED,
		.shape = shape_life_deep,
		.beside = "life-d1024/ipcbuf",
		.variants = deep_variants,
	}, {
		.name = "life-batch32",
		.what = "the same of 64 B, handed over in batches of 32",
		.flags = FAMILY_TOUCHED | FAMILY_SINGLE,
		.shape = shape_life_batch,
		.beside = "line",
		.variants = ONLY(run_life_in_batches, VARIANT_REGION),
	}, {
		.name = "local",
		.what = "allocate and free by size, in one process",
		.flags = FAMILY_HEAPS | FAMILY_ALONE,
		.parameters = heap_sizes,
		.shape = shape_local,
		.run = run_local,
	}, {
		.name = "local-live",
		.what = "free the oldest of 1,024 records, allocate another, by size",
		.flags = FAMILY_HEAPS | FAMILY_ALONE,
		.parameters = small_sizes,
		.shape = shape_local_live,
		.run = run_local,
	}, {
		.name = "remote-free",
		.what = "free what another process has allocated, 64 B",
		.flags = FAMILY_REMOTE,
		.shape = shape_remote,
		.run = run_remote_free,
		.iterations = 500,
	}, {
		.name = "pairs",
		.what = "a record of 64 B, by how many pairs exchange them in one region",
		.flags = FAMILY_TOUCHED | FAMILY_CROWDED,
		.prefix = "n",
		.parameters = pair_counts,
		.shape = shape_pairs,
		.variants = ONLY(run_pairs, VARIANT_REGION | VARIANT_OPENS),
	}, {
		.name = "channels-one",
		.what = "life of 64 B on one channel, by how many are open in the region",
		.flags = FAMILY_TOUCHED,
		.prefix = "n",
		.parameters = channel_counts,
		.shape = shape_channels,
		.variants = ONLY(run_channels_one, VARIANT_REGION),
	}, {
		.name = "channels-all",
		.what = "the same, each record on another channel than the one before",
		.flags = FAMILY_TOUCHED,
		.prefix = "n",
		.parameters = channel_counts,
		.shape = shape_channels,
		.variants = ONLY(run_channels_all, VARIANT_REGION),
	}, {
		.name = "attach",
		.what = "open and close a region by size; beside memory of that size alone",
		.flags = FAMILY_ALONE,
		.parameters = region_sizes,
		.shape = shape_attach,
		.variants = attach_variants,
	}, {
		.name = "wake",
		.what = "a send that wakes its receiver, for the sender; beside FUTEX_WAKE",
		.flags = FAMILY_LATENCY,
		.shape = shape_idle,
		.beside = "wake/futex",
		.variants = wake_variants,
		.iterations = 2000,
	}, {
		.name = "wake-nobody",
		.what = "a send whose receiver is awake; beside FUTEX_WAKE of nobody",
		.shape = shape_idle,
		.variants = nobody_variants,
		.iterations = 500,
	}, {
		.name = "memory",
		.what = "memory that a live record takes, itself included, by size",
		.flags = FAMILY_HEAPS | FAMILY_ALONE,
		.unit = UNIT_BYTES,
		.parameters = small_sizes,
		.shape = shape_memory,
		.run = run_memory,
	}, {
		.name = "idle-cpu",
		.what = "processor time of a consumer that waits 5 s",
		.flags = FAMILY_SINGLE,
		.shape = shape_idle,
		.variants = ONLY(run_idle_consumer, VARIANT_REGION),
		.iterations = 5000,
	}, {
		.name = "death",
		.what = "from SIGKILL to a sleeping peer's -EOWNERDEAD",
		.flags = FAMILY_LATENCY,
		.shape = shape_death,
		.variants = ONLY(run_death_told, VARIANT_REGION | VARIANT_OPENS),
		.iterations = 200,
	}, {
		.name = "recover-1m",
		.what = "recover a member that held 1,000,000 records of 512 B",
		.flags = FAMILY_SINGLE,
		.shape = shape_recovery,
		.variants = ONLY(run_recovery, VARIANT_REGION | VARIANT_OPENS),
	}, {
		.name = "kmod-rtt",
		.what = "the module's WAIT and WAKE: round trip as a futex's",
		.flags = FAMILY_SINGLE,
		.beside = "rtt-blocking/futex",
		.variants = ONLY(run_module_round_trip, 0),
		.iterations = 5000,
	}, {
		.name = "kmod-wake",
		.what = "the module's WAKE where nobody sleeps",
		.flags = FAMILY_SINGLE | FAMILY_ALONE,
		.variants = ONLY(run_module_wake, 0),
		.iterations = 1000000,
	}, {
		.name = "kmod-death",
		.what = "from SIGKILL of a member to the wake-up of another one",
		.flags = FAMILY_SINGLE,
		.variants = ONLY(run_module_death, 0),
		.iterations = 300,
	}, {
		.name = "kmod-attach",
		.what = "the module's OPEN, map, JOIN, and all of it back",
		.flags = FAMILY_SINGLE | FAMILY_ALONE,
		.variants = ONLY(run_module_attach, 0),
		.iterations = 5000,
	}, {
		.name = "kmod-create",
		.what = "making each of 10,000 regions of the module",
		.flags = FAMILY_SINGLE | FAMILY_ALONE,
		.variants = ONLY(run_module_regions, 0),
	}, {
		.name = "kmod-memory",
		.what = "the machine's memory for each of 10,000 empty regions",
		.flags = FAMILY_SINGLE | FAMILY_ALONE,
		.unit = UNIT_BYTES,
		.variants = ONLY(run_module_memory, 0),
	},
};

const unsigned int family_count = sizeof(families) / sizeof(families[0]);
