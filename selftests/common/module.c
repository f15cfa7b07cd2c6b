// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The module from outside, and a neighbour; see module.h. */
#include "module.h"
#include "check.h"
#include "fill.h"
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define AWAIT_TRIES    20000
#define NEIGHBOUR_SEED 4711

static long first_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

/* Without the first one, which says what the others are. */
static long count_lines(const char *path)
{
	FILE *file = kmod_debugfs(path, "re");
	long lines = -1;
	int byte;

	if (!file)
		return -1;
	while ((byte = getc(file)) != EOF)
		lines += byte == '\n';
	fclose(file);
	return lines;
}

struct module_look module_look(void)
{
	struct module_look look = {
		.references = first_number("/sys/module/ipcbuf/refcnt"),
	};

	look.regions = count_lines("ipcbuf/regions");
	look.members = count_lines("ipcbuf/members");
	return look;
}

static bool same(const struct module_look *a, const struct module_look *b)
{
	return a->references == b->references && a->regions == b->regions &&
	       a->members == b->members;
}

void module_await(const struct module_look *before)
{
	const struct timespec pause = { 0, 1000000 };
	struct module_look now = module_look();
	int tries;

	for (tries = 0; tries < AWAIT_TRIES && !same(before, &now); tries++) {
		nanosleep(&pause, NULL);
		now = module_look();
	}
	MUST_EQ(before->references, now.references);
	MUST_EQ(before->regions, now.regions);
	MUST_EQ(before->members, now.members);
}

/* All names that this program's processes give begin alike. */
static size_t prefix_bytes(const char *name)
{
	const char *end = strchr(name, '-');

	end = end ? strchr(end + 1, '-') : NULL;
	return end ? (size_t)(end + 1 - name) : strlen(name);
}

unsigned int module_count_own(int device)
{
	struct ipcbuf_ioc_region region = { 0 };
	char name[IPCBUF_IOC_NAME_BYTES];
	unsigned int count = 0;

	kmod_new_name(name);
	while (!kmod_list(device, region.id, &region))
		count += !strncmp(region.name, name, prefix_bytes(name));
	return count;
}

/*
 * The neighbour.
 */

static int be_member(void *arg)
{
	struct neighbour *neighbour = arg;
	int fd = kmod_open(neighbour->device, neighbour->name, 0);

	MUST(fd >= 0);
	MUST(kmod_control(fd, NEIGHBOUR_SLOTS));
	MUST_EQ(3, kmod_join(fd, 3, NULL));
	MUST_EQ(0, kmod_lock(fd, F_WRLCK, 3));
	for (;;)
		pause();
	return 0;
}

static int sleep_on(void *arg)
{
	struct neighbour *neighbour = arg;
	uint32_t value;
	int fd = kmod_open(neighbour->device, neighbour->name,
			   IPCBUF_IOC_RDONLY);

	MUST(fd >= 0);
	memcpy(&value, neighbour->data, sizeof(value));
	return kmod_wait_deaths(fd, 0, value, 0);
}

/* The processes have come to where they stay. */
static void await_processes(const struct neighbour *neighbour)
{
	kmod_await_waiters(neighbour->region, 1);
	thread_await_sleep(neighbour->member);
	thread_await_sleep(neighbour->sleeper);
}

void neighbour_begin(struct neighbour *neighbour, int device)
{
	neighbour->device = device;
	kmod_new_name(neighbour->name);
	neighbour->region = kmod_create(device, neighbour->name,
					NEIGHBOUR_BYTES, NEIGHBOUR_SLOTS);
	MUST(neighbour->region >= 0);
	neighbour->control = kmod_control(neighbour->region, NEIGHBOUR_SLOTS);
	MUST(neighbour->control);
	neighbour->data = kmod_data(neighbour->region, NEIGHBOUR_BYTES,
				    PROT_READ | PROT_WRITE);
	MUST(neighbour->data);
	fill_write(neighbour->data, NEIGHBOUR_BYTES, NEIGHBOUR_SEED);
	neighbour->member = peer_start(be_member, neighbour);
	neighbour->sleeper = peer_start(sleep_on, neighbour);
	await_processes(neighbour);
	neighbour->stat = kmod_stat(neighbour->region);
}

void neighbour_check(struct neighbour *neighbour)
{
	struct ipcbuf_ioc_region stat = kmod_stat(neighbour->region);

	MUST_EQ(0, memcmp(&stat, &neighbour->stat, sizeof(stat)));
	MUST(fill_matches(neighbour->data, NEIGHBOUR_BYTES, NEIGHBOUR_SEED));
	MUST_EQ(UINT64_C(1) << 32 | IPCBUF_SLOT_ALIVE,
		neighbour->control->slot[3]);
	MUST_EQ(0, neighbour->control->deaths);
	MUST_EQ(-EAGAIN, kmod_lock(neighbour->region, F_WRLCK, 3));
	MUST_EQ('S', thread_look(neighbour->sleeper).state);
}

void neighbour_end(struct neighbour *neighbour)
{
	MUST_EQ(1, kmod_wake(neighbour->region, 0, 10));
	MUST_EQ(0, peer_wait(neighbour->sleeper));
	MUST_EQ(-SIGKILL, peer_kill(neighbour->member));
	MUST_EQ(1, neighbour->control->deaths);
	MUST_EQ(0, kmod_unlink(neighbour->device, neighbour->name));
	kmod_unmap_control(neighbour->control, NEIGHBOUR_SLOTS);
	MUST_EQ(0, munmap(neighbour->data, NEIGHBOUR_BYTES));
	MUST_EQ(0, close(neighbour->region));
}

void module_round_trip(int device)
{
	struct neighbour neighbour;

	neighbour_begin(&neighbour, device);
	neighbour_check(&neighbour);
	neighbour_end(&neighbour);
}
