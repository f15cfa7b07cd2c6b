// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Freeing what another has allocated: A allocates and sends some records, B
 * receives them all, and what is timed is only that it frees them.
 */
#include "families.h"
#include "polled.h"
#include "timing.h"

#include <stdlib.h>

static int send_some(struct worker *worker, const struct port *port,
		     uint64_t count)
{
	void *record;
	int ret = 0;

	for (; !ret && count; count--) {
		ret = worker->peer->alloc(port->end, port->bytes, &record);
		if (!ret)
			ret = polled_send(worker->peer, port, record);
	}
	return ret;
}

static int free_some(struct worker *worker, const struct port *port,
		     void **records, uint64_t count)
{
	uint64_t begin_ns, i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++)
		ret = polled_recv(worker->peer, port, &records[i]);
	if (ret)
		return ret;
	begin_ns = ipcbuf_now_ns();
	for (i = 0; i < count; i++)
		worker->peer->free(port->end, records[i]);
	worker->shared->sums[ROLE_B] += ipcbuf_now_ns() - begin_ns;
	return 0;
}

static int all_rounds(struct worker *worker, void **records, uint64_t rounds)
{
	struct port port = polled_port(worker, worker->end);
	uint64_t count = worker->cell->depth, i;
	int ret = 0;

	for (i = 0; !ret && i < rounds; i++) {
		if (worker->role == ROLE_A)
			ret = send_some(worker, &port, count);
		else
			ret = free_some(worker, &port, records, count);
		if (!ret)
			worker_gate(worker);
	}
	return ret;
}

int run_remote_free(struct worker *worker)
{
	uint64_t rounds = worker_iterations(worker);
	uint64_t count = worker->cell->depth;
	void **records = calloc(count, sizeof(*records));
	int ret = records ? all_rounds(worker, records, rounds) : -ENOMEM;

	if (!ret && worker->role == ROLE_A)
		timing_conclude(worker, worker->shared->sums[ROLE_B],
				rounds * count);
	free(records);
	return ret;
}
