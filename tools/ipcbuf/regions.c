/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Collecting and showing regions; see regions.h. */
#include "regions.h"

#include "../common/backends.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int collect(const struct ipcbuf_region_entry *entry, void *arg)
{
	struct region_names *names = arg;
	struct region_name *grown, *last;

	grown = realloc(names->entries, (names->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	names->entries = grown;
	last = &grown[names->count++];
	snprintf(last->name, sizeof(last->name), "%s", entry->name);
	last->backend = entry->backend;
	last->mode = entry->mode;
	last->uid = entry->uid;
	last->gid = entry->gid;
	last->status = entry->status;
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct region_name *a = left, *b = right;

	return strcmp(a->name, b->name);
}

int region_names_get(struct region_names *ret_names)
{
	struct region_names names = { NULL, 0 };
	int error = ipcbuf_region_list(collect, &names);

	if (error) {
		region_names_free(&names);
		return error;
	}
	if (names.count)
		qsort(names.entries, names.count, sizeof(*names.entries),
		      by_name);
	*ret_names = names;
	return 0;
}

void region_names_free(struct region_names *names)
{
	free(names->entries);
	names->entries = NULL;
	names->count = 0;
}

const char *region_status_word(int status)
{
	switch (status) {
	case 0:
		return "ok";
	case -EACCES:
		return "unreadable";
	case -EPROTO:
		return "foreign";
	case -ENOENT:
		return "half-made";
	}
	return "unusable";
}

static void row_set_mode(struct json_object *row, uint32_t mode)
{
	char text[16];

	snprintf(text, sizeof(text), "%04o", (unsigned int)mode);
	row_set_text(row, "mode", text);
}

void region_row_entry(struct json_object *row, const struct region_name *entry)
{
	row_set_text(row, "name", entry->name);
	row_set_text(row, "backend", tool_backend_name(entry->backend));
	row_set_mode(row, entry->mode);
	row_set_number(row, "uid", entry->uid);
	row_set_number(row, "gid", entry->gid);
}

void region_row_figures(struct json_object *row,
			const struct ipcbuf_region_info *info)
{
	row_set_text(row, "backend", info->backend_name);
	row_set_text(row, "wait", info->wait_name);
	row_set_mode(row, info->mode);
	row_set_number(row, "uid", info->uid);
	row_set_number(row, "gid", info->gid);
	row_set_number(row, "size", info->size_bytes);
	row_set_number(row, "heap", info->heap_bytes);
	row_set_number(row, "frame", info->frame_bytes);
	row_set_number(row, "slab", info->slab_bytes);
	row_set_number(row, "committed", info->committed_bytes);
	row_set_number(row, "peak", info->peak_committed_bytes);
	row_set_number(row, "held", info->held_bytes);
	row_set_number(row, "records", info->held_records);
	row_set_number(row, "max-record", info->max_record_bytes);
	row_set_number(row, "failures", info->allocation_failures);
	row_set_number(row, "members", info->members);
	row_set_number(row, "max-members", info->max_members);
	row_set_number(row, "deaths", info->deaths);
	row_set_number(row, "channels", info->channels);
	row_set_number(row, "segments", info->segments);
	row_set_number(row, "layout", info->layout_version);
	row_set_time(row, "created", info->created_ns);
}

const char *region_key_text(struct ipcbuf_key key, char text[REGION_KEY_TEXT])
{
	if (key.name)
		snprintf(text, REGION_KEY_TEXT, "%s", key.name);
	else
		snprintf(text, REGION_KEY_TEXT, "%" PRId64, key.id);
	return text;
}
