// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The walk over a directory tree. See walk.h.
 *
 * Every step is relative to the directory's descriptor: neither the length of
 * a path nor somebody who moves directories about matters. One descriptor and
 * one stack frame is in use for each level, hence the limit on levels.
 */
#define _GNU_SOURCE
#include "walk.h"

#include "digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEVELS_MAX 512u

struct walk {
	int (*visit)(const struct walk_file *file, void *arg);
	void *arg;
	struct skips *skips;
	dev_t device;
	unsigned int levels;
};

static int walk_directory(struct walk *walk, int fd, uint64_t hash);

static void count_failure(struct walk *walk, int error)
{
	if (error == ENOENT || error == ESTALE)
		walk->skips->vanished++;
	else if (error == ELOOP)
		walk->skips->symlinks++;
	else
		walk->skips->unreadable++;
}

/* O_NONBLOCK: the name may have become a FIFO's since it was looked at. */
static int enter_file(struct walk *walk, int dir, const char *name,
		      uint64_t hash)
{
	int fd = openat(dir, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct walk_file file;
	struct stat st;
	int ret = 0;

	if (fd < 0 || fstat(fd, &st)) {
		count_failure(walk, errno);
	} else if (!S_ISREG(st.st_mode)) {
		walk->skips->special++;
	} else {
		file.fd = fd;
		file.bytes = (uint64_t)st.st_size;
		file.path_hash = hash;
		ret = walk->visit(&file, walk->arg);
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

static int enter_directory(struct walk *walk, int dir, const char *name,
			   uint64_t hash)
{
	int fd = openat(dir, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		count_failure(walk, errno);
	} else if (st.st_dev != walk->device) {
		walk->skips->mounts++;
	} else if (walk->levels == LEVELS_MAX) {
		walk->skips->unreadable++;
	} else {
		return walk_directory(walk, fd, hash);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

/* Not every file system says in readdir() what an entry is. */
static unsigned char entry_type(int dir, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
		return DT_REG;	/* opening it will count why */
	return (unsigned char)IFTODT(st.st_mode);
}

static int enter(struct walk *walk, int dir, const struct dirent *entry,
		 uint64_t parent_hash)
{
	const char *name = entry->d_name;
	uint64_t hash;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	hash = digest_path(parent_hash, name);
	switch (entry_type(dir, entry)) {
	case DT_REG:
		return enter_file(walk, dir, name, hash);
	case DT_DIR:
		return enter_directory(walk, dir, name, hash);
	case DT_LNK:
		walk->skips->symlinks++;
		return 0;
	default:
		walk->skips->special++;
		return 0;
	}
}

/* Takes the descriptor. */
static int walk_directory(struct walk *walk, int fd, uint64_t hash)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int ret = 0;

	if (!dir) {
		walk->skips->unreadable++;
		close(fd);
		return 0;
	}
	walk->levels++;
	while (!ret && (entry = readdir(dir)))
		ret = enter(walk, fd, entry, hash);
	walk->levels--;
	closedir(dir);
	return ret;
}

int walk_tree(const char *directory,
	      int (*visit)(const struct walk_file *file, void *arg), void *arg,
	      struct skips *skips)
{
	struct walk walk = { visit, arg, skips, 0, 0 };
	int fd = open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	struct stat st;
	int ret;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	walk.device = st.st_dev;
	return walk_directory(&walk, fd, 0);
}
