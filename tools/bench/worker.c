// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The life of one of the two roles. See worker.h. */
#include "worker.h"

#include "line.h"
#include "link.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A run that takes longer than this hangs; the signal tells which. */
#define WATCHDOG_SECONDS 120

/* Sent from A to B, and from B to A. */
#define CHANNEL_ID(role) ((int64_t)(role))

uint64_t worker_iterations(const struct worker *worker)
{
	uint64_t count = worker->cell->family->iterations;

	return worker->options->quick ? (count + 9) / 10 : count;
}

int worker_meet(struct worker *worker)
{
	char byte = 0;
	ssize_t done;

	if (write(worker->peer_fd, &byte, 1) != 1)
		return -EPIPE;
	do {
		done = read(worker->peer_fd, &byte, 1);
	} while (done < 0 && errno == EINTR);
	return done == 1 ? 0 : -EPIPE;
}

/* Release and acquire: what either did before is seen by both behind it. */
void worker_gate(struct worker *worker)
{
	struct line *gates = worker->shared->gates;

	if (worker->cell->family->flags & FAMILY_ALONE)
		return;
	worker->gates++;
	atomic_store_explicit(&gates[worker->role].word, worker->gates,
			      memory_order_release);
	while (atomic_load_explicit(&gates[worker_other(worker)].word,
				    memory_order_acquire) < worker->gates)
		worker_poll(worker);
}

int worker_pin(const struct worker *worker)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned int)worker->options->cpus[worker->role], &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/*
 * Two children of one process have the same holes in their address space, and
 * would map the same at the same place. B fills the hole first; what it maps
 * stays until it exits.
 */
int worker_fill_hole(const struct worker *worker, uint64_t bytes)
{
	void *hole;

	if (worker->role == ROLE_A || !bytes)
		return 0;
	hole = mmap(NULL, (size_t)bytes + (UINT64_C(4) << 20), PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return hole == MAP_FAILED ? -errno : 0;
}

int worker_open_region(const struct worker *worker,
		       struct ipcbuf_region **ret_region)
{
	if (worker->region_fd >= 0)
		return ipcbuf_region_open_fd(worker->region_fd, NULL,
					     ret_region);
	return ipcbuf_region_open(worker->region_name, NULL, ret_region);
}

/* Where the region begins, by way of a record in it. */
static int note_base(const struct worker *worker)
{
	uint64_t offset;
	void *record;
	int ret = ipcbuf_alloc(worker->region, 64, &record);

	if (ret)
		return ret;
	ret = ipcbuf_offset_of(record, &offset);
	worker->shared->bases[worker->role] =
		(uint64_t)(uintptr_t)record - offset;
	ipcbuf_free(record);
	return ret;
}

static int open_channels(struct worker *worker)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	int ret;

	options.depth_slots = (uint32_t)worker->cell->depth;
	ret = ipcbuf_channel_open(worker->region,
				  ipcbuf_key_id(CHANNEL_ID(worker->role)),
				  IPCBUF_PRODUCER, &options, &worker->out);
	if (ret)
		return ret;
	return ipcbuf_channel_open(worker->region,
				   ipcbuf_key_id(CHANNEL_ID(worker_other(worker))),
				   IPCBUF_CONSUMER, &options, &worker->in);
}

static int enter_region(struct worker *worker)
{
	int ret = worker_fill_hole(worker, worker->cell->region_bytes);

	if (!ret)
		ret = worker_open_region(worker, &worker->region);
	if (!ret)
		ret = note_base(worker);
	if (!ret && worker->cell->depth)
		ret = open_channels(worker);
	return ret;
}

/* Once both have the region open, its name isn't needed any more. */
static int after_entering(const struct worker *worker)
{
	const uint64_t *bases = worker->shared->bases;

	if (bases[ROLE_A] == bases[ROLE_B])
		return -EADDRINUSE;
	if (worker->role == ROLE_A && worker->region_fd < 0)
		return ipcbuf_region_unlink(worker->region_name);
	return 0;
}

static int enter(struct worker *worker)
{
	int ret = 0;

	if (worker->cell->direct)
		ret = enter_region(worker);
	if (!ret)
		ret = worker_meet(worker);
	if (!ret && worker->cell->direct)
		ret = after_entering(worker);
	if (!ret && worker->cell->peer)
		ret = link_open(worker);
	return ret;
}

/* How often this thread was made to leave its processor. */
static uint64_t switches_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nivcsw;
}

/* Between two looks at what a bare line takes. */
static int run_between(struct worker *worker)
{
	double before_ns, after_ns;
	int ret = line_look(worker, &before_ns);

	if (!ret)
		ret = worker->cell->run(worker);
	if (!ret)
		ret = line_look(worker, &after_ns);
	if (!ret && worker->role == ROLE_A)
		worker->shared->outcome.line_ns = (before_ns + after_ns) / 2;
	return ret;
}

static int run(struct worker *worker)
{
	uint64_t before = switches_now();
	int ret = 0;

	if (!(worker->cell->family->flags & FAMILY_ALONE))
		ret = run_between(worker);
	else if (worker->role == ROLE_A)
		ret = worker->cell->run(worker);
	worker->shared->switches[worker->role] = switches_now() - before;
	return ret;
}

/*
 * Neither leaves before both are through, and A, which opened its end first and
 * may run what B needs, closes it last.
 */
static int leave(struct worker *worker)
{
	int ret = worker_meet(worker);

	if (worker->role == ROLE_B)
		link_close(worker);
	if (!ret)
		ret = worker_meet(worker);
	return ret;
}

static int work(struct worker *worker)
{
	int ret = worker_pin(worker);

	worker->shared->tids[worker->role] = gettid();
	if (!ret)
		ret = enter(worker);
	if (!ret)
		ret = run(worker);
	if (!ret)
		ret = leave(worker);
	link_close(worker);
	if (worker->region)
		ipcbuf_region_close(worker->region);
	worker->shared->errors[worker->role] = ret;
	return ret;
}

/* Role B in the process of A; A learns of a failure as from a process. */
static void *thread_main(void *argument)
{
	struct worker *worker = argument;

	if (work(worker))
		_exit(1);
	return NULL;
}

static int work_with_thread(struct worker *worker)
{
	struct worker other = *worker;
	pthread_t thread;
	int ret;

	other.role = ROLE_B;
	other.peer_fd = worker->thread_fd;
	ret = -pthread_create(&thread, NULL, thread_main, &other);
	if (!ret)
		ret = work(worker);
	if (ret)
		_exit(1);
	pthread_join(thread, NULL);
	return ret;
}

_Noreturn void worker_main(struct worker *worker)
{
	sigset_t none;
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(WATCHDOG_SECONDS);
	ret = worker->threads ? work_with_thread(worker) : work(worker);
	_exit(ret ? 1 : 0);
}
