// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Everything else that can be done to a descriptor: calls that are meant for
 * files, pipes, sockets and disks. Each fails sensibly, or does nothing to the
 * region that is seen: its size, its contents and its rights stay, and a
 * neighbour doesn't notice.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/fill.h"
#include "../common/module.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BYTES (16 * 4096u)
#define SEED  31

FIXTURE(kmod_hostile_files) {
	struct neighbour neighbour;
	int device;
	int region;
	int rdonly;
	int bell;
	int fd;			/* of the variant */
	void *data;
	struct ipcbuf_ioc_region stat;
};

FIXTURE_VARIANT(kmod_hostile_files) {
	enum { REGION, RDONLY, DOORBELL, DEVICE } kind;
};

FIXTURE_VARIANT_ADD(kmod_hostile_files, region) { .kind = REGION };
FIXTURE_VARIANT_ADD(kmod_hostile_files, rdonly) { .kind = RDONLY };
FIXTURE_VARIANT_ADD(kmod_hostile_files, doorbell) { .kind = DOORBELL };
FIXTURE_VARIANT_ADD(kmod_hostile_files, device) { .kind = DEVICE };

FIXTURE_SETUP(kmod_hostile_files)
{
	self->device = kmod_device();
	ASSERT_LE(0, self->device);
	neighbour_begin(&self->neighbour, self->device);
	self->region = kmod_create(self->device, "", BYTES, KMOD_SLOTS);
	self->rdonly = kmod_attach(self->region, IPCBUF_IOC_RDONLY);
	self->bell = kmod_doorbell(self->region, 0, 0);
	self->data = kmod_data(self->region, BYTES, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, self->data);
	fill_write(self->data, BYTES, SEED);
	self->stat = kmod_stat(self->region);
	self->fd = variant->kind == REGION ? self->region :
		   variant->kind == RDONLY ? self->rdonly :
		   variant->kind == DOORBELL ? self->bell : self->device;
}

FIXTURE_TEARDOWN(kmod_hostile_files)
{
	struct ipcbuf_ioc_region stat = kmod_stat(self->region);

	EXPECT_EQ(0, memcmp(&stat, &self->stat, sizeof(stat)));
	EXPECT_TRUE(fill_matches(self->data, BYTES, SEED));
	EXPECT_EQ(NULL, kmod_data(self->rdonly, BYTES, PROT_READ | PROT_WRITE));
	EXPECT_NE(NULL, kmod_data(self->rdonly, BYTES, PROT_READ));
	EXPECT_EQ(0, kmod_wake(self->region, 0, 1));
	EXPECT_EQ(-EACCES, kmod_wake(self->rdonly, 0, 1));
	neighbour_check(&self->neighbour);
	neighbour_end(&self->neighbour);
}

/* The call fails, in one of the ways that mean that it isn't for this. */
#define MUST_FAIL(call) \
	do { \
		errno = 0; \
		EXPECT_EQ(-1, (call)) TH_LOG("%s", #call); \
		EXPECT_TRUE(is_refusal(errno)) \
			TH_LOG("%s: %s", #call, strerror(errno)); \
	} while (0)

/* It may work; what it then has changed is nothing that counts. */
#define MAY_WORK(call) \
	do { \
		errno = 0; \
		if ((call) < 0) \
			EXPECT_TRUE(is_refusal(errno)) \
				TH_LOG("%s: %s", #call, strerror(errno)); \
	} while (0)

static bool is_refusal(int error)
{
	static const int errors[] = {
		EINVAL, EBADF, ENODEV, ESPIPE, ENOTTY, EACCES, EPERM, ENXIO,
		EOPNOTSUPP, ENOTSUP, ENOTDIR, ENOSYS, EXDEV, ENOENT, ENOTSOCK,
		ENOTBLK, ELOOP, ENODATA, EROFS, EISDIR,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (error == errors[i])
			return true;
	return false;
}

/* Fails if the descriptor can be read, written or given another size. */
TEST_F(kmod_hostile_files, contents)
{
	int ends[2], file = memfd_create("contents", 0), fd = self->fd;
	struct iovec vector = { self->data, 16 };
	char bytes[16] = "contents";
	off_t zero = 0;

	ASSERT_EQ(0, pipe(ends));
	ASSERT_EQ(16, write(file, bytes, 16));
	ASSERT_EQ(16, write(ends[1], bytes, 16));
	MUST_FAIL(ftruncate(fd, 0));
	MUST_FAIL(ftruncate(fd, 4096));
	MUST_FAIL(ftruncate(fd, BYTES * 2));
	MUST_FAIL(fallocate(fd, 0, 0, BYTES));
	MUST_FAIL(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			    4096));
	MUST_FAIL(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
	MUST_FAIL(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 4096));
	MUST_FAIL(read(fd, bytes, sizeof(bytes)));
	MUST_FAIL(pread(fd, bytes, sizeof(bytes), 0));
	MUST_FAIL(readv(fd, &vector, 1));
	MUST_FAIL(preadv2(fd, &vector, 1, 0, RWF_NOWAIT));
	MUST_FAIL(write(fd, bytes, sizeof(bytes)));
	MUST_FAIL(pwrite(fd, bytes, sizeof(bytes), 0));
	MUST_FAIL(writev(fd, &vector, 1));
	MUST_FAIL(pwritev2(fd, &vector, 1, 0, RWF_APPEND));
	MUST_FAIL(sendfile(fd, file, &zero, 16));
	MUST_FAIL(sendfile(ends[1], fd, &zero, 16));
	MUST_FAIL(splice(fd, NULL, ends[1], NULL, 16, SPLICE_F_NONBLOCK));
	MUST_FAIL(splice(ends[0], NULL, fd, NULL, 16, SPLICE_F_NONBLOCK));
	MUST_FAIL(tee(fd, ends[1], 16, SPLICE_F_NONBLOCK));
	MUST_FAIL(vmsplice(fd, &vector, 1, SPLICE_F_NONBLOCK));
	MUST_FAIL(copy_file_range(file, &zero, fd, NULL, 16, 0));
	MUST_FAIL(copy_file_range(fd, NULL, file, &zero, 16, 0));
	MAY_WORK(lseek(fd, 4096, SEEK_SET));
	MAY_WORK(lseek(fd, 0, SEEK_END));
	MAY_WORK(lseek(fd, 0, SEEK_DATA));
}

static int advise(int fd, int advice)
{
	errno = posix_fadvise(fd, 0, 0, advice);
	return errno ? -1 : 0;
}

/* Fails if something that isn't for it makes the descriptor lose its memory. */
TEST_F(kmod_hostile_files, caches)
{
	int fd = self->fd, advice;

	MAY_WORK(fsync(fd));
	MAY_WORK(fdatasync(fd));
	MAY_WORK(syncfs(fd));
	MAY_WORK(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
	MAY_WORK(readahead(fd, 0, BYTES));
	for (advice = 0; advice < 8; advice++)
		MAY_WORK(advise(fd, advice));
	MAY_WORK(msync(self->data, BYTES, MS_SYNC | MS_INVALIDATE));
	EXPECT_TRUE(fill_matches(self->data, BYTES, SEED));
}

/* Fails if locks that aren't the region's get in the way of those that are. */
TEST_F(kmod_hostile_files, locks_and_leases)
{
	struct f_owner_ex owner = { F_OWNER_PID, getpid() };
	struct flock lock = { .l_type = F_WRLCK, .l_len = 1 };
	int fd = self->fd;

	MAY_WORK(flock(fd, LOCK_EX | LOCK_NB));
	MAY_WORK(flock(fd, LOCK_SH | LOCK_NB));
	MUST_FAIL(fcntl(fd, F_SETLEASE, F_RDLCK));
	MUST_FAIL(fcntl(fd, F_SETLEASE, F_WRLCK));
	MAY_WORK(fcntl(fd, F_GETLEASE));
	MUST_FAIL(fcntl(fd, F_NOTIFY, DN_MODIFY));
	MUST_FAIL(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE));
	MUST_FAIL(fcntl(fd, F_GET_SEALS));
	MUST_FAIL(fcntl(fd, F_SETPIPE_SZ, 65536));
	MAY_WORK(fcntl(fd, F_SETOWN_EX, &owner));
	MAY_WORK(fcntl(fd, F_SETSIG, SIGUSR1));
	MAY_WORK(fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK | O_APPEND));
	MAY_WORK(fcntl(fd, F_SETFL, 0));
	MAY_WORK(fcntl(fd, F_SETFL, O_DIRECT));
	MAY_WORK(fcntl(fd, F_SETFL, O_NOATIME));
	if (variant->kind == REGION || variant->kind == RDONLY) {
		/* Those of a process, which any of its closes drops. */
		MUST_FAIL(fcntl(fd, F_SETLK, &lock));
		MUST_FAIL(fcntl(fd, F_SETLKW, &lock));
		lock.l_type = F_RDLCK;
		MUST_FAIL(fcntl(fd, F_SETLK, &lock));
		lock.l_type = F_UNLCK;
		MAY_WORK(fcntl(fd, F_SETLK, &lock));
	}
	EXPECT_EQ(0, kmod_lock(self->region, F_WRLCK, 0));
	EXPECT_EQ(0, kmod_lock(self->region, F_UNLCK, 0));
}

/* Fails if the file's rights, owner or names have to do with the region's. */
TEST_F(kmod_hostile_files, attributes)
{
	const struct timespec times[2] = { { 0, 0 }, { 0, 0 } };
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = { .handle.handle_bytes = MAX_HANDLE_SZ };
	char path[64], text[64];
	int mount_id, watch = inotify_init1(IN_CLOEXEC), fd = self->fd;
	struct stat stat;

	/* The device is a file of the machine's that isn't ours to change. */
	if (variant->kind == DEVICE)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(0, fstat(fd, &stat));
	EXPECT_FALSE(S_ISREG(stat.st_mode));
	MAY_WORK(fchmod(fd, 0777));
	MAY_WORK(fchmod(fd, 07777));
	MAY_WORK(fchown(fd, 1, 1));
	MAY_WORK(chmod(path, 0666));
	MAY_WORK(chown(path, 2, 2));
	MAY_WORK(futimens(fd, times));
	MAY_WORK(fsetxattr(fd, "user.x", "y", 1, 0));
	MAY_WORK(fsetxattr(fd, "trusted.x", "y", 1, 0));
	MAY_WORK(fsetxattr(fd, "security.x", "y", 1, 0));
	MAY_WORK(fgetxattr(fd, "user.x", text, sizeof(text)));
	MAY_WORK(flistxattr(fd, text, sizeof(text)));
	MAY_WORK(fremovexattr(fd, "user.x"));
	MAY_WORK(name_to_handle_at(fd, "", &handle.handle, &mount_id,
				   AT_EMPTY_PATH));
	MAY_WORK(inotify_add_watch(watch, path, IN_ALL_EVENTS));
	MUST_FAIL(linkat(fd, "", AT_FDCWD, "/tmp/ipcbuf-link", AT_EMPTY_PATH));
	MUST_FAIL(linkat(AT_FDCWD, path, AT_FDCWD, "/tmp/ipcbuf-link",
			 AT_SYMLINK_FOLLOW));
	MUST_FAIL(truncate(path, 0));
	MUST_FAIL(fchdir(fd));
	MUST_FAIL(bind(fd, NULL, 0));
	MUST_FAIL((int)syscall(SYS_execveat, fd, "", NULL, NULL, AT_EMPTY_PATH));
}

/* Fails if there is a way to a second file with other rights. */
TEST_F(kmod_hostile_files, opened_again)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_TRUNC, O_RDWR | O_APPEND,
		O_RDWR | O_CREAT, O_RDWR | O_DIRECT, O_RDWR | O_NONBLOCK,
	};
	char path[64];
	size_t i;
	int fd;

	if (variant->kind == DEVICE)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		MUST_FAIL(open(path, flags[i], 0600));
	MUST_FAIL(open(path, O_TMPFILE | O_RDWR, 0600));
	/* A path's descriptor can do nothing. */
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	EXPECT_EQ(NULL, kmod_data(fd, BYTES, PROT_READ));
	EXPECT_EQ(-EBADF, kmod_wake(fd, 0, 1));
	MUST_FAIL(ftruncate(fd, 0));
	close(fd);
}

/* Calls of other kinds of files that go by number. */
TEST_F(kmod_hostile_files, foreign_calls)
{
	static const unsigned long numbers[] = {
		FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSGETXATTR, FIBMAP,
		FIGETBSZ, FICLONE, FICLONERANGE, FIDEDUPERANGE, FIFREEZE,
		FITHAW, FS_IOC_FIEMAP, FIONREAD, FIOQSIZE, BLKGETSIZE64,
		TIOCGWINSZ, TCGETS, SIOCATMARK,
		/* Space reserved, freed, zeroed; which no header tells of. */
		_IOC(_IOC_WRITE, 'X', 40, 48), _IOC(_IOC_WRITE, 'X', 42, 48),
		_IOC(_IOC_WRITE, 'X', 57, 48),
	};
	char argument[4096];
	size_t i;
	int on = 1;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		memset(argument, 0, sizeof(argument));
		/* FIFREEZE and FITHAW of a file system that is not mounted. */
		if (numbers[i] == FIFREEZE || numbers[i] == FITHAW)
			MUST_FAIL(ioctl(self->fd, numbers[i], argument));
		else
			MAY_WORK(ioctl(self->fd, numbers[i], argument));
	}
	MAY_WORK(ioctl(self->fd, FIONBIO, &on));
	MAY_WORK(ioctl(self->fd, FIOASYNC, &on));
	on = 0;
	MAY_WORK(ioctl(self->fd, FIOASYNC, &on));
	MAY_WORK(ioctl(self->fd, FIONBIO, &on));
	MAY_WORK(ioctl(self->fd, FIONCLEX));
	MAY_WORK(ioctl(self->fd, FIOCLEX));
}

static long try_map_files(void *mapping, size_t bytes, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx",
		 (unsigned long)mapping, (unsigned long)mapping + bytes);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

struct mapped {
	void *at;
	size_t bytes;
};

static int64_t as_nobody(void *arg)
{
	const struct mapped *mapped = arg;

	if (!getuid())
		kmod_become(65534);
	return try_map_files(mapped->at, mapped->bytes, O_RDWR);
}

/* For who may do everything: it may not make the memory smaller. */
static int64_t as_root(void *arg)
{
	const struct mapped *mapped = arg;
	long fd = try_map_files(mapped->at, mapped->bytes, O_RDWR);

	if (fd < 0)
		return 1;
	return ftruncate((int)fd, 0) ? 1 : 0;
}

/*
 * The memory's own file, by way of a mapping. Fails if who has no rights over
 * the machine gets it, or if anybody makes it smaller than its mappings.
 */
TEST_F(kmod_hostile_files, map_files)
{
	void *at = kmod_data(self->rdonly, BYTES, PROT_READ);
	struct mapped mapped = { at, BYTES };

	if (variant->kind != RDONLY)
		return;
	ASSERT_NE(NULL, at);
	EXPECT_GT(0, kmod_ask(as_nobody, &mapped));
	EXPECT_EQ(1, kmod_ask(as_root, &mapped));
	EXPECT_TRUE(fill_matches(self->data, BYTES, SEED));
}

KMOD_HARNESS_MAIN
