/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Byte locks as POSIX record locks, for systems that have no others (fcntl(2);
 * see lockfile.h). Those belong to a process and a file: the descriptors of one
 * process don't exclude one another, and closing any of them drops all that the
 * process holds. So a process keeps a list of its files: who of it holds which
 * byte, and descriptors that are closed once nobody holds one.
 *
 * All of it is protected by one mutex, under which nobody sleeps. A process that
 * ends drops everything; a child of fork() has no locks, and forgets the list.
 */
#include "lockfile.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct held {
	struct held *next;
	int64_t byte;
	int fd;
};

struct late_close {
	struct late_close *next;
	int fd;
};

struct file {
	struct file *next;
	dev_t dev;
	ino_t ino;
	struct held *held;
	struct late_close *closes;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;

static struct file *file_of(int fd)
{
	struct file *file;
	struct stat st;

	if (fstat(fd, &st))
		return NULL;
	for (file = files; file; file = file->next)
		if (file->dev == st.st_dev && file->ino == st.st_ino)
			return file;
	file = calloc(1, sizeof(*file));
	if (file) {
		file->dev = st.st_dev;
		file->ino = st.st_ino;
		file->next = files;
		files = file;
	}
	return file;
}

/* Nobody of us holds anything: now descriptors may be closed. */
static void forget_unused(struct file *file)
{
	struct file **link = &files;
	struct late_close *late;

	if (file->held)
		return;
	while ((late = file->closes)) {
		file->closes = late->next;
		close(late->fd);
		free(late);
	}
	while (*link != file)
		link = &(*link)->next;
	*link = file->next;
	free(file);
}

static struct held **find_held(struct file *file, int64_t byte, int64_t count)
{
	struct held **link = &file->held;

	while (*link && ((*link)->byte < byte || (*link)->byte >= byte + count))
		link = &(*link)->next;
	return link;
}

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

static int try_free_byte(struct file *file, int fd, int64_t byte)
{
	struct held *held = calloc(1, sizeof(*held));
	int error;

	if (!held)
		return -ENOMEM;
	error = lock_op(fd, F_SETLK, F_WRLCK, byte, 1, NULL);
	if (error) {
		free(held);
		return error == -EACCES ? -EAGAIN : error;
	}
	held->byte = byte;
	held->fd = fd;
	held->next = file->held;
	file->held = held;
	return 0;
}

int ipcb_lock_try(int fd, int64_t byte)
{
	struct file *file;
	struct held *held;
	int error = -ENOMEM;

	pthread_mutex_lock(&mutex);
	file = file_of(fd);
	if (file) {
		held = *find_held(file, byte, 1);
		if (held)
			error = held->fd == fd ? 0 : -EAGAIN;
		else
			error = try_free_byte(file, fd, byte);
		forget_unused(file);
	}
	pthread_mutex_unlock(&mutex);
	return error;
}

static void drop(struct held **link)
{
	struct held *held = *link;

	lock_op(held->fd, F_SETLK, F_UNLCK, held->byte, 1, NULL);
	*link = held->next;
	free(held);
}

void ipcb_unlock(int fd, int64_t byte)
{
	struct held **link;
	struct file *file;

	pthread_mutex_lock(&mutex);
	file = file_of(fd);
	if (file) {
		link = find_held(file, byte, 1);
		if (*link && (*link)->fd == fd)
			drop(link);
		forget_unused(file);
	}
	pthread_mutex_unlock(&mutex);
}

static int held_by_another(struct file *file, int fd, int64_t byte,
			   int64_t count)
{
	struct held *held;

	for (held = file->held; held; held = held->next)
		if (held->byte >= byte && held->byte < byte + count &&
		    held->fd != fd)
			return 1;
	return 0;
}

int ipcb_lock_held(int fd, int64_t byte, int64_t count)
{
	struct file *file;
	struct flock found;
	int result = -ENOMEM;

	pthread_mutex_lock(&mutex);
	file = file_of(fd);
	if (file) {
		result = held_by_another(file, fd, byte, count);
		if (!result)
			result = lock_op(fd, F_GETLK, F_WRLCK, byte, count,
					 &found);
		if (!result)
			result = found.l_type != F_UNLCK;
		forget_unused(file);
	}
	pthread_mutex_unlock(&mutex);
	return result;
}

static void drop_all(struct file *file, int fd)
{
	struct held **link = &file->held;

	while (*link)
		if ((*link)->fd == fd)
			drop(link);
		else
			link = &(*link)->next;
}

/* Where there is no memory to remember it, it stays open. */
void ipcb_lock_close(int fd)
{
	struct late_close *late = malloc(sizeof(*late));
	struct file *file;

	pthread_mutex_lock(&mutex);
	file = file_of(fd);
	if (file) {
		drop_all(file, fd);
		if (late) {
			late->fd = fd;
			late->next = file->closes;
			file->closes = late;
			late = NULL;
		}
		forget_unused(file);
	}
	pthread_mutex_unlock(&mutex);
	free(late);
}

void ipcb_lock_fork_prepare(void)
{
	pthread_mutex_lock(&mutex);
}

void ipcb_lock_fork_parent(void)
{
	pthread_mutex_unlock(&mutex);
}

/* The handles' own descriptors are closed by who has them. */
void ipcb_lock_fork_child(void)
{
	struct file *file;

	for (file = files; file; file = file->next)
		while (file->held) {
			struct held *held = file->held;

			file->held = held->next;
			free(held);
		}
	while (files)
		forget_unused(files);
	pthread_mutex_unlock(&mutex);
}
