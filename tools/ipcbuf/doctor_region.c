/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Examining one region: members, channels, memory, invariants. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "session.h"

/* Nobody is asked to read more lines than these of one damaged region. */
#define MAX_VIOLATIONS 20

/* How often a region in use is verified before what was seen counts. */
#define VERIFY_TRIES 3

struct examination {
	struct report *report;
	const char *name;
	unsigned int alive;
	unsigned int dead;
	bool transfer;		/* made by `ipcbuf send` or `recv` */
};

static void add(struct examination *e, enum severity severity,
		const char *command, const char *finding)
{
	char advice[IPCBUF_NAME_MAX + 128];

	snprintf(advice, sizeof(advice), "%s %s", command, e->name);
	report_add(e->report, severity, e->name, advice, "%s", finding);
}

static int examine_member(const struct ipcbuf_member_info *info, void *arg)
{
	struct examination *e = arg;
	char finding[128];

	e->alive += info->alive != 0;
	if (info->alive)
		return 0;
	e->dead++;
	snprintf(finding, sizeof(finding), "member %u (process %d) died and "
		 "still holds %llu bytes", (unsigned int)info->slot,
		 (int)info->pid, (unsigned long long)info->held_bytes);
	add(e, PROBLEM, "take it back: ipcbuf doctor --recover", finding);
	return 0;
}

static void examine_end(struct examination *e, const char *key,
			const char *end, uint32_t state, int32_t pid)
{
	char finding[IPCBUF_NAME_MAX + 128];

	if (state != IPCBUF_END_DEAD)
		return;
	snprintf(finding, sizeof(finding), "channel %s: its %s (process %d) "
		 "died", key, end, (int)pid);
	add(e, PROBLEM, "take its end back: ipcbuf doctor --recover", finding);
}

static int examine_channel(const struct ipcbuf_channel_info *info, void *arg)
{
	struct examination *e = arg;
	char key[REGION_KEY_TEXT], advice[2 * IPCBUF_NAME_MAX + 96];

	region_key_text(info->key, key);
	if (!strcmp(key, SESSION_GATE) && info->key.name)
		e->transfer = true;
	if (info->kind == IPCBUF_KIND_SEGMENT)
		return 0;
	examine_end(e, key, "producer", info->producer_state,
		    info->producer_pid);
	examine_end(e, key, "consumer", info->consumer_state,
		    info->consumer_pid);
	if (!info->pending || info->producer_state == IPCBUF_END_ATTACHED ||
	    info->consumer_state == IPCBUF_END_ATTACHED)
		return 0;
	snprintf(advice, sizeof(advice), "receive them, or remove the channel: "
		 "ipcbuf rm -r %s --channel %s", e->name, key);
	report_add(e->report, NOTE, e->name, advice, "channel %s: %llu "
		   "record(s) wait, and nobody is attached", key,
		   (unsigned long long)info->pending);
	return 0;
}

static void examine_use(struct examination *e,
			const struct ipcbuf_region_info *info)
{
	char finding[128], size[CMD_SIZE_TEXT];

	if (info->allocation_failures) {
		snprintf(finding, sizeof(finding), "%llu allocation(s) failed "
			 "for want of memory",
			 (unsigned long long)info->allocation_failures);
		add(e, NOTE, "see what holds it: ipcbuf stat", finding);
	}
	if (e->alive)
		return;
	snprintf(finding, sizeof(finding), "nobody has it open; it takes %s",
		 cmd_format_size(info->committed_bytes, size));
	if (e->transfer)
		add(e, PROBLEM, "left by a transfer that was killed; remove "
		    "it: ipcbuf rm", finding);
	else
		add(e, NOTE, "if it is no longer needed: ipcbuf rm", finding);
}

struct violations {
	char *texts[MAX_VIOLATIONS];
	unsigned int kept;
	unsigned int all;
};

static void collect(const char *problem, void *arg)
{
	struct violations *v = arg;

	v->all++;
	if (v->kept == MAX_VIOLATIONS)
		return;
	v->texts[v->kept] = strdup(problem);
	v->kept += v->texts[v->kept] != NULL;
}

static void forget(struct violations *v)
{
	while (v->kept)
		free(v->texts[--v->kept]);
	v->all = 0;
}

static void report_violations(struct examination *e,
			      const struct violations *v)
{
	const char *command = e->alive ?
		"repeat it when the region is quiet; if it stays, stop its "
		"members and remove it: ipcbuf rm" :
		"save what you need and remove it: ipcbuf rm";
	char more[64];
	unsigned int i;

	for (i = 0; i < v->kept; i++)
		add(e, PROBLEM, command, v->texts[i]);
	if (v->all == v->kept)
		return;
	snprintf(more, sizeof(more), "and %u more of this kind",
		 v->all - v->kept);
	add(e, PROBLEM, command, more);
}

/* Return: 0, also when something was reported, or -errno. */
static int verify(struct examination *e, struct ipcbuf_region *region)
{
	struct violations violations = { .kept = 0 };
	int error, tries = e->alive ? VERIFY_TRIES : 1;

	do {
		forget(&violations);
		error = ipcbuf_region_verify(region, collect, &violations);
	} while (error == -EUCLEAN && --tries > 0);
	if (error == -EUCLEAN) {
		report_violations(e, &violations);
		error = 0;
	}
	forget(&violations);
	return error;
}

int examine_region(struct report *report, const char *name,
		   struct ipcbuf_region *region)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	struct examination e = { .report = report, .name = name };
	int error;

	error = ipcbuf_region_get_info(region, &info);
	if (!error)
		error = ipcbuf_region_list_members(region, examine_member, &e);
	if (!error)
		error = ipcbuf_region_list_channels(region, examine_channel,
						    &e);
	if (error)
		return error;
	examine_use(&e, &info);
	return verify(&e, region);
}
