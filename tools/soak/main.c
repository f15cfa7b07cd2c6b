// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* From the region's making to its removal; see soak.h. */
#include "final.h"
#include "interrupt.h"
#include "options.h"
#include "supervisor.h"

#include "../common/backends.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGION_EXIT 2

int soak_region_open(const struct soak_region *region, uint32_t flags,
		     struct ipcbuf_region **ret_region)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	options.flags = flags;
	if (region->backend == IPCBUF_BACKEND_MEMFD)
		return ipcbuf_region_open_fd(region->fd, &options, ret_region);
	return ipcbuf_region_open(region->name, &options, ret_region);
}

/*
 * Makes the region and its lanes, and leaves it. A descriptor keeps what has no
 * name, and what would go with its last member.
 */
static int make_region(const struct soak_options *options,
		       struct ledger *ledger, struct soak_region *region)
{
	struct ipcbuf_region_options region_options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	struct ipcbuf_region *handle;
	int ret;

	region_options.size_bytes = options->size_bytes;
	region_options.backend = options->backend;
	region_options.wait = options->wait;
	region->fd = -1;
	if (options->name)
		snprintf(region->name, sizeof(region->name), "%s",
			 options->name);
	else
		snprintf(region->name, sizeof(region->name), "soak.%d",
			 (int)getpid());
	ret = ipcbuf_region_create(region->name, &region_options, &handle);
	if (ret)
		return ret;
	ret = ipcbuf_region_get_info(handle, &info);
	region->backend = info.backend;
	region->wait_name = info.wait_name;
	if (!ret)
		ret = final_make_lanes(ledger, handle);
	if (!ret)
		ret = ipcbuf_region_get_fd(handle, &region->fd);
	ipcbuf_region_close(handle);
	return ret == -EOPNOTSUPP ? 0 : ret;
}

static bool remove_region(const struct soak_region *region)
{
	int ret = region->backend == IPCBUF_BACKEND_MEMFD ?
		0 : ipcbuf_region_unlink(region->name);

	if (ret)
		warnx("WRONG: the region can't be removed: %s",
		      ipcbuf_strerror(ret));
	return !ret;
}

/*
 * In a process of its own: what is wrong ends it, and is counted. The number of
 * deaths comes back by a pipe.
 */
static bool check_region(struct ledger *ledger,
			 const struct soak_region *region, uint64_t *ret_deaths)
{
	int fds[2], status;
	uint64_t deaths = 0;
	bool clean;
	pid_t pid;

	fflush(NULL);
	if (pipe(fds) || (pid = fork()) < 0)
		err(1, "no process for the last checks");
	if (!pid) {
		clean = final_check(ledger, region, &deaths);
		if (write(fds[1], &deaths, sizeof(deaths)) < 0)
			_exit(1);
		_exit(clean ? 0 : 1);
	}
	close(fds[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (read(fds[0], ret_deaths, sizeof(*ret_deaths)) < 0)
		status = -1;
	close(fds[0]);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static void summarise(const struct supervisor *supervisor, uint64_t deaths)
{
	const uint64_t *counts = supervisor->ledger->counts;
	const uint64_t *tallies = supervisor->tallies;

	printf("%" PRIu64 " records and %" PRIu64 " MB received over %u "
	       "channels, %" PRIu64 " forwarded, %" PRIu64 " kept\n",
	       counts[COUNT_RECORDS], counts[COUNT_BYTES] / 1000000,
	       supervisor->ledger->lanes, counts[COUNT_FORWARDS],
	       counts[COUNT_HOARDED]);
	printf("%" PRIu64 " more over %" PRIu64 " channels that came and went, "
	       "%" PRIu64 " segments opened\n", counts[COUNT_WILD],
	       counts[COUNT_CHANNELS], counts[COUNT_SEGMENTS]);
	printf("%" PRIu64 " processes, %" PRIu64 " threads (%" PRIu64
	       " cancelled), %" PRIu64 " opens, %" PRIu64
	       " of them at another address\n", tallies[TALLY_STARTS],
	       counts[COUNT_THREADS], counts[COUNT_CANCELLED],
	       counts[COUNT_OPENS], counts[COUNT_MOVED]);
	printf("killed: %" PRIu64 " at work, %" PRIu64 " stopped, %" PRIu64
	       " just started, %" PRIu64 " all at once; %" PRIu64
	       " fell; %" PRIu64 " stops\n", tallies[TALLY_KILLED],
	       tallies[TALLY_KILLED_STOPPED], tallies[TALLY_KILLED_YOUNG],
	       tallies[TALLY_KILLED_ALL], tallies[TALLY_FELL],
	       tallies[TALLY_STOPS]);
	printf("%" PRIu64 " deaths recovered; the region was full %" PRIu64
	       " times; %" PRIu64 " calls held up by a stopped process\n",
	       deaths, counts[COUNT_FULL], counts[COUNT_TIMEOUTS]);
	printf("dead producers left %" PRIu64 " numbers unsent, dead consumers "
	       "took %" PRIu64 " records with them\n", counts[COUNT_BURNED],
	       counts[COUNT_LOST]);
}

int main(int argc, char **argv)
{
	struct soak_options options;
	struct soak_region region = { .fd = -1 };
	struct supervisor supervisor = { .options = &options,
					 .region = &region };
	uint64_t deaths = 0;
	bool clean;
	int ret;

	options_parse(argc, argv, &options);
	interrupt_install();
	supervisor.ledger = ledger_new(options.processes, options.seed);
	if (!supervisor.ledger)
		err(1, "no memory for the accounts");
	ret = make_region(&options, supervisor.ledger, &region);
	if (ret)
		errx(REGION_EXIT, "there can be no such region: %s",
		     ipcbuf_strerror(ret));
	printf("seed %" PRIu64 ", region %s, wait %s, %u processes, %" PRIu64
	       " MiB, %u s\n", options.seed, tool_backend_name(region.backend),
	       region.wait_name, options.processes,
	       options.size_bytes >> 20, options.seconds);
	supervisor_run(&supervisor);
	clean = !supervisor.hung &&
		check_region(supervisor.ledger, &region, &deaths);
	clean = remove_region(&region) && clean &&
		!supervisor.ledger->violations;
	summarise(&supervisor, deaths);
	printf("%s: %u wrong, %s hang, %.1f s\n", clean ? "passed" : "failed",
	       supervisor.ledger->violations,
	       supervisor.hung ? "a" : "no",
	       (double)(supervisor.ended_ns - supervisor.began_ns) / 1e9);
	return clean ? 0 : 1;
}
