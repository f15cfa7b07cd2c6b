/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Talking to the kernel module, see kmod.h. */
#include "kmod.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICE "/dev/ipcbuf"

/* Libraries don't agree on the type of what ioctl() is to do. */
int ipcb_kmod_call(int fd, unsigned long command, void *argument)
{
	int result;

	do
		result = (int)syscall(SYS_ioctl, fd, command, argument);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

/* A node of which nothing answers is as good as none. */
static int open_error(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENXIO:
	case ENODEV:
		return -EOPNOTSUPP;
	case EPERM:
		return -EACCES;
	}
	return -error;
}

int ipcb_kmod_device(int *ret_fd)
{
	struct ipcbuf_ioc_info info = { .version = 0 };
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return open_error(errno);
	if (ipcb_kmod_call(fd, IPCBUF_IOC_INFO, &info) < 0 ||
	    info.version != IPCBUF_IOC_VERSION) {
		close(fd);
		return -EOPNOTSUPP;
	}
	*ret_fd = fd;
	return 0;
}
