// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Finds threads that don't get on. See watchdog.h. */
#include "watchdog.h"

#include <stdio.h>

#define IDLE_FACTOR 4u

static const char *const doings[] = {
	[DOING_NOTHING] = "nothing", [DOING_OPEN] = "opens",
	[DOING_SEND] = "sends", [DOING_RECEIVE] = "receives",
	[DOING_HOARD] = "allocates", [DOING_WILD] = "is at a wild channel",
	[DOING_SEGMENT] = "is at a segment", [DOING_LOOK] = "looks",
	[DOING_TIDY] = "tidies", [DOING_END] = "ends its session",
};

void watchdog_reset(struct watchdog *watchdog, unsigned int slot, uint64_t now)
{
	unsigned int i;

	for (i = 0; i < THREADS_MAX; i++) {
		watchdog->watches[slot][i].idle_since_ns = now;
		watchdog->watches[slot][i].stuck_since_ns = now;
	}
}

/* Could it get on? */
static bool has_to_do(const struct ledger *ledger,
		      const struct ledger_cell *cell)
{
	uint32_t lane = __atomic_load_n(&cell->lane, __ATOMIC_RELAXED);

	switch (__atomic_load_n(&cell->doing, __ATOMIC_RELAXED)) {
	case DOING_NOTHING:
	case DOING_END:
		return false;
	case DOING_SEND:
		return lane < LANES_MAX && ledger_has_room(&ledger->lane[lane]);
	case DOING_RECEIVE:
		return lane < LANES_MAX &&
		       ledger_has_record(&ledger->lane[lane]);
	default:
		return true;
	}
}

static bool hangs(struct watch *watch, const struct ledger *ledger,
		  const struct ledger_cell *cell, uint64_t patience_ns,
		  uint64_t now)
{
	uint64_t beats = __atomic_load_n(&cell->beats, __ATOMIC_ACQUIRE);
	uint32_t doing = __atomic_load_n(&cell->doing, __ATOMIC_RELAXED);

	if (beats != watch->beats || doing == DOING_NOTHING) {
		watch->beats = beats;
		watch->idle_since_ns = now;
		watch->stuck_since_ns = now;
	} else if (!has_to_do(ledger, cell)) {
		watch->stuck_since_ns = now;
	}
	return now - watch->stuck_since_ns > patience_ns ||
	       now - watch->idle_since_ns > patience_ns * IDLE_FACTOR;
}

static void say_cell(unsigned int slot, unsigned int thread,
		     const struct ledger_cell *cell)
{
	fprintf(stderr, "ipcbuf-soak: worker %u thread %u (tid %d) %s, "
		"lane or key %u, %llu beats\n", slot, thread, cell->tid,
		doings[cell->doing % (sizeof(doings) / sizeof(doings[0]))],
		cell->lane, (unsigned long long)cell->beats);
}

bool watchdog_finds(struct watchdog *watchdog, const struct ledger *ledger,
		    const struct soak_options *options, unsigned int slot,
		    uint64_t now)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < THREADS_MAX; i++) {
		const struct ledger_cell *cell = &ledger->cells[slot][i];

		if (!hangs(&watchdog->watches[slot][i], ledger, cell,
			   options->patience * NS_PER_S, now))
			continue;
		fputs("ipcbuf-soak: WRONG: this one hangs:\n", stderr);
		say_cell(slot, i, cell);
		found = true;
	}
	return found;
}

static int say_channel(const struct ipcbuf_channel_info *info, void *arg)
{
	(void)arg;
	fprintf(stderr, "channel %lld %s: kind %u, producer %u pid %d, "
		"consumer %u pid %d, %llu pending of %u, sent %llu, received "
		"%llu, waits %llu and %llu\n", (long long)info->key.id,
		info->key.name ? info->key.name : "", info->kind,
		info->producer_state, info->producer_pid, info->consumer_state,
		info->consumer_pid, (unsigned long long)info->pending,
		info->depth_slots, (unsigned long long)info->sent,
		(unsigned long long)info->received,
		(unsigned long long)info->producer_waits,
		(unsigned long long)info->consumer_waits);
	return 0;
}

static int say_member(const struct ipcbuf_member_info *info, void *arg)
{
	(void)arg;
	fprintf(stderr, "member %u generation %u pid %d %s: %llu bytes in %llu "
		"records\n", info->slot, info->generation, info->pid,
		info->alive ? "lives" : "is dead",
		(unsigned long long)info->held_bytes,
		(unsigned long long)info->held_records);
	return 0;
}

void watchdog_dump_region(const struct soak_region *region,
			  const struct ledger *ledger)
{
	struct ipcbuf_region *handle;
	uint32_t i;
	int ret = soak_region_open(region, IPCBUF_REGION_RDONLY, &handle);

	for (i = 0; i < ledger->lanes; i++)
		fprintf(stderr, "lane %u from worker %u to %u: begun %llu, "
			"taken %llu and %llu asked\n", i,
			ledger->lane[i].producer, ledger->lane[i].consumer,
			(unsigned long long)ledger->lane[i].begun,
			(unsigned long long)ledger->lane[i].taken >> 16,
			(unsigned long long)ledger->lane[i].taken & 0xffff);
	if (ret) {
		fprintf(stderr, "the region can't be opened: %s\n",
			ipcbuf_strerror(ret));
		return;
	}
	ipcbuf_region_list_channels(handle, say_channel, NULL);
	ipcbuf_region_list_members(handle, say_member, NULL);
	ipcbuf_region_close(handle);
}

/* What the kernel says; some of it to root only. */
static void say_file(pid_t pid, int32_t tid, const char *name)
{
	char path[64], text[2048];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, tid,
		 name);
	file = fopen(path, "r");
	if (!file)
		return;
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = 0;
	fprintf(stderr, "%s: %s\n", path, text);
	fclose(file);
}

void watchdog_dump_process(unsigned int slot, pid_t pid,
			   const struct ledger *ledger)
{
	unsigned int i;

	for (i = 0; i < THREADS_MAX; i++) {
		const struct ledger_cell *cell = &ledger->cells[slot][i];

		if (cell->doing == DOING_NOTHING)
			continue;
		say_cell(slot, i, cell);
		say_file(pid, cell->tid, "wchan");
		say_file(pid, cell->tid, "syscall");
		say_file(pid, cell->tid, "stack");
	}
}
