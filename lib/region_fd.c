/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Passing and taking descriptors. */
#include "region_params.h"

#include <fcntl.h>

#include "cancel.h"

static int open_fd(struct ipcbuf_region *region, int fd)
{
	const struct ipcb_memory_ops *const *ops = ipcb_memory_backends;
	int error = -EPROTO;

	if (fcntl(fd, F_GETFD) < 0)
		return -errno;
	for (; *ops && error == -EPROTO; ops++) {
		region->memory.ops = *ops;
		error = (*ops)->open_fd(&region->memory, fd);
	}
	return error ? error : ipcb_region_open_memory(region);
}

IPCB_PUBLIC int
ipcbuf_region_open_fd(int fd, const struct ipcbuf_region_options *options,
		      struct ipcbuf_region **ret_region)
{
	struct ipcbuf_region *region;
	uint32_t flags;
	int cancel, error;

	if (!ret_region)
		return -EINVAL;
	error = ipcb_region_flags(options, &flags);
	if (error)
		return error;
	region = ipcb_region_new();
	if (!region)
		return -ENOMEM;
	region->rdonly = !!(flags & IPCBUF_REGION_RDONLY);
	region->memory.rdonly = region->rdonly;
	cancel = ipcb_cancel_off();
	error = open_fd(region, fd);
	if (error)
		ipcb_handle_free(&ipcb_region_handles, &region->handle);
	else
		*ret_region = region;
	ipcb_cancel_restore(cancel);
	return error;
}

IPCB_PUBLIC int ipcbuf_region_get_fd(struct ipcbuf_region *region, int *ret_fd)
{
	int error;

	if (!ret_fd)
		return -EINVAL;
	error = ipcb_enter(region);
	if (error)
		return error;
	error = region->memory.ops->get_fd(&region->memory, ret_fd);
	ipcb_leave();
	return error;
}
