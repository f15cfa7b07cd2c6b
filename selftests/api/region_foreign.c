// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Things that stand where a region would and aren't one: empty, cut short,
 * random, of another version, no file at all. Opening them is an error and
 * leaves them as they were; nothing hangs.
 */
#include "../common/variants.h"
#include "../common/random.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FILE_LIMIT (3 * MIB)
#define PATH_LIMIT (IPCBUF_NAME_MAX + 32)

/* What of a region may be a file. */
enum kind {
	MEMORY,
	NAME,
	KINDS,
};

/* The version of the layout stands behind the eight bytes of magic. */
#define VERSION_OFFSET 8
/* In the memory, the mask of features behind that. */
#define FEATURES_OFFSET 12
/* In the name's file. */
#define SHM_ID_OFFSET 28
/* Whose POSIX semaphores stand behind it, and how large one is. */
#define SEM_LIBRARY_OFFSET 4096
#define SEM_BYTES_OFFSET   4100

FIXTURE(foreign) {
	struct test_region region;
	unsigned char *before;
	unsigned char *after;
	unsigned char *names;		/* the name file as it was */
	size_t names_bytes;
};

FILE_VARIANTS(foreign);

static void path_of(char path[PATH_LIMIT], enum kind kind, const char *name)
{
	if (kind == NAME)
		snprintf(path, PATH_LIMIT, "%s/ipcbuf-lock.%s",
			 system_name_folder, name);
	else
		snprintf(path, PATH_LIMIT, "%s/ipcbuf.%s",
			 system_memory_folder, name);
}

/* Is there such a thing here, if only its place? */
static bool can_be_file(enum kind kind)
{
	return kind == NAME || system_memory_folder;
}

static ssize_t read_file(const char *path, unsigned char *into)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t bytes;

	if (fd < 0)
		return -errno;
	bytes = read(fd, into, FILE_LIMIT);
	close(fd);
	return bytes;
}

static void write_file(const char *path, const void *from, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0);
	MUST_EQ(bytes, write(fd, from, bytes));
	close(fd);
}

FIXTURE_SETUP(foreign)
{
	char path[PATH_LIMIT];

	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 1 * MIB));
	ASSERT_EQ(0, ipcbuf_region_close(self->region.handle));
	self->before = malloc(FILE_LIMIT);
	self->after = malloc(FILE_LIMIT);
	self->names = malloc(FILE_LIMIT);
	ASSERT_TRUE(self->before && self->after && self->names);
	path_of(path, NAME, self->region.name);
	self->names_bytes = (size_t)read_file(path, self->names);
}

/*
 * What a name's file says was spoiled may still exist: with the file put back
 * as it was, unlinking finds it.
 */
FIXTURE_TEARDOWN(foreign)
{
	char path[PATH_LIMIT];
	enum kind i;

	(void)ipcbuf_region_unlink(self->region.name);
	for (i = 0; i < KINDS; i++) {
		if (!can_be_file(i))
			continue;
		path_of(path, i, self->region.name);
		(void)remove(path);
	}
	write_file(path, self->names, self->names_bytes);
	(void)ipcbuf_region_unlink(self->region.name);
	(void)remove(path);
	free(self->before);
	free(self->after);
	free(self->names);
}

static int open_once(FIXTURE_DATA(foreign) *self)
{
	struct ipcbuf_region *region = POISON;
	int ret = ipcbuf_region_open(self->region.name, NULL, &region);

	if (!ret)
		MUST_EQ(0, ipcbuf_region_close(region));
	else
		MUST(region == POISON);
	return ret;
}

/* Opens what stands there. What is no region must be as it was before. */
static int open_untouched(FIXTURE_DATA(foreign) *self, const char *path)
{
	ssize_t before = read_file(path, self->before), after;
	int ret = open_once(self);

	if (ret == -EPROTO) {
		after = read_file(path, self->after);
		MUST_EQ(before, after);
		MUST(after < 0 ||
		     !memcmp(self->before, self->after, (size_t)after));
	}
	return ret;
}

/*
 * A spoiled region can be unlinked, or made anew, or says that it is there;
 * whichever it is, nothing hangs.
 */
static void name_is_usable(struct __test_metadata *_metadata,
			   FIXTURE_DATA(foreign) *self)
{
	struct ipcbuf_region *region;
	int ret = ipcbuf_region_open_or_create(self->region.name, NULL,
					       &region);

	if (!ret) {
		EXPECT_EQ(0, ipcbuf_free(record_new(region, 100)));
		EXPECT_EQ(0, region_verify(region));
		EXPECT_EQ(0, ipcbuf_region_close(region));
	} else {
		EXPECT_TRUE(ret == -EPROTO || ret == -EEXIST);
	}
}

/* Is there a file of this kind that holds something of the region? */
static bool file_exists(char path[PATH_LIMIT], enum kind i, const char *name)
{
	if (!can_be_file(i))
		return false;
	path_of(path, i, name);
	return !access(path, F_OK);
}

/* Fails if a file of another version of the layout is taken for ours. */
TEST_F(foreign, other_version)
{
	unsigned int files = 0;
	char path[PATH_LIMIT];
	enum kind i;

	for (i = 0; i < KINDS; i++) {
		ssize_t bytes;

		if (!file_exists(path, i, self->region.name))
			continue;
		files++;
		bytes = read_file(path, self->after);
		ASSERT_LT(VERSION_OFFSET, bytes);
		self->after[VERSION_OFFSET]++;
		write_file(path, self->after, (size_t)bytes);
		EXPECT_EQ(-EPROTO, open_untouched(self, path));
		self->after[VERSION_OFFSET]--;
		write_file(path, self->after, (size_t)bytes);
		EXPECT_EQ(0, open_untouched(self, path));
	}
	EXPECT_EQ(variant->backend == IPCBUF_BACKEND_POSIX &&
		  can_be_file(MEMORY) ? 2 : 1, files);
}

/* The object of POSIX memory that a region of this name has. */
static void object_of(char object[PATH_LIMIT], const char *name)
{
	snprintf(object, PATH_LIMIT, "/ipcbuf.%s", name);
}

static int open_object(const char *name, int flags)
{
	char object[PATH_LIMIT];
	int fd;

	object_of(object, name);
	fd = shm_open(object, O_RDWR | flags, 0600);
	MUST(fd >= 0);
	return fd;
}

/* The region's memory, without the library. */
static unsigned char *map_memory(FIXTURE_DATA(foreign) *self,
				 const FIXTURE_VARIANT(foreign) *variant)
{
	int32_t shm_id;
	void *memory;
	int fd;

	if (variant->backend == IPCBUF_BACKEND_SYSV) {
		memcpy(&shm_id, self->names + SHM_ID_OFFSET, sizeof(shm_id));
		memory = shmat(shm_id, NULL, 0);
	} else {
		fd = open_object(self->region.name, 0);
		memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			      fd, 0);
		close(fd);
	}
	MUST(memory != MAP_FAILED);
	return memory;
}

/* Fails if a region with a feature that we know nothing of is used. */
TEST_F(foreign, other_feature)
{
	unsigned char *memory = map_memory(self, variant);

	memory[FEATURES_OFFSET + 3] ^= 0x80;
	EXPECT_EQ(-EPROTO, open_once(self));
	memory[FEATURES_OFFSET + 3] ^= 0x80;
	EXPECT_EQ(0, open_once(self));
	EXPECT_EQ(0, variant->backend == IPCBUF_BACKEND_SYSV ? shmdt(memory) :
		     munmap(memory, 4096));
}

/* Fails if semaphores are used that another C library made, or another width. */
TEST_F(foreign, other_semaphores)
{
	const size_t offsets[] = { SEM_LIBRARY_OFFSET, SEM_BYTES_OFFSET };
	char path[PATH_LIMIT];
	unsigned int i;
	ssize_t bytes;

	if (variant->wait != IPCBUF_WAIT_POSIX_SEM)
		SKIP(return, "it has no POSIX semaphores");
	path_of(path, NAME, self->region.name);
	bytes = read_file(path, self->after);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		ASSERT_LT((ssize_t)offsets[i], bytes);
		self->after[offsets[i]] ^= 1;
		write_file(path, self->after, (size_t)bytes);
		EXPECT_EQ(-EOPNOTSUPP, open_once(self));
		EXPECT_NE(NULL, strstr(ipcbuf_hint(), "C library"));
		self->after[offsets[i]] ^= 1;
		write_file(path, self->after, (size_t)bytes);
		EXPECT_EQ(0, open_once(self));
	}
}

/* Fails if a file that was cut short is used, or touched beyond its end. */
TEST_F(foreign, cut_short)
{
	const size_t lengths[] = { 4096, 2000, 64, 16, 8, 1, 0 };
	char path[PATH_LIMIT];
	unsigned int j;
	enum kind i;

	for (i = 0; i < KINDS; i++) {
		for (j = 0; j < ARRAY_SIZE(lengths); j++) {
			int ret;

			if (!file_exists(path, i, self->region.name))
				continue;
			if (read_file(path, self->before) <=
			    (ssize_t)lengths[j])
				continue;
			ASSERT_EQ(0, truncate(path, (off_t)lengths[j]));
			ret = open_untouched(self, path);
			EXPECT_TRUE(ret == -EPROTO || ret == -ENOENT ||
				    i == MEMORY);
			EXPECT_TRUE(ret || lengths[j] >= 1000);
		}
	}
	name_is_usable(_metadata, self);
}

/* Fails if random bytes are taken for a region, or are overwritten. */
TEST_F(foreign, random_bytes)
{
	const size_t lengths[] = { 1, 100, 4096, 100000, 1 * MIB };
	struct random random = { 11 };
	char path[PATH_LIMIT];
	unsigned int j;
	enum kind i;
	size_t at;

	for (i = 0; i < KINDS; i++) {
		for (j = 0; j < ARRAY_SIZE(lengths); j++) {
			if (!file_exists(path, i, self->region.name))
				continue;
			for (at = 0; at < lengths[j]; at++)
				self->after[at] =
					(unsigned char)random_next(&random);
			write_file(path, self->after, lengths[j]);
			EXPECT_EQ(-EPROTO, open_untouched(self, path));
		}
	}
	name_is_usable(_metadata, self);
}

/*
 * One random byte at the front of a good region, over and over: it opens or it
 * doesn't. Fails if a look at what is spoiled crashes or hangs.
 */
TEST_F(foreign, one_byte_wrong)
{
	struct random random = { 12 };
	char path[PATH_LIMIT];
	unsigned int round;
	enum kind i;

	for (i = 0; i < KINDS; i++) {
		for (round = 0; round < 200; round++) {
			size_t at = random_below(&random, 256);
			unsigned char was, wrong;
			int fd;

			if (!file_exists(path, i, self->region.name))
				continue;
			fd = open(path, O_RDWR | O_CLOEXEC);
			ASSERT_LE(0, fd);
			wrong = (unsigned char)random_next(&random);
			if (pread(fd, &was, 1, (off_t)at) == 1 &&
			    pwrite(fd, &wrong, 1, (off_t)at) == 1) {
				open_once(self);
				ASSERT_EQ(1, pwrite(fd, &was, 1, (off_t)at));
			}
			EXPECT_EQ(0, close(fd));
		}
	}
}

static const struct {
	const char *what;
	mode_t type;
} not_files[] = {
	{ "a directory", S_IFDIR }, { "a FIFO", S_IFIFO },
	{ "a symbolic link", S_IFLNK },
};

static void make_not_file(const char *path, mode_t type)
{
	(void)remove(path);
	if (type == S_IFDIR)
		MUST_EQ(0, mkdir(path, 0700));
	else if (type == S_IFIFO)
		MUST_EQ(0, mkfifo(path, 0600));
	else
		MUST_EQ(0, symlink("/etc/hostname", path));
}

/* Fails if what isn't a file is followed, waited for or removed. */
TEST_F(foreign, not_a_file)
{
	struct ipcbuf_region *region = POISON;
	struct stat before, after;
	char path[PATH_LIMIT];
	unsigned int i, j;

	ASSERT_EQ(0, ipcbuf_region_unlink(self->region.name));
	for (i = 0; i < KINDS * ARRAY_SIZE(not_files); i++) {
		j = i % ARRAY_SIZE(not_files);
		if (!can_be_file(i / ARRAY_SIZE(not_files)))
			continue;
		path_of(path, i / ARRAY_SIZE(not_files), self->region.name);
		make_not_file(path, not_files[j].type);
		ASSERT_EQ(0, lstat(path, &before));
		EXPECT_GT(0, ipcbuf_region_open(self->region.name, NULL,
						&region));
		EXPECT_EQ(POISON, region);
		ASSERT_EQ(0, lstat(path, &after));
		EXPECT_EQ(before.st_ino, after.st_ino);
		EXPECT_EQ(0, remove(path));
	}
}

struct search {
	const char *name;
	int status;
	int times;
};

static int look_for(const struct ipcbuf_region_entry *entry, void *arg)
{
	struct search *search = arg;

	if (!strcmp(entry->name, search->name)) {
		search->times++;
		search->status = entry->status;
	}
	return 0;
}

/* Fails if the list passes off as usable what can't be opened. */
TEST_F(foreign, listed_as_what_it_is)
{
	struct search search = { .name = self->region.name };
	char path[PATH_LIMIT];

	ASSERT_EQ(0, ipcbuf_region_list(look_for, &search));
	EXPECT_EQ(1, search.times);
	EXPECT_EQ(0, search.status);
	path_of(path, NAME, self->region.name);
	write_file(path, "nonsense, and enough of it to fill a record .......",
		   50);
	ASSERT_EQ(0, ipcbuf_region_list(look_for, &search));
	EXPECT_EQ(2, search.times);
	EXPECT_EQ(-EPROTO, search.status);
}

/* Fails if someone else's memory of our name is opened, used or removed. */
TEST(someone_elses_memory)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region = POISON;
	char name[IPCBUF_NAME_MAX + 1], object[PATH_LIMIT], *theirs;
	int fd;

	options.backend = IPCBUF_BACKEND_POSIX;
	region_new_name(name);
	fd = open_object(name, O_CREAT | O_EXCL);
	ASSERT_EQ(0, ftruncate(fd, 4096));
	theirs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, theirs);
	memcpy(theirs, "theirs", 6);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(-ENOENT, ipcbuf_region_open(name, NULL, &region));
	EXPECT_EQ(-EEXIST, ipcbuf_region_create(name, &options, &region));
	EXPECT_EQ(POISON, region);
	EXPECT_EQ(-ENOENT, ipcbuf_region_unlink(name));
	EXPECT_EQ(0, memcmp(theirs, "theirs", 7));
	EXPECT_EQ(0, munmap(theirs, 4096));
	object_of(object, name);
	EXPECT_EQ(0, shm_unlink(object));
}

static void no_region(struct __test_metadata *_metadata, int fd)
{
	struct ipcbuf_region *region = POISON;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EPROTO, ipcbuf_region_open_fd(fd, NULL, &region));
	EXPECT_EQ(POISON, region);
	EXPECT_EQ(0, close(fd));
}

/* Fails if a descriptor of anything but a region is taken for one. */
TEST(descriptors)
{
	struct ipcbuf_region *region = POISON;

	EXPECT_EQ(-EBADF, ipcbuf_region_open_fd(-1, NULL, &region));
	EXPECT_EQ(-EBADF, ipcbuf_region_open_fd(1 << 20, NULL, &region));
	EXPECT_EQ(POISON, region);
	no_region(_metadata, open("/dev/null", O_RDWR));
	no_region(_metadata, open("/dev/zero", O_RDWR));
	no_region(_metadata, open("/etc/passwd", O_RDONLY));
	no_region(_metadata, open(system_name_folder, O_RDONLY));
	no_region(_metadata, socket(AF_UNIX, SOCK_STREAM, 0));
	no_region(_metadata, gate_new());
}

/* The same of memory that isn't a region's. */
TEST(descriptors_of_memory)
{
	struct random random = { 13 };
	unsigned int i;
	int fd;

	NEED_BACKEND(MEMFD, FUTEX);
	no_region(_metadata, memfd_create("empty", 0));
	fd = memfd_create("zeroes", 0);
	ASSERT_EQ(0, ftruncate(fd, 1 * MIB));
	no_region(_metadata, fd);
	fd = memfd_create("random", 0);
	for (i = 0; i < 100000; i += sizeof(uint64_t)) {
		uint64_t word = random_next(&random);

		ASSERT_EQ(sizeof(word), write(fd, &word, sizeof(word)));
	}
	no_region(_metadata, fd);
}

/*
 * Fails if one who was given the descriptor can take the memory away from
 * under the others: they would die of SIGBUS.
 */
TEST(memfd_cant_shrink)
{
	struct test_region region;

	NEED_BACKEND(MEMFD, FUTEX);
	ASSERT_EQ(0, test_region_create(&region, IPCBUF_BACKEND_MEMFD,
					IPCBUF_WAIT_FUTEX, 2 * MIB));
	EXPECT_EQ(-1, ftruncate(region.fd, 0));
	EXPECT_EQ(-1, ftruncate(region.fd, 4096));
	EXPECT_EQ(0, ipcbuf_free(record_new(region.handle, 100000)));
	EXPECT_EQ(0, region_verify(region.handle));
	EXPECT_EQ(0, test_region_end(&region));
}

TEST_HARNESS_MAIN
