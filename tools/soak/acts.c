// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Segments, looks and housekeeping. Channels that come and go: wild.c. */
#include "acts.h"

#include <errno.h>
#include <stdio.h>

/* An initialiser writes the same number, from the first word to the last. */
static int fill_segment(void *address, size_t bytes, void *arg)
{
	struct runner *runner = arg;
	uint64_t *words = address, number;
	size_t i;

	for (i = 0; i < bytes / 8; i++)
		if (words[i])
			ledger_wrong(runner->ledger, "a new segment isn't "
				     "zeroed at word %zu", i);
	if (random_one_in(&runner->random, 6))
		return -ECANCELED;
	number = random_next(&runner->random) | 1;
	for (i = 0; i < bytes / 8; i++)
		__atomic_store_n(&words[i], number, __ATOMIC_RELAXED);
	return 0;
}

static void check_segment(struct runner *runner, struct ipcbuf_segment *segment,
			  size_t wanted)
{
	const uint64_t *words;
	void *address;
	size_t bytes, i;
	int ret = ipcbuf_segment_address(segment, &address, &bytes);

	if (ret || bytes < wanted)
		ledger_wrong(runner->ledger, "a segment has %zu of %zu bytes: "
			     "%s", bytes, wanted, ipcbuf_strerror(ret));
	words = address;
	for (i = 0; i < wanted / 8; i++)
		if (!words[i] || words[i] != words[0])
			ledger_wrong(runner->ledger, "a segment isn't whole at "
				     "word %zu of %zu", i, wanted / 8);
}

/* Answers that the header allows. */
static bool segment_opened(struct runner *runner, int ret)
{
	if (ret && ret != -ENOENT && ret != -EEXIST && ret != -ENOMEM &&
	    ret != -ETIMEDOUT && ret != -ECANCELED)
		ledger_wrong(runner->ledger, "opening a segment: %s",
			     ipcbuf_strerror(ret));
	return !ret;
}

void act_segment(struct runner *runner)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	uint64_t which = random_below(&runner->random, WILD_SEGMENTS);
	size_t bytes = (size_t)64 << 4 * which;
	struct ipcbuf_segment *segment;
	char name[16];
	int ret;

	snprintf(name, sizeof(name), "soak%u", (unsigned int)which);
	options.flags = (uint32_t)random_below(&runner->random, 8);
	if (options.flags & IPCBUF_SEGMENT_OPEN_ONLY)
		options.flags &= ~IPCBUF_SEGMENT_EXCL;
	options.init = fill_segment;
	options.arg = runner;
	options.deadline_ns = ipcbuf_deadline_ns(50 * NS_PER_MS);
	cell_beat(runner->cell, DOING_SEGMENT, (uint32_t)which);
	ret = ipcbuf_segment_open(runner->session->region,
				  ipcbuf_key_name(name), bytes, &options,
				  &segment);
	if (!segment_opened(runner, ret))
		return;
	ledger_count(runner->ledger, COUNT_SEGMENTS, 1);
	check_segment(runner, segment, bytes);
	if (random_one_in(&runner->random, 3))
		ret = ipcbuf_segment_remove(runner->session->region,
					    ipcbuf_key_name(name));
	if (ret && ret != -ENOENT && ret != -ETIMEDOUT)
		ledger_wrong(runner->ledger, "removing a segment: %s",
			     ipcbuf_strerror(ret));
	check_segment(runner, segment, bytes);
	ret = ipcbuf_segment_close(segment);
	if (ret)
		ledger_wrong(runner->ledger, "closing a segment: %s",
			     ipcbuf_strerror(ret));
}

static int see_channel(const struct ipcbuf_channel_info *info, void *arg)
{
	(void)info;
	(void)arg;
	return 0;
}

static int see_member(const struct ipcbuf_member_info *info, void *arg)
{
	(void)info;
	(void)arg;
	return 0;
}

static int see_class(const struct ipcbuf_class_info *info, void *arg)
{
	(void)info;
	(void)arg;
	return 0;
}

/* What is in motion may be reported though nothing is wrong. */
void act_look(struct runner *runner)
{
	struct ipcbuf_region *region = runner->session->region;
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	int ret;

	cell_beat(runner->cell, DOING_LOOK, 0);
	if (ipcbuf_region_get_info(region, &info) ||
	    ipcbuf_region_list_channels(region, see_channel, NULL) ||
	    ipcbuf_region_list_members(region, see_member, NULL) ||
	    ipcbuf_region_list_classes(region, see_class, NULL))
		ledger_wrong(runner->ledger, "looking at the region fails");
	ret = ipcbuf_region_verify(region, NULL, NULL);
	if (ret && ret != -EUCLEAN)
		ledger_wrong(runner->ledger, "verifying fails: %s",
			     ipcbuf_strerror(ret));
}

static void second_handle(struct runner *runner)
{
	struct ipcbuf_region *region;
	void *record;
	int ret = soak_region_open(runner->session->worker->region, 0, &region);

	if (ret == -ETIMEDOUT)
		return;
	if (ret)
		ledger_wrong(runner->ledger, "a second open fails: %s",
			     ipcbuf_strerror(ret));
	worker_note_base(runner->ledger, region);
	/* It is left to the close. */
	ret = ipcbuf_alloc(region, random_size(&runner->random, 18), &record);
	if (ret && ret != -ENOMEM)
		ledger_wrong(runner->ledger, "no record of a second handle: %s",
			     ipcbuf_strerror(ret));
	ipcbuf_region_close(region);
}

void act_tidy(struct runner *runner)
{
	struct ipcbuf_region *region = runner->session->region;
	struct ipcbuf_death death;
	int ret = 0;

	cell_beat(runner->cell, DOING_TIDY, 0);
	switch (random_below(&runner->random, 4)) {
	case 0:
		ret = ipcbuf_region_trim(region);
		break;
	case 1:
		ret = ipcbuf_region_recover(region, NULL);
		break;
	case 2:
		ret = ipcbuf_region_next_death(region, 0, IPCBUF_NOWAIT,
					       &death);
		ret = ret == -EAGAIN ? 0 : ret;
		break;
	default:
		second_handle(runner);
	}
	if (ret)
		ledger_wrong(runner->ledger, "tidying fails: %s",
			     ipcbuf_strerror(ret));
}
