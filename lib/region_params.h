/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The caller's options, checked and filled in. */
#ifndef IPCB_REGION_PARAMS_H
#define IPCB_REGION_PARAMS_H

#include "region.h"

struct ipcb_region_params {
	uint32_t flags;
	struct ipcb_geometry geometry;
	struct ipcb_name_owner owner;
	const struct ipcb_memory_ops *memory;
	const struct ipcb_wait_ops *wait;
};

/* -EINVAL, -EOPNOTSUPP. @options may be NULL. */
int ipcb_region_params(const struct ipcbuf_region_options *options,
		       struct ipcb_region_params *ret);
/* The same where only flags count. */
int ipcb_region_flags(const struct ipcbuf_region_options *options,
		      uint32_t *ret_flags);

/* region_create.c: a handle that isn't open; NULL without memory. */
struct ipcbuf_region *ipcb_region_new(void);

/* Makes the region and opens it; @name_fd is -1 where it has no name. */
int ipcb_region_make(struct ipcbuf_region *region, const char *name,
		     int name_fd, const struct ipcb_region_params *params);

/* Opens the region that region->memory is; closes the memory on failure. */
int ipcb_region_open_memory(struct ipcbuf_region *region);

#endif
