// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Opens links in the order that peer.h promises. See link.h. */
#include "link.h"

#include "peer_ipcbuf.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where A has the memory, for the role that is a thread beside it. */
static void *thread_memory;

static struct peer_setup setup_of(const struct worker *worker)
{
	const struct cell *cell = worker->cell;
	struct peer_setup setup = {
		.name = worker->region_name,
		.depth = cell->depth ? cell->depth : 1,
		.record_bytes = cell->record_bytes,
		.live_records = cell->live_records,
		.role = (int)worker->role,
	};

	return setup;
}

static int size_memory(struct worker *worker, const struct peer_setup *setup)
{
	struct shared *shared = worker->shared;

	if (worker->role != ROLE_A || !worker->peer->shared_bytes)
		return 0;
	shared->memory_bytes = worker->peer->shared_bytes(setup);
	if (ftruncate(worker->memory_fd, (off_t)shared->memory_bytes))
		return -errno;
	return 0;
}

static int map_memory(struct worker *worker)
{
	uint64_t bytes = worker->shared->memory_bytes;
	int ret = worker->threads ? 0 : worker_fill_hole(worker, bytes);
	void *memory;

	if (ret || !bytes)
		return ret;
	if (worker->threads && worker->role == ROLE_B) {
		worker->memory = thread_memory;
		return 0;
	}
	memory = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		      worker->memory_fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	worker->memory = memory;
	thread_memory = memory;
	return 0;
}

static int open_end(struct worker *worker, struct peer_setup *setup)
{
	int ret = map_memory(worker);

	setup->shared = worker->memory;
	setup->shared_bytes = worker->shared->memory_bytes;
	if (!ret && worker->peer == &peer_ipcbuf)
		return peer_ipcbuf_take(worker, &worker->end);
	return ret ? ret : worker->peer->open(setup, &worker->end);
}

/* A's turn, then B's. */
static int open_in_turn(struct worker *worker, struct peer_setup *setup)
{
	int ret = size_memory(worker, setup);

	if (!ret && worker->role == ROLE_A)
		ret = open_end(worker, setup);
	if (!ret)
		ret = worker_meet(worker);
	if (!ret && worker->role == ROLE_B && worker->cell->peer->link)
		ret = open_end(worker, setup);
	return ret ? ret : worker_meet(worker);
}

int link_open(struct worker *worker)
{
	struct peer_setup setup = setup_of(worker);
	int ret = peers_load(worker->cell->peer, &worker->peer);

	if (!ret)
		ret = open_in_turn(worker, &setup);
	if (!ret && worker->end && worker->peer->settle)
		ret = worker->peer->settle(worker->end);
	return ret ? ret : worker_meet(worker);
}

void link_close(struct worker *worker)
{
	if (worker->end && worker->peer->close)
		worker->peer->close(worker->end);
	worker->end = NULL;
}
