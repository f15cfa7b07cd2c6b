// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Many channels in one region, all of them open: the life of records of 64 B that
 * all go over one of them, or each over another than the one before.
 */
#include "families.h"
#include "polled.h"
#include "timing.h"

#include <stdlib.h>

#define CHANNEL 1000

/* From one to the next; a prime, so that with no count it leaves any out. */
#define STEP 7919u

static struct ipcbuf_channel **channels;

static int open_all(struct worker *worker)
{
	enum ipcbuf_direction direction = worker->role == ROLE_A
					? IPCBUF_PRODUCER : IPCBUF_CONSUMER;
	uint64_t count = worker->cell->parameter, i;
	int ret = 0;

	channels = calloc(count, sizeof(*channels));
	if (!channels)
		return -ENOMEM;
	for (i = 0; !ret && i < count; i++)
		ret = ipcbuf_channel_open(worker->region,
					  ipcbuf_key_id((int64_t)(CHANNEL + i)),
					  direction, NULL, &channels[i]);
	return ret ? ret : worker_meet(worker);
}

int run_channels_one(struct worker *worker)
{
	int ret = open_all(worker);

	if (!ret) {
		worker->out = channels[worker->cell->parameter / 2];
		worker->in = worker->out;
		ret = run_life_direct(worker);
	}
	free(channels);
	return ret;
}

static int produce(const struct port *port, struct ipcbuf_end *end,
		   uint64_t count, uint64_t modulus)
{
	uint64_t at = 0, i;
	void *record;
	int ret = 0;

	for (i = 0; !ret && i < count; i++, at = (at + STEP) % modulus) {
		ret = ipcbuf_alloc(end->region, port->bytes, &record);
		if (ret)
			break;
		polled_write(port, record, i);
		end->out = channels[at];
		ret = polled_send(&direct_ipcbuf, port, record);
	}
	return ret;
}

static int consume(const struct port *port, struct ipcbuf_end *end,
		   uint64_t count, uint64_t modulus)
{
	uint64_t at = 0, i;
	void *record;
	int ret = 0;

	for (i = 0; !ret && i < count; i++, at = (at + STEP) % modulus) {
		end->in = channels[at];
		ret = polled_recv(&direct_ipcbuf, port, &record);
		if (ret)
			break;
		ret = polled_check(port, record, i);
		ipcbuf_free(record);
	}
	return ret;
}

static int part(struct worker *worker, uint64_t count)
{
	struct ipcbuf_end end = polled_direct_end(worker);
	struct port port = polled_port(worker, (struct peer_end *)(void *)&end);
	uint64_t modulus = worker->cell->parameter;

	return worker->role == ROLE_A ? produce(&port, &end, count, modulus)
				      : consume(&port, &end, count, modulus);
}

int run_channels_all(struct worker *worker)
{
	int ret = open_all(worker);

	if (!ret)
		ret = timing_measure(worker, part, 1, NULL);
	free(channels);
	return ret;
}
