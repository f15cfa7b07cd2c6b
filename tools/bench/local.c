// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Allocations that never leave the process; A alone. One block over and over, or
 * the oldest of many that are alive. Each holds its number until it goes: two
 * that overlap are found out.
 */
#include "families.h"
#include "polled.h"
#include "timing.h"

#include <stdlib.h>

/* The blocks that are alive; a power of two. */
struct blocks {
	uint64_t **slots;
	uint64_t live;
	uint64_t number;
};

static struct blocks blocks;

/* Replaces the oldest @count times. */
ALWAYS_INLINE int replace(const struct peer *peer, const struct port *port,
			  uint64_t count)
{
	uint64_t number = blocks.number;
	uint64_t end = number + count;
	void *block;
	int ret;

	for (; number < end; number++) {
		uint64_t **slot = &blocks.slots[number & (blocks.live - 1)];

		if (*slot && **slot != number - blocks.live)
			return -EBADMSG;
		if (*slot)
			peer->free(port->end, *slot);
		*slot = NULL;
		ret = peer->alloc(port->end, port->bytes, &block);
		if (ret)
			return ret;
		*slot = block;
		**slot = number;
	}
	blocks.number = end;
	return 0;
}

static int part(struct worker *worker, uint64_t count)
{
	struct port port = polled_port(worker, worker->end);

	return replace(worker->peer, &port, count);
}

static void drop(const struct worker *worker)
{
	uint64_t i;

	for (i = 0; i < blocks.live; i++)
		if (blocks.slots[i])
			worker->peer->free(worker->end, blocks.slots[i]);
	free(blocks.slots);
}

static int make(const struct worker *worker)
{
	blocks.live = worker->cell->live_records;
	blocks.number = blocks.live;
	blocks.slots = calloc(blocks.live, sizeof(*blocks.slots));
	return blocks.slots ? 0 : -ENOMEM;
}

int run_local(struct worker *worker)
{
	int ret = make(worker);

	if (!ret)
		ret = timing_measure(worker, part, blocks.live, NULL);
	drop(worker);
	return ret;
}
