/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Name files, see namefile.h. They lie where POSIX shared memory lies. */
#include "namefile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lockfile.h"
#include "os.h"

#define NAME_PREFIX  "ipcbuf-lock."
#define GONE_PREFIX  "ipcbuf-gone."
#define NAME_VERSION 1u
#define FILE_BYTES   (2 * IPCBUF_NAME_MAX + 1)
#define PATH_BYTES   (64 + sizeof(NAME_PREFIX) + FILE_BYTES)

/* No region's name has it: in a file's it makes a capital of what follows. */
#define SHIFT '+'

static int is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char to_small(char c)
{
	return (char)(c - 'A' + 'a');
}

/* Names are told apart by case, also where files aren't. */
static void file_of_name(const char *name, char *file)
{
	for (; *name; name++) {
		if (ipcb_os_folds_case && is_capital(*name)) {
			*file++ = SHIFT;
			*file++ = to_small(*name);
		} else {
			*file++ = *name;
		}
	}
	*file = '\0';
}

/* Return: 0, or -EINVAL: it is no region's. */
static int name_of_file(const char *file, char *name)
{
	const char *whole = file;
	char again[FILE_BYTES];
	size_t length = 0;

	for (; *file && length < IPCBUF_NAME_MAX; file++) {
		if (ipcb_os_folds_case && *file == SHIFT && file[1])
			name[length++] = (char)(*++file - 'a' + 'A');
		else
			name[length++] = *file;
	}
	name[length] = '\0';
	if (*file || ipcb_name_check(name))
		return -EINVAL;
	file_of_name(name, again);
	return strcmp(again, whole) ? -EINVAL : 0;
}

static void name_path(const char *name, char *path)
{
	char file[FILE_BYTES];

	file_of_name(name, file);
	snprintf(path, PATH_BYTES, "%s/%s%s", ipcb_os_name_dir, NAME_PREFIX, file);
}

/* Is @fd still what the path leads to? Another may have unlinked it. */
static int still_named(int fd, const char *path)
{
	struct stat by_fd, by_path;

	return !fstat(fd, &by_fd) && !lstat(path, &by_path) &&
	       by_fd.st_dev == by_path.st_dev && by_fd.st_ino == by_path.st_ino;
}

static int open_existing(const char *path, int *ret_fd)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int open_new(const char *path, const struct ipcb_name_owner *owner,
		    int *ret_fd)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		      0600);
	int error;

	if (fd < 0)
		return -errno;
	error = ipcb_errno(fchown(fd, owner->uid, owner->gid));
	if (!error)
		error = ipcb_errno(fchmod(fd, (mode_t)owner->mode));
	if (error) {
		unlink(path);
		ipcb_lock_close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

static int open_either(const char *path, const struct ipcb_name_owner *create,
		       int *ret_fd)
{
	int error, tries;

	for (tries = 0; tries < 1000; tries++) {
		error = open_existing(path, ret_fd);
		if (error != -ENOENT || !create)
			return error;
		error = open_new(path, create, ret_fd);
		if (error != -EEXIST)
			return error;
	}
	return -ETIMEDOUT;
}

int ipcb_namefile_lock(const char *name, const struct ipcb_name_owner *create,
		       int *ret_fd)
{
	char path[PATH_BYTES];
	int error, fd = -1;

	name_path(name, path);
	for (;;) {
		error = open_either(path, create, &fd);
		if (error)
			return error;
		error = ipcb_lock(fd, IPCB_LOCK_CREATE);
		if (error) {
			ipcb_lock_close(fd);
			return error;
		}
		if (still_named(fd, path)) {
			*ret_fd = fd;
			return 0;
		}
		ipcb_lock_close(fd);
	}
}

int ipcb_namefile_open_rdonly(const char *name, int *ret_fd)
{
	char path[PATH_BYTES];
	int fd;

	name_path(name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int ipcb_namefile_read(int fd, struct ipcb_name_record *ret_record)
{
	struct ipcb_name_record record;
	ssize_t got = pread(fd, &record, sizeof(record), 0);

	if (got < 0)
		return -errno;
	if (got == 0)
		return -ENODATA;
	if ((size_t)got < sizeof(record) || record.magic != IPCB_MAGIC ||
	    record.version != NAME_VERSION)
		return -EPROTO;
	*ret_record = record;
	return 0;
}

int ipcb_namefile_write(int fd, const struct ipcb_name_record *record)
{
	struct ipcb_name_record copy = *record;
	ssize_t put;

	copy.magic = IPCB_MAGIC;
	copy.version = NAME_VERSION;
	put = pwrite(fd, &copy, sizeof(copy), 0);
	if (put < 0)
		return -errno;
	return (size_t)put == sizeof(copy) ? 0 : -ENOSPC;
}

int ipcb_namefile_remove(const char *name)
{
	char path[PATH_BYTES];

	name_path(name, path);
	return ipcb_errno(unlink(path));
}

int ipcb_namefile_retire(const char *name, int fd,
			 struct ipcb_name_record *record)
{
	char path[PATH_BYTES], gone[PATH_BYTES];
	struct stat st;
	int error;

	record->state = IPCB_NAME_GONE;
	error = ipcb_namefile_write(fd, record);
	if (error)
		return error;
	if (fstat(fd, &st))
		return -errno;
	name_path(name, path);
	snprintf(gone, sizeof(gone), "%s/%s%llu", ipcb_os_name_dir, GONE_PREFIX,
		 (unsigned long long)st.st_ino);
	return ipcb_errno(rename(path, gone));
}

/* Nobody holds a member's lock, and nobody can take one: the name is gone. */
static int nobody_there(int fd)
{
	return ipcb_lock_held(fd, IPCB_LOCK_MEMBER(0), IPCB_MEMBERS_MAX) == 0;
}

static void collect_one(int dir, const char *file)
{
	struct ipcb_name_record record = { 0 };
	int fd = openat(dir, file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	if (!ipcb_lock_try(fd, IPCB_LOCK_CREATE) &&
	    !ipcb_namefile_read(fd, &record) &&
	    record.state == IPCB_NAME_GONE && nobody_there(fd)) {
		ipcb_name_reap(NULL, &record);
		unlinkat(dir, file, 0);
	}
	ipcb_lock_close(fd);
}

static int each_file(const char *prefix,
		     int (*visit)(int dir, const char *rest, void *arg),
		     void *arg)
{
	size_t length = strlen(prefix);
	DIR *dir = opendir(ipcb_os_name_dir);
	struct dirent *entry;
	int result = 0;

	if (!dir)
		return -errno;
	while (!result && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, prefix, length))
			result = visit(dirfd(dir), entry->d_name, arg);
	closedir(dir);
	return result;
}

static int collect_visit(int dir, const char *file, void *arg)
{
	(void)arg;
	collect_one(dir, file);
	return 0;
}

void ipcb_namefile_collect(void)
{
	each_file(GONE_PREFIX, collect_visit, NULL);
}

struct list_state {
	int (*visit)(const char *name, void *arg);
	void *arg;
};

static int list_visit(int dir, const char *file, void *arg)
{
	struct list_state *state = arg;
	char name[IPCBUF_NAME_MAX + 1];

	(void)dir;
	return name_of_file(file + sizeof(NAME_PREFIX) - 1, name) ?
	       0 : state->visit(name, state->arg);
}

int ipcb_namefile_list(int (*visit)(const char *name, void *arg), void *arg)
{
	struct list_state state = { visit, arg };

	return each_file(NAME_PREFIX, list_visit, &state);
}
