/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Filling the tables of `ipcbuf stat`. */
#include "stat.h"

static const struct column figure_columns[] = {
	{ "name", COLUMN_TEXT, true },
	{ "backend", COLUMN_TEXT, true },
	{ "wait", COLUMN_TEXT, true },
	{ "mode", COLUMN_TEXT, true },
	{ "uid", COLUMN_NUMBER, true },
	{ "gid", COLUMN_NUMBER, true },
	{ "size", COLUMN_SIZE, true },
	{ "heap", COLUMN_SIZE, true },
	{ "frame", COLUMN_SIZE, true },
	{ "slab", COLUMN_SIZE, true },
	{ "committed", COLUMN_SIZE, true },
	{ "peak", COLUMN_SIZE, true },
	{ "held", COLUMN_SIZE, true },
	{ "records", COLUMN_NUMBER, true },
	{ "max-record", COLUMN_SIZE, true },
	{ "failures", COLUMN_NUMBER, true },
	{ "members", COLUMN_NUMBER, true },
	{ "max-members", COLUMN_NUMBER, true },
	{ "deaths", COLUMN_NUMBER, true },
	{ "channels", COLUMN_NUMBER, true },
	{ "segments", COLUMN_NUMBER, true },
	{ "layout", COLUMN_NUMBER, true },
	{ "created", COLUMN_TEXT, true },
	{ NULL, COLUMN_TEXT, false },
};

static const struct column channel_columns[] = {
	{ "key", COLUMN_TEXT, true },
	{ "kind", COLUMN_TEXT, true },
	{ "depth", COLUMN_NUMBER, true },
	{ "pending", COLUMN_NUMBER, true },
	{ "sent", COLUMN_NUMBER, true },
	{ "received", COLUMN_NUMBER, true },
	{ "producer", COLUMN_TEXT, true },
	{ "producer-pid", COLUMN_NUMBER, true },
	{ "producer-waits", COLUMN_NUMBER, false },
	{ "consumer", COLUMN_TEXT, true },
	{ "consumer-pid", COLUMN_NUMBER, true },
	{ "consumer-waits", COLUMN_NUMBER, false },
	{ "users", COLUMN_NUMBER, false },
	{ "size", COLUMN_SIZE, true },
	{ "keep", COLUMN_TEXT, false },
	{ NULL, COLUMN_TEXT, false },
};

static const struct column member_columns[] = {
	{ "slot", COLUMN_NUMBER, true },
	{ "generation", COLUMN_NUMBER, false },
	{ "pid", COLUMN_NUMBER, true },
	{ "state", COLUMN_TEXT, true },
	{ "held", COLUMN_SIZE, true },
	{ "records", COLUMN_NUMBER, true },
	{ "joined", COLUMN_TEXT, true },
	{ NULL, COLUMN_TEXT, false },
};

static const struct column class_columns[] = {
	{ "block", COLUMN_BLOCK, true },
	{ "slabs", COLUMN_NUMBER, true },
	{ "memory", COLUMN_SIZE, true },
	{ "held", COLUMN_NUMBER, true },
	{ "free", COLUMN_NUMBER, true },
	{ NULL, COLUMN_TEXT, false },
};

static int fill_figures(struct ipcbuf_region *region, struct table *table)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	int error = ipcbuf_region_get_info(region, &info);
	struct json_object *row;

	if (error)
		return error;
	row = table_add_row(table);
	row_set_text(row, "name", info.name);
	region_row_figures(row, &info);
	return 0;
}

static const char *end_state_word(uint32_t state)
{
	switch (state) {
	case IPCBUF_END_NEVER:
		return "never";
	case IPCBUF_END_ATTACHED:
		return "attached";
	case IPCBUF_END_LEFT:
		return "left";
	case IPCBUF_END_DEAD:
		return "dead";
	}
	return "unknown";
}

static void set_pid(struct json_object *row, const char *name, int32_t pid)
{
	if (pid > 0)
		row_set_number(row, name, (uint64_t)pid);
}

static void set_ends(struct json_object *row,
		     const struct ipcbuf_channel_info *info)
{
	row_set_number(row, "depth", info->depth_slots);
	row_set_number(row, "pending", info->pending);
	row_set_number(row, "sent", info->sent);
	row_set_number(row, "received", info->received);
	row_set_text(row, "producer", end_state_word(info->producer_state));
	set_pid(row, "producer-pid", info->producer_pid);
	row_set_number(row, "producer-waits", info->producer_waits);
	row_set_text(row, "consumer", end_state_word(info->consumer_state));
	set_pid(row, "consumer-pid", info->consumer_pid);
	row_set_number(row, "consumer-waits", info->consumer_waits);
}

static int add_channel(const struct ipcbuf_channel_info *info, void *arg)
{
	struct json_object *row = table_add_row(arg);
	char key[REGION_KEY_TEXT];

	row_set_text(row, "key", region_key_text(info->key, key));
	if (info->kind == IPCBUF_KIND_SEGMENT) {
		row_set_text(row, "kind", "segment");
		row_set_number(row, "users", info->users);
		row_set_number(row, "size", info->bytes);
		row_set_text(row, "keep", info->flags & IPCBUF_SEGMENT_KEEP ?
			     "yes" : "no");
		return 0;
	}
	row_set_text(row, "kind", info->kind == IPCBUF_KIND_SPSC_RECORD ?
		     "spsc" : "unknown");
	row_set_text(row, "keep", info->flags & IPCBUF_CHANNEL_KEEP ?
		     "yes" : "no");
	set_ends(row, info);
	return 0;
}

static int fill_channels(struct ipcbuf_region *region, struct table *table)
{
	return ipcbuf_region_list_channels(region, add_channel, table);
}

static int add_member(const struct ipcbuf_member_info *info, void *arg)
{
	struct json_object *row = table_add_row(arg);

	row_set_number(row, "slot", info->slot);
	row_set_number(row, "generation", info->generation);
	set_pid(row, "pid", info->pid);
	row_set_text(row, "state", info->alive ? "alive" : "dead");
	row_set_number(row, "held", info->held_bytes);
	row_set_number(row, "records", info->held_records);
	row_set_time(row, "joined", info->joined_ns);
	return 0;
}

static int fill_members(struct ipcbuf_region *region, struct table *table)
{
	return ipcbuf_region_list_members(region, add_member, table);
}

static int add_class(const struct ipcbuf_class_info *info, void *arg)
{
	struct json_object *row = table_add_row(arg);

	row_set_number(row, "block", info->block_bytes);
	row_set_number(row, "slabs", info->slabs);
	row_set_number(row, "memory", info->slab_bytes);
	row_set_number(row, "held", info->held_blocks);
	row_set_number(row, "free", info->free_blocks);
	return 0;
}

static int fill_classes(struct ipcbuf_region *region, struct table *table)
{
	return ipcbuf_region_list_classes(region, add_class, table);
}

const struct stat_part stat_figures = {
	"region", "Region", true, figure_columns, fill_figures,
};

const struct stat_part stat_channels = {
	"channels", "Channels", false, channel_columns, fill_channels,
};

const struct stat_part stat_members = {
	"members", "Members", false, member_columns, fill_members,
};

const struct stat_part stat_classes = {
	"classes", "Memory by size class", false, class_columns, fill_classes,
};
