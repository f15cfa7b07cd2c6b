/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What a region's name stands for: one file a kind of name behind this table.
 * A backend has one of them, or none (memfd).
 *
 * The kinds know nothing of one another, so that a name can exist in each of
 * them. Creating asks the others first; two creators that ask for different
 * kinds at the same moment may both succeed, and the first kind of ipcb_names[]
 * is then the one that is opened and unlinked by that name.
 *
 * All calls may be made by any thread at any time.
 */
#ifndef IPCB_NAMES_H
#define IPCB_NAMES_H

#include <ipcbuf/inspect.h>

#include "region_params.h"

enum ipcb_open_mode { IPCB_CREATE, IPCB_OPEN, IPCB_OPEN_OR_CREATE };

struct ipcb_names_ops {
	/*
	 * Opens @region, a new handle; @params is NULL with IPCB_OPEN. What
	 * a dead creator has left under the name counts as not there, and is
	 * removed.
	 */
	int (*open)(struct ipcbuf_region *region, const char *name,
		    enum ipcb_open_mode mode,
		    const struct ipcb_region_params *params);
	/* The same for an observer, who changes nothing. */
	int (*open_rdonly)(struct ipcbuf_region *region, const char *name);
	/* -EEXIST, or -EACCES, where there is a region of that name; else 0. */
	int (*check_free)(const char *name);
	/* 0, -ENOENT, -EACCES, ... */
	int (*unlink)(const char *name);
	int (*list)(int (*visit)(const struct ipcbuf_region_entry *entry,
				 void *arg), void *arg);
};

/* backends_*.c: in the order in which they are asked; NULL last. */
extern const struct ipcb_names_ops *const ipcb_names[];

#endif
