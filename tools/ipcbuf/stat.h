/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The parts that `ipcbuf stat` shows: one table each. */
#ifndef IPCBUF_STAT_H
#define IPCBUF_STAT_H

#include "regions.h"

struct stat_part {
	const char *name;	/* in JSON */
	const char *title;
	bool upright;		/* one row, shown a line per column */
	const struct column *columns;
	/* Return: 0 or -errno. */
	int (*fill)(struct ipcbuf_region *region, struct table *table);
};

extern const struct stat_part stat_figures;
extern const struct stat_part stat_channels;
extern const struct stat_part stat_members;
extern const struct stat_part stat_classes;

#endif
