/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Regions without a name: passing and taking descriptors. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "region_attach.h"
#include "region_params.h"

int ipcb_region_own_description(const struct ipcb_memory *memory, int *ret_fd)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory->fd);
	fd = open(path, (memory->rdonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int open_fd(struct ipcbuf_region *region, int fd)
{
	int error = ipcb_memory_open_memfd(&region->memory, fd);

	if (error)
		return error;
	error = ipcb_region_own_description(&region->memory, &region->lock_fd);
	if (!error) {
		error = ipcb_region_attach(region);
		if (error)
			close(region->lock_fd);
	}
	if (error)
		region->memory.ops->close(&region->memory);
	return error;
}

IPCB_PUBLIC int
ipcbuf_region_open_fd(int fd, const struct ipcbuf_region_options *options,
		      struct ipcbuf_region **ret_region)
{
	struct ipcbuf_region *region;
	uint32_t flags;
	int error;

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
	error = open_fd(region, fd);
	if (error)
		ipcb_handle_free(&ipcb_region_handles, &region->handle);
	else
		*ret_region = region;
	return error;
}

IPCB_PUBLIC int ipcbuf_region_get_fd(struct ipcbuf_region *region, int *ret_fd)
{
	int fd, error;

	if (!ret_fd)
		return -EINVAL;
	error = ipcb_enter(region);
	if (error)
		return error;
	if (!region->memory.ops->anonymous) {
		error = -EOPNOTSUPP;
	} else {
		fd = fcntl(region->memory.fd, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			error = -errno;
		else
			*ret_fd = fd;
	}
	ipcb_leave();
	return error;
}
