// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* POSIX shared memory as macOS has it: shm_open(2), ftruncate(2) there. */
#include "../common/variants.h"

#include "parts/refused.h"

#include <string.h>
#include <sys/stat.h>

#define PAGE_BYTES 16384

FIXTURE(shm) {
	int fd;
};

FIXTURE_SETUP(shm)
{
	umask(077);
	self->fd = shm_new(0666);
}

FIXTURE_TEARDOWN(shm)
{
	EXPECT_EQ(0, close(self->fd));
}

/* A name of so many bytes, that no other process uses. */
static void name_of(char *name, size_t bytes)
{
	int end = sprintf(name, "/ipcbuf.rule-%d-", (int)getpid());

	memset(name + end, 'x', bytes - (size_t)end);
	name[bytes] = '\0';
}

TEST(longest_name)
{
	char name[64];
	int fd;

	name_of(name, 30);
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, shm_unlink(name));
	name_of(name, 31);
	EXPECT_REFUSED(ENAMETOOLONG, shm_open(name, O_RDWR | O_CREAT, 0600));
	EXPECT_REFUSED(ENAMETOOLONG, shm_unlink(name));
}

TEST(not_truncated_by_opening)
{
	EXPECT_REFUSED(EINVAL, shm_open("/ipcbuf.rule", O_RDWR | O_CREAT |
					O_TRUNC, 0600));
}

TEST_F(shm, mode_is_what_was_asked_for)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(0666, st.st_mode & 0777);
}

TEST_F(shm, sized_once)
{
	struct stat st;

	ASSERT_EQ(0, ftruncate(self->fd, 3 * PAGE_BYTES - 5));
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(3 * PAGE_BYTES, st.st_size);
	EXPECT_REFUSED(EINVAL, ftruncate(self->fd, 4 * PAGE_BYTES));
	EXPECT_REFUSED(EINVAL, ftruncate(self->fd, 0));
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(3 * PAGE_BYTES, st.st_size);
}

TEST_F(shm, owner_and_mode_stay)
{
	EXPECT_REFUSED(EINVAL, fchmod(self->fd, 0600));
	EXPECT_REFUSED(EINVAL, fchown(self->fd, geteuid(), getegid()));
}

TEST_F(shm, not_read_or_written)
{
	char byte = 'x';

	ASSERT_EQ(0, ftruncate(self->fd, PAGE_BYTES));
	EXPECT_REFUSED(ENXIO, write(self->fd, &byte, 1));
	EXPECT_REFUSED(ENXIO, pwrite(self->fd, &byte, 1, 0));
	EXPECT_REFUSED(ENXIO, read(self->fd, &byte, 1));
	EXPECT_REFUSED(ENXIO, pread(self->fd, &byte, 1, 0));
	EXPECT_EQ('x', byte);
}

TEST(files_fold_case)
{
	char path[64], other[64], moved[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/var/tmp/Ipcbuf.Rule-%d", (int)getpid());
	snprintf(other, sizeof(other), "/var/tmp/ipcbuf.rule-%d",
		 (int)getpid());
	snprintf(moved, sizeof(moved), "/var/tmp/ipcbuf.RULE-%d.moved",
		 (int)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, close(fd));
	EXPECT_REFUSED(EEXIST, open(other, O_RDWR | O_CREAT | O_EXCL, 0600));
	EXPECT_EQ(0, lstat(other, &st));
	EXPECT_EQ(0, rename(other, moved));
	EXPECT_REFUSED(ENOENT, lstat(path, &st));
	snprintf(moved, sizeof(moved), "/var/tmp/IPCBUF.rule-%d.Moved",
		 (int)getpid());
	EXPECT_EQ(0, unlink(moved));
}

/* Fails if other files are taken for shared memory. */
TEST(other_files)
{
	FILE *file = tmpfile();
	char byte = 'x';
	int fd;

	ASSERT_NE(NULL, file);
	fd = fileno(file);
	EXPECT_EQ(0, ftruncate(fd, 100));
	EXPECT_EQ(0, ftruncate(fd, 200));
	EXPECT_EQ(0, fchmod(fd, 0640));
	EXPECT_EQ(0, fchown(fd, geteuid(), getegid()));
	EXPECT_EQ(1, pwrite(fd, &byte, 1, 0));
	EXPECT_EQ(1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(1, write(fd, &byte, 1));
	EXPECT_EQ(1, read(fd, &byte, 1));
	EXPECT_EQ(0, fclose(file));
}

TEST_HARNESS_MAIN
