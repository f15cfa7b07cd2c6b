// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* A worker's lives and sessions. See worker.h. */
#include "worker.h"

#include "lane.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PAGE_BYTES 4096u
#define PADS	   4u

/* What lies where the region could, so that it comes to lie elsewhere. */
struct pad {
	void *address;
	size_t bytes;
};

static void pads_map(struct pad pads[PADS], const struct worker *worker,
		     struct random *random)
{
	uint64_t room = worker->options->size_bytes / PAGE_BYTES;
	unsigned int i;

	for (i = 0; i < PADS; i++) {
		pads[i].bytes = PAGE_BYTES * (1 + random_below(random,
							       2 * room));
		pads[i].address = mmap(NULL, pads[i].bytes, PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS |
				       MAP_NORESERVE, -1, 0);
	}
}

static void pads_unmap(const struct pad pads[PADS])
{
	unsigned int i;

	for (i = 0; i < PADS; i++)
		if (pads[i].address != MAP_FAILED)
			munmap(pads[i].address, pads[i].bytes);
}

void worker_note_base(struct ledger *ledger, struct ipcbuf_region *region)
{
	uint64_t offset, base;
	void *record;

	ledger_count(ledger, COUNT_OPENS, 1);
	if (ipcbuf_alloc(region, 1, &record))
		return;
	if (ipcbuf_offset_of(record, &offset))
		ledger_wrong(ledger, "a new record isn't in its region");
	base = (uint64_t)(uintptr_t)record - offset;
	if (ipcbuf_free(record))
		ledger_wrong(ledger, "a new record can't be freed");
	if (__atomic_exchange_n(&ledger->last_base, base,
				__ATOMIC_RELAXED) != base)
		ledger_count(ledger, COUNT_MOVED, 1);
}

/* False: a stopped process is in the way. */
static bool open_region(struct session *session)
{
	struct ledger *ledger = session->worker->ledger;
	int ret = soak_region_open(session->worker->region, 0,
				   &session->region);

	if (ret == -ETIMEDOUT) {
		ledger_count(ledger, COUNT_TIMEOUTS, 1);
		return false;
	}
	if (ret)
		ledger_wrong(ledger, "the region can't be opened: %s",
			     ipcbuf_strerror(ret));
	worker_note_base(ledger, session->region);
	return true;
}

static void one_session(const struct worker *worker, struct random *random)
{
	struct session session = { .worker = worker };
	struct pad pads[PADS];

	pthread_mutex_init(&session.hoard.lock, NULL);
	pads_map(pads, worker, random);
	if (open_region(&session)) {
		runner_session(&session, random);
		ipcbuf_region_close(session.region);
	}
	pads_unmap(pads);
}

void worker_main(const struct worker *worker, uint64_t seed)
{
	struct random random = { seed };
	struct ledger_cell *cell = &worker->ledger->cells[worker->slot][0];

	/* An interrupt is for the supervisor; without it there is no test. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	cell->tid = gettid();
	while (!__atomic_load_n(&worker->ledger->finish, __ATOMIC_RELAXED)) {
		cell_beat(cell, DOING_OPEN, 0);
		one_session(worker, &random);
	}
	_exit(0);
}
