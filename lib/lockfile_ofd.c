/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Byte locks as open file description locks, see lockfile.h. */
#include "lockfile.h"

#include <fcntl.h>
#include <unistd.h>

static int lock_op(int fd, int command, short type, int64_t byte,
		   int64_t count, struct flock *ret)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = count,
	};
	int error;

	do
		error = ipcb_errno(fcntl(fd, command, &lock));
	while (error == -EINTR);
	if (ret)
		*ret = lock;
	return error;
}

int ipcb_lock_try(int fd, int64_t byte)
{
	int error = lock_op(fd, F_OFD_SETLK, F_WRLCK, byte, 1, NULL);

	return error == -EACCES ? -EAGAIN : error;
}

void ipcb_unlock(int fd, int64_t byte)
{
	lock_op(fd, F_OFD_SETLK, F_UNLCK, byte, 1, NULL);
}

int ipcb_lock_held(int fd, int64_t byte, int64_t count)
{
	struct flock found;
	int error = lock_op(fd, F_OFD_GETLK, F_WRLCK, byte, count, &found);

	if (error)
		return error;
	return found.l_type != F_UNLCK;
}

void ipcb_lock_close(int fd)
{
	close(fd);
}

void ipcb_lock_fork_prepare(void)
{
}

void ipcb_lock_fork_parent(void)
{
}

void ipcb_lock_fork_child(void)
{
}
