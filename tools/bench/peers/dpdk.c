// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * DPDK's rte_ring of one producer and one consumer, with records of an
 * rte_mempool, in ordinary memory. Its processes share huge pages only, which a
 * machine seldom has set aside, so these are threads: A's becomes the main
 * lcore, B's registers as one, and each has the pool's cache of an lcore.
 */
#include "../peer.h"

#include <errno.h>
#include <limits.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <rte_ring.h>
#include <rte_version.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the records that an lcore keeps for itself, and how many may be there. */
#define CACHE_MAX 256u
#define CACHE_EXTRA(size) ((size) * 2u)
#define RECORD_MAX (UINT64_C(64) << 20)
#define MIB (UINT64_C(1) << 20)

/* Both are threads of one process: A makes it all, in memory that both have. */
struct link_parts {
	struct rte_mempool *pool;
	struct rte_ring *rings[2];	/* out of A, out of B */
	uint32_t closed;
};

struct peer_end {
	struct rte_mempool *pool;
	struct rte_ring *out;
	struct rte_ring *in;
	struct link_parts *parts;
	bool registered;
};

static unsigned int cache_size(const struct peer_setup *setup)
{
	uint64_t quarter = setup->live_records / 4;

	return quarter > CACHE_MAX ? CACHE_MAX : (unsigned int)quarter;
}

static unsigned int pool_size(const struct peer_setup *setup)
{
	return (unsigned int)setup->live_records +
	       2 * CACHE_EXTRA(cache_size(setup));
}

/* Memory can't be added later, so it is more than the link needs. */
static uint64_t memory_mib(const struct peer_setup *setup)
{
	uint64_t record = setup->record_bytes + 256;

	return pool_size(setup) * record / MIB +
	       (2 * setup->depth + pool_size(setup)) * 32 / MIB + 64;
}

/* It pins the thread that starts it to a processor, which isn't its own choice. */
static int start_quietly(int argc, char **argv)
{
	cpu_set_t cpus;
	int ret;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	ret = rte_eal_init(argc, argv);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	return ret < 0 ? -ENOPKG : 0;
}

/* It makes folders for files that it then doesn't need. */
static void remove_folders(void)
{
	char path[PATH_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s", rte_eal_get_runtime_dir());
	rmdir(path);
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	rmdir(path);
}

/* Once in a process. */
static int start(const struct peer_setup *setup)
{
	static bool started;
	char megabytes[24];
	char cores[24];
	char *argv[] = {
		"ipcbuf-bench", "--no-huge", "--no-shconf", "--no-pci",
		"--no-telemetry", "--log-level=1", "-m", megabytes,
		"--lcores", cores, "--file-prefix", (char *)setup->name, NULL,
	};
	int ret;

	if (started)
		return 0;
	snprintf(megabytes, sizeof(megabytes), "%llu",
		 (unsigned long long)memory_mib(setup));
	snprintf(cores, sizeof(cores), "0@%d", sched_getcpu());
	ret = start_quietly(sizeof(argv) / sizeof(argv[0]) - 1, argv);
	started = !ret;
	if (started)
		remove_folders();
	return ret;
}

/* Exactly as deep as it is to be; or its capacity is one less. */
static struct rte_ring *make_ring(const struct peer_setup *setup, char role)
{
	char name[RTE_RING_NAMESIZE];
	size_t length = strlen(setup->name);

	snprintf(name, sizeof(name), "%c-%s", role,
		 length > 20 ? setup->name + length - 20 : setup->name);
	return rte_ring_create(name, (unsigned int)setup->depth, SOCKET_ID_ANY,
			       RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

static struct rte_mempool *make_pool(const struct peer_setup *setup)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	size_t length = strlen(setup->name);

	snprintf(name, sizeof(name), "%s",
		 length > 20 ? setup->name + length - 20 : setup->name);
	return rte_mempool_create(name, pool_size(setup),
				  (unsigned int)setup->record_bytes,
				  cache_size(setup), 0, NULL, NULL, NULL, NULL,
				  SOCKET_ID_ANY, 0);
}

static int make_parts(const struct peer_setup *setup)
{
	struct link_parts *parts = setup->shared;
	int ret = start(setup);

	if (ret)
		return ret;
	parts->pool = make_pool(setup);
	parts->rings[0] = make_ring(setup, 'a');
	parts->rings[1] = make_ring(setup, 'b');
	return parts->pool && parts->rings[0] && parts->rings[1] ? 0 : -ENOMEM;
}

static int enter(const struct peer_setup *setup, struct peer_end *end)
{
	if (!setup->role)
		return make_parts(setup);
	if (rte_thread_register())
		return -rte_errno;
	end->registered = true;
	return 0;
}

static uint64_t peer_shared_bytes(const struct peer_setup *setup)
{
	(void)setup;
	return sizeof(struct link_parts);
}

static int peer_open(const struct peer_setup *setup, struct peer_end **ret_end)
{
	struct peer_end *end = calloc(1, sizeof(*end));
	int ret;

	if (!end)
		return -ENOMEM;
	ret = enter(setup, end);
	if (ret) {
		free(end);
		return ret;
	}
	end->parts = setup->shared;
	end->pool = end->parts->pool;
	end->out = end->parts->rings[setup->role];
	end->in = end->parts->rings[1 - setup->role];
	*ret_end = end;
	return 0;
}

/* Acquire and release: what both used goes when both have left it. */
static void peer_close(struct peer_end *end)
{
	struct link_parts *parts = end->parts;

	if (__atomic_fetch_add(&parts->closed, 1, __ATOMIC_ACQ_REL)) {
		rte_ring_free(parts->rings[0]);
		rte_ring_free(parts->rings[1]);
		rte_mempool_free(parts->pool);
	}
	if (end->registered)
		rte_thread_unregister();
	free(end);
}

static int peer_alloc(struct peer_end *end, size_t bytes, void **ret_record)
{
	(void)bytes;
	return rte_mempool_get(end->pool, ret_record) ? -ENOMEM : 0;
}

static void peer_free(struct peer_end *end, void *record)
{
	rte_mempool_put(end->pool, record);
}

static int peer_try_send(struct peer_end *end, void *record, size_t bytes)
{
	(void)bytes;
	return rte_ring_sp_enqueue(end->out, record) ? -EAGAIN : 0;
}

static int peer_try_recv(struct peer_end *end, void **ret_record)
{
	return rte_ring_sc_dequeue(end->in, ret_record) ? -EAGAIN : 0;
}

const struct peer *bench_peer(void)
{
	static char what[120];
	static struct peer peer = {
		.abi = PEER_ABI,
		.flags = PEER_THREADS | PEER_RESENDS,
		.name = "dpdk",
		.what = what,
		.depth_max = 1u << 20,
		.record_max = RECORD_MAX,
		.shared_bytes = peer_shared_bytes,
		.open = peer_open,
		.close = peer_close,
		.alloc = peer_alloc,
		.try_send = peer_try_send,
		.try_recv = peer_try_recv,
		.free = peer_free,
	};

	snprintf(what, sizeof(what), "%s, rte_ring SPSC and rte_mempool with "
		 "caches, records of one size; no huge pages",
		 rte_version());
	return &peer;
}
