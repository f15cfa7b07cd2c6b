// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Creators, openers and unlinkers that are killed half-way. A traced child
 * runs one call and is killed at each of its system calls in turn, on the way
 * in and on the way out, and at a random instruction behind each. The name
 * must then be there or not be there, be of use to the next one, and leave
 * nothing on the machine when it is unlinked.
 */
#include "../common/variants.h"
#include "../common/random.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>

#define MOST_STOPS   2000
#define STEPS_BEHIND 400
#define NOT_TRACED   77
/* On a slow machine, some of them; odd, and others for each way to wait. */
#define SLOW_STRIDE  9

FIXTURE(half_made) {
	struct ipcbuf_region_options options;
	char name[IPCBUF_NAME_MAX + 1];
	bool alone;
};

NAMED_VARIANTS(half_made);

/* Where names' files may lie, and objects of memory. */
static const char *folders(unsigned int i)
{
	return i ? system_name_folder : "/dev/shm";
}

/* On a machine of its own the test can see whatever is left behind. */
static bool be_alone(void)
{
	return !unshare(CLONE_NEWNS | CLONE_NEWIPC) &&
	       !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", folders(0), "tmpfs", 0, NULL) &&
	       !mount("tmpfs", folders(1), "tmpfs", 0, NULL);
}

FIXTURE_SETUP(half_made)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	NEED_VARIANT(variant);
	options.size_bytes = 1 * MIB;
	options.backend = variant->backend;
	options.wait = variant->wait;
	self->options = options;
	self->alone = be_alone();
	region_new_name(self->name);
}

static unsigned int count_lines(const char *path)
{
	unsigned int lines = 0;
	FILE *file = fopen(path, "re");
	int c;

	MUST(file);
	while ((c = fgetc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static unsigned int count_files(const char *path)
{
	unsigned int files = 0;
	struct dirent *entry;
	DIR *dir = opendir(path);

	MUST(dir);
	while ((entry = readdir(dir)))
		files += entry->d_name[0] != '.';
	closedir(dir);
	return files;
}

/* One more region comes and goes: what waits to be collected then is. */
FIXTURE_TEARDOWN(half_made)
{
	struct ipcbuf_region *region;

	(void)ipcbuf_region_unlink(self->name);
	EXPECT_EQ(0, ipcbuf_region_create(self->name, &self->options,
					  &region));
	EXPECT_EQ(0, ipcbuf_region_close(region));
	EXPECT_EQ(0, ipcbuf_region_unlink(self->name));
	if (!self->alone)
		return;
	EXPECT_EQ(0, count_files(folders(0)));
	EXPECT_EQ(0, count_files(folders(1)));
	EXPECT_EQ(1, count_lines("/proc/sysvipc/shm"));
	EXPECT_EQ(1, count_lines("/proc/sysvipc/sem"));
}

typedef void operation(FIXTURE_DATA(half_made) *self);

static void call_create(FIXTURE_DATA(half_made) *self)
{
	struct ipcbuf_region *region;

	MUST_EQ(0, ipcbuf_region_create(self->name, &self->options, &region));
}

static void call_open_or_create(FIXTURE_DATA(half_made) *self)
{
	struct ipcbuf_region *region;

	MUST_EQ(0, ipcbuf_region_open_or_create(self->name, &self->options,
						&region));
}

static void call_open_and_close(FIXTURE_DATA(half_made) *self)
{
	struct ipcbuf_region *region;

	MUST_EQ(0, ipcbuf_region_open(self->name, NULL, &region));
	MUST_EQ(0, ipcbuf_region_close(region));
}

static void call_unlink(FIXTURE_DATA(half_made) *self)
{
	MUST_EQ(0, ipcbuf_region_unlink(self->name));
}

static pid_t start_traced(FIXTURE_DATA(half_made) *self, operation *call)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	MUST(pid >= 0);
	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(NOT_TRACED);
		raise(SIGSTOP);
		call(self);
		_exit(0);
	}
	return pid;
}

static int wait_for_stop(pid_t pid)
{
	int status;

	MUST_EQ(pid, waitpid(pid, &status, 0));
	return status;
}

/* Lets the child go on to its next stop; false where it came to its end. */
static bool resume(pid_t pid, bool single_step, int *status)
{
	long ret = single_step ? ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) :
				 ptrace(PTRACE_SYSCALL, pid, NULL, NULL);

	MUST_EQ(0, ret);
	*status = wait_for_stop(pid);
	return WIFSTOPPED(*status);
}

/*
 * Return: 1 where the child was killed, 0 where it had finished its call, -1
 * where nobody may trace here.
 */
static int kill_at(FIXTURE_DATA(half_made) *self, operation *call,
		   unsigned int stops, uint64_t steps)
{
	pid_t pid = start_traced(self, call);
	int status = wait_for_stop(pid);

	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_TRACED)
		return -1;
	MUST(WIFSTOPPED(status));
	while (stops-- && resume(pid, false, &status))
		;
	while (WIFSTOPPED(status) && steps-- && resume(pid, true, &status))
		;
	if (!WIFSTOPPED(status)) {
		MUST(WIFEXITED(status) && !WEXITSTATUS(status));
		return 0;
	}
	MUST_EQ(-SIGKILL, peer_kill(pid));
	return 1;
}

static void use_and_close(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *channel;

	MUST_EQ(0, ipcbuf_free(record_new(region, 1000)));
	channel = channel_join(region, 1, IPCBUF_PRODUCER, 0);
	MUST_EQ(0, ipcbuf_channel_close(channel));
	MUST_EQ(0, ipcbuf_region_recover(region, NULL));
	MUST_EQ(1, region_info(region).members);
	MUST_EQ(0, region_verify(region));
	MUST_EQ(0, ipcbuf_region_close(region));
}

/* Whatever the dead one left, the next ones get on with it. */
static void name_is_usable(FIXTURE_DATA(half_made) *self)
{
	struct ipcbuf_region *region = POISON;
	int ret = ipcbuf_region_open(self->name, NULL, &region);

	if (!ret) {
		use_and_close(region);
	} else {
		MUST_EQ(-ENOENT, ret);
		MUST(region == POISON);
		MUST_EQ(0, ipcbuf_region_create(self->name, &self->options,
						&region));
		use_and_close(region);
	}
	MUST_EQ(0, ipcbuf_region_open_or_create(self->name, &self->options,
						&region));
	use_and_close(region);
	MUST_EQ(0, ipcbuf_region_unlink(self->name));
	MUST_EQ(-ENOENT, ipcbuf_region_open(self->name, NULL, &region));
}

static void make_region(FIXTURE_DATA(half_made) *self)
{
	struct ipcbuf_region *region;

	MUST_EQ(0, ipcbuf_region_create(self->name, &self->options, &region));
	MUST_EQ(0, ipcbuf_region_close(region));
}

static void kill_everywhere(struct __test_metadata *_metadata,
			    FIXTURE_DATA(half_made) *self, operation *call,
			    bool exists)
{
	unsigned int stride = getenv("KSFT_SLOW") ? SLOW_STRIDE : 1;
	unsigned int stops = self->options.wait % stride;
	struct random random = { 1 };
	int way = 1, killed;

	/* Even: at the system call; odd: somewhere behind it. */
	for (; way && stops < 2 * MOST_STOPS; stops += stride) {
		if (exists)
			make_region(self);
		killed = kill_at(self, call, stops / 2,
				 stops % 2 * random_below(&random,
							  STEPS_BEHIND));
		if (killed < 0)
			SKIP(return, "can't trace a child");
		if (stops % 2 == 0)
			way = killed;
		name_is_usable(self);
	}
	EXPECT_LT(10, stops);
	EXPECT_EQ(0, way);
}

/* Fails if a creator that died leaves a name that can't be used, or a leak. */
TEST_F_TIMEOUT(half_made, create, 60)
{
	kill_everywhere(_metadata, self, call_create, false);
}

/* The same for one that may do either. */
TEST_F_TIMEOUT(half_made, open_or_create, 60)
{
	kill_everywhere(_metadata, self, call_open_or_create, false);
}

/* Fails if one that dies while it joins or leaves takes the region with it. */
TEST_F_TIMEOUT(half_made, open_and_close, 60)
{
	kill_everywhere(_metadata, self, call_open_and_close, true);
}

/* Fails if a half-done unlink leaves half a name. */
TEST_F_TIMEOUT(half_made, unlink, 60)
{
	kill_everywhere(_metadata, self, call_unlink, true);
}

TEST_HARNESS_MAIN
