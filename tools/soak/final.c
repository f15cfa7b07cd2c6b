// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What must hold when everybody has gone. See final.h. */
#include "final.h"

#include "acts.h"
#include "lane.h"

#include <errno.h>
#include <stdio.h>

int final_make_lanes(struct ledger *ledger, struct ipcbuf_region *region)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel;
	uint32_t i;
	int ret = 0;

	options.flags = IPCBUF_CHANNEL_KEEP | IPCBUF_CHANNEL_EXCL;
	for (i = 0; i < ledger->lanes && !ret; i++) {
		options.depth_slots = ledger->lane[i].depth_slots;
		ret = ipcbuf_channel_open(region, ipcbuf_key_id(i),
					  IPCBUF_CONSUMER, &options, &channel);
		if (!ret)
			ret = ipcbuf_channel_close(channel);
	}
	return ret;
}

/* Those with keys that may or may not be there. */
static int remove_wild(struct ipcbuf_region *region)
{
	char name[16];
	int i, ret = 0;

	for (i = 0; i < WILD_CHANNELS && (!ret || ret == -ENOENT); i++)
		ret = ipcbuf_channel_remove(region,
					    ipcbuf_key_id(WILD_FIRST + i));
	for (i = 0; i < WILD_SEGMENTS && (!ret || ret == -ENOENT); i++) {
		snprintf(name, sizeof(name), "soak%u", (unsigned int)i);
		ret = ipcbuf_segment_remove(region, ipcbuf_key_name(name));
	}
	return ret == -ENOENT ? 0 : ret;
}

static int empty(struct ledger *ledger, struct ipcbuf_region *region)
{
	uint32_t i;
	int ret = ipcbuf_region_recover(region, NULL);

	for (i = 0; i < ledger->lanes && !ret; i++) {
		lane_drain(ledger, region, i);
		ret = ipcbuf_channel_remove(region, ipcbuf_key_id(i));
	}
	if (!ret)
		ret = remove_wild(region);
	return ret ? ret : ipcbuf_region_trim(region);
}

static void say_problem(const char *problem, void *arg)
{
	(void)arg;
	fprintf(stderr, "ipcbuf-soak: WRONG: verify: %s\n", problem);
}

static bool is_clean(struct ipcbuf_region *region, uint64_t *ret_deaths)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	int ret = ipcbuf_region_verify(region, say_problem, NULL);

	if (ipcbuf_region_get_info(region, &info))
		return false;
	*ret_deaths = info.deaths;
	if (info.held_bytes || info.held_records || info.channels ||
	    info.segments || info.members != 1) {
		fprintf(stderr, "ipcbuf-soak: WRONG: %llu bytes in %llu records "
			"leaked, %u channels, %u segments, %u members\n",
			(unsigned long long)info.held_bytes,
			(unsigned long long)info.held_records,
			(unsigned int)info.channels,
			(unsigned int)info.segments,
			(unsigned int)info.members);
		return false;
	}
	return !ret;
}

bool final_check(struct ledger *ledger, const struct soak_region *region,
		 uint64_t *ret_deaths)
{
	struct ipcbuf_region *handle;
	bool clean = false;
	int ret = soak_region_open(region, 0, &handle);

	if (!ret) {
		ret = empty(ledger, handle);
		clean = is_clean(handle, ret_deaths) && !ret;
		ipcbuf_region_close(handle);
	}
	if (ret)
		fprintf(stderr, "ipcbuf-soak: WRONG: the region can't be "
			"emptied: %s\n", ipcbuf_strerror(ret));
	return clean;
}
