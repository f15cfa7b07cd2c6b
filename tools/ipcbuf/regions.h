/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What `ls`, `stat` and `doctor` have in common: rows that show regions. */
#ifndef IPCBUF_REGIONS_H
#define IPCBUF_REGIONS_H

#include "table.h"

/* The names that ipcbuf_region_list() gave, to be opened after it returned. */
struct region_name {
	char name[IPCBUF_NAME_MAX + 1];
	uint32_t backend;
	uint32_t mode;
	uid_t uid;
	gid_t gid;
	int status;
};

struct region_names {
	struct region_name *entries;
	size_t count;
};

/* Sorted by name. Return: 0 or -errno. */
int region_names_get(struct region_names *ret_names);
void region_names_free(struct region_names *names);

/* One word for a status of ipcbuf_region_list() or ipcbuf_region_open(). */
const char *region_status_word(int status);

/* What the list alone says of a region; the figures say it better. */
void region_row_entry(struct json_object *row,
		      const struct region_name *entry);
void region_row_figures(struct json_object *row,
			const struct ipcbuf_region_info *info);

/* "7" or "name"; @text has room for every key. */
#define REGION_KEY_TEXT (IPCBUF_NAME_MAX + 1)
const char *region_key_text(struct ipcbuf_key key, char text[REGION_KEY_TEXT]);

#endif
