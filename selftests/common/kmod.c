// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Calls of the module; see kmod.h. Any process and thread may make them. */
#include "kmod.h"
#include "check.h"
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define SKIPPED	     4		/* the exit status */
#define AWAIT_TRIES  300000

static pid_t program;

/*
 * The device, and names.
 */

int kmod_device(void)
{
	return open("/dev/ipcbuf", O_RDWR | O_CLOEXEC);
}

void kmod_need(void)
{
	int device = kmod_device();

	if (device >= 0) {
		close(device);
		return;
	}
	printf("TAP version 13\n1..0 # SKIP /dev/ipcbuf: %s\n",
	       strerror(errno));
	exit(SKIPPED);
}

/* Tests run in children; only the program that started them cleans up. */
static void remove_leftovers(void)
{
	struct ipcbuf_ioc_region region = { 0 };
	char prefix[32];
	int device;

	if (getpid() != program)
		return;
	device = kmod_device();
	if (device < 0)
		return;
	snprintf(prefix, sizeof(prefix), "kmod-%d-", (int)program);
	while (!kmod_list(device, region.id, &region))
		if (!strncmp(region.name, prefix, strlen(prefix)))
			(void)kmod_unlink_id(device, region.id);
	close(device);
}

__attribute__((constructor)) static void note_program(void)
{
	program = getpid();
	MUST_EQ(0, atexit(remove_leftovers));
}

void kmod_new_name(char name[IPCBUF_IOC_NAME_BYTES])
{
	static unsigned int count;

	snprintf(name, IPCBUF_IOC_NAME_BYTES, "kmod-%d-%d-%u", (int)program,
		 (int)getpid(), ++count);
}

static void set_name(char name[IPCBUF_IOC_NAME_BYTES], const char *from)
{
	memset(name, 0, IPCBUF_IOC_NAME_BYTES);
	memcpy(name, from, strnlen(from, IPCBUF_IOC_NAME_BYTES));
}

/*
 * Calls.
 */

int kmod_call(int fd, unsigned long command, void *argument)
{
	int ret = (int)syscall(SYS_ioctl, fd, command, argument);

	return ret < 0 ? -errno : ret;
}

struct ipcbuf_ioc_create kmod_create_args(const char *name, uint64_t bytes,
					  uint32_t slots)
{
	struct ipcbuf_ioc_create create = {
		.size_bytes = bytes,
		.slots = slots,
		.mode = 0600,
		.uid = IPCBUF_IOC_ID_CALLER,
		.gid = IPCBUF_IOC_ID_CALLER,
		.fd = KMOD_POISON_32,
		.id = KMOD_POISON_64,
	};

	set_name(create.name, name);
	return create;
}

int kmod_create(int device, const char *name, uint64_t bytes, uint32_t slots)
{
	struct ipcbuf_ioc_create create = kmod_create_args(name, bytes, slots);
	int ret = kmod_call(device, IPCBUF_IOC_CREATE, &create);

	return ret ? ret : create.fd;
}

static int open_either(int device, uint64_t id, const char *name,
		       uint32_t flags)
{
	struct ipcbuf_ioc_open args = { .id = id, .flags = flags, .fd = -1 };
	int ret;

	set_name(args.name, name);
	ret = kmod_call(device, IPCBUF_IOC_OPEN, &args);
	return ret ? ret : args.fd;
}

int kmod_open(int device, const char *name, uint32_t flags)
{
	return open_either(device, 0, name, flags);
}

int kmod_open_id(int device, uint64_t id, uint32_t flags)
{
	return open_either(device, id, "", flags);
}

int kmod_attach(int fd, uint32_t flags)
{
	struct ipcbuf_ioc_attach args = { .flags = flags, .fd = -1 };
	int ret = kmod_call(fd, IPCBUF_IOC_ATTACH, &args);

	return ret ? ret : args.fd;
}

int kmod_doorbell(int fd, uint64_t offset, uint32_t value)
{
	struct ipcbuf_ioc_doorbell args = {
		.offset = offset,
		.value = value,
		.fd = -1,
	};
	int ret = kmod_call(fd, IPCBUF_IOC_DOORBELL, &args);

	return ret ? ret : args.fd;
}

static int unlink_either(int device, uint64_t id, const char *name)
{
	struct ipcbuf_ioc_unlink args = { .id = id };

	set_name(args.name, name);
	return kmod_call(device, IPCBUF_IOC_UNLINK, &args);
}

int kmod_unlink(int device, const char *name)
{
	return unlink_either(device, 0, name);
}

int kmod_unlink_id(int device, uint64_t id)
{
	return unlink_either(device, id, "");
}

int kmod_list(int device, uint64_t after_id, struct ipcbuf_ioc_region *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->after_id = after_id;
	return kmod_call(device, IPCBUF_IOC_LIST, ret);
}

bool kmod_listed(int device, uint64_t id, struct ipcbuf_ioc_region *ret)
{
	struct ipcbuf_ioc_region region;

	if (kmod_list(device, id - 1, &region) || region.id != id)
		return false;
	if (ret)
		*ret = region;
	return true;
}

struct ipcbuf_ioc_region kmod_stat(int fd)
{
	struct ipcbuf_ioc_region region = { 0 };

	MUST_EQ(0, kmod_call(fd, IPCBUF_IOC_STAT, &region));
	return region;
}

int kmod_join(int fd, uint32_t slot, uint32_t *ret_generation)
{
	struct ipcbuf_ioc_join join = { .slot = slot };
	int ret = kmod_call(fd, IPCBUF_IOC_JOIN, &join);

	if (ret)
		return ret;
	if (ret_generation)
		*ret_generation = join.generation;
	return (int)join.joined_slot;
}

int kmod_leave(int fd)
{
	struct ipcbuf_ioc_leave leave = { 0 };

	return kmod_call(fd, IPCBUF_IOC_LEAVE, &leave);
}

int kmod_reap(int fd, uint32_t slot, uint32_t generation)
{
	struct ipcbuf_ioc_reap reap = {
		.slot = slot,
		.generation = generation,
	};

	return kmod_call(fd, IPCBUF_IOC_REAP, &reap);
}

int kmod_seen(int fd, uint32_t deaths)
{
	struct ipcbuf_ioc_seen seen = { .deaths = deaths };

	return kmod_call(fd, IPCBUF_IOC_SEEN, &seen);
}

int kmod_commit(int fd, uint64_t offset, uint64_t bytes, uint32_t flags)
{
	struct ipcbuf_ioc_commit commit = {
		.offset = offset,
		.bytes = bytes,
		.flags = flags,
	};

	return kmod_call(fd, IPCBUF_IOC_COMMIT, &commit);
}

int kmod_wait(int fd, uint64_t offset, uint32_t value, uint64_t deadline_ns)
{
	struct ipcbuf_ioc_wait wait = {
		.offset = offset,
		.deadline_ns = deadline_ns,
		.value = value,
	};

	return kmod_call(fd, IPCBUF_IOC_WAIT, &wait);
}

int kmod_wait_deaths(int fd, uint64_t offset, uint32_t value, uint32_t deaths)
{
	struct ipcbuf_ioc_wait wait = {
		.offset = offset,
		.deadline_ns = IPCBUF_IOC_FOREVER,
		.value = value,
		.flags = IPCBUF_IOC_WAIT_DEATHS,
		.deaths = deaths,
	};

	return kmod_call(fd, IPCBUF_IOC_WAIT, &wait);
}

int kmod_wake(int fd, uint64_t offset, uint32_t count)
{
	struct ipcbuf_ioc_wake wake = { .offset = offset, .count = count };

	return kmod_call(fd, IPCBUF_IOC_WAKE, &wake);
}

uint64_t kmod_now_ns(void)
{
	struct timespec now;

	MUST_EQ(0, clock_gettime(CLOCK_MONOTONIC, &now));
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)now.tv_nsec;
}

static int lock_byte(int fd, int command, short type, uint64_t byte)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)byte,
		.l_len = 1,
	};

	return fcntl(fd, command, &lock) ? -errno : 0;
}

int kmod_lock(int fd, short type, uint64_t byte)
{
	return lock_byte(fd, F_OFD_SETLK, type, byte);
}

int kmod_lock_wait(int fd, short type, uint64_t byte)
{
	return lock_byte(fd, F_OFD_SETLKW, type, byte);
}

/*
 * Mappings.
 */

size_t kmod_page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

size_t kmod_control_bytes(uint32_t slots)
{
	size_t bytes = sizeof(struct ipcbuf_control) + 8 * (size_t)slots;
	size_t page = kmod_page_bytes();

	return (bytes + page - 1) / page * page;
}

static void *map(int fd, size_t bytes, int protection, uint64_t offset)
{
	void *at = mmap(NULL, bytes, protection, MAP_SHARED, fd, (off_t)offset);

	return at == MAP_FAILED ? NULL : at;
}

void *kmod_data(int fd, size_t bytes, int protection)
{
	return map(fd, bytes, protection, 0);
}

const struct ipcbuf_control *kmod_control(int fd, uint32_t slots)
{
	return map(fd, kmod_control_bytes(slots), PROT_READ,
		   IPCBUF_IOC_CONTROL_OFFSET);
}

void kmod_unmap_control(const struct ipcbuf_control *control, uint32_t slots)
{
	MUST_EQ(0, munmap((void *)(uintptr_t)control,
			  kmod_control_bytes(slots)));
}

uint32_t kmod_deaths(const struct ipcbuf_control *control)
{
	return __atomic_load_n(&control->deaths, __ATOMIC_ACQUIRE);
}

uint64_t kmod_slot(const struct ipcbuf_control *control, uint32_t slot)
{
	return __atomic_load_n(&control->slot[slot], __ATOMIC_ACQUIRE);
}

uint64_t kmod_slot_word(uint32_t generation, uint32_t state)
{
	return (uint64_t)generation << 32 | state;
}

/*
 * Looking, with a pause between two looks; how long that takes doesn't matter.
 * The number of looks only turns a hang into a message.
 */

static void pause_a_little(void)
{
	const struct timespec pause = { 0, 100000 };

	nanosleep(&pause, NULL);
}

void kmod_await_waiters(int fd, uint32_t count)
{
	int tries;

	for (tries = 0; tries < AWAIT_TRIES; tries++) {
		if (kmod_stat(fd).waiters == count)
			return;
		pause_a_little();
	}
	MUST_EQ(count, kmod_stat(fd).waiters);
}

void kmod_await_listed(int device, uint64_t id, bool listed)
{
	int tries;

	for (tries = 0; tries < AWAIT_TRIES; tries++) {
		if (kmod_listed(device, id, NULL) == listed)
			return;
		pause_a_little();
	}
	MUST_EQ(listed, kmod_listed(device, id, NULL));
}

bool kmod_fdinfo(int fd, const char *key, char value[128])
{
	size_t length = strlen(key);
	bool found = false;
	char line[256];
	FILE *file;

	snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", fd);
	file = fopen(line, "re");
	MUST(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, length) ||
		    strncmp(line + length, ":\t", 2))
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, 128, "%.127s", line + length + 2);
		found = true;
	}
	fclose(file);
	return found;
}

/*
 * Where the module tells of itself.
 */

static FILE *open_below(const char *mount_point, const char *type,
			const char *path, const char *mode)
{
	char name[256];
	FILE *opened;

	snprintf(name, sizeof(name), "%s/%s", mount_point, path);
	opened = fopen(name, mode);
	if (opened || errno != ENOENT || unshare(CLONE_NEWNS))
		return opened;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(type, mount_point, type, 0, NULL))
		return NULL;
	return fopen(name, mode);
}

FILE *kmod_debugfs(const char *path, const char *mode)
{
	return open_below("/sys/kernel/debug", "debugfs", path, mode);
}

FILE *kmod_tracefs(const char *path, const char *mode)
{
	return open_below("/sys/kernel/tracing", "tracefs", path, mode);
}

int kmod_exists(uint64_t id)
{
	FILE *file = kmod_debugfs("ipcbuf/regions", "re");
	unsigned long long seen;
	char line[512];
	int found = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%llu ", &seen) == 1 && seen == id)
			found++;
	MUST(found <= 1);
	fclose(file);
	return found;
}

static FILE *open_parameter(const char *parameter, const char *mode)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/ipcbuf/parameters/%s",
		 parameter);
	return fopen(path, mode);
}

bool kmod_may_set(const char *parameter)
{
	FILE *file = open_parameter(parameter, "r+e");

	if (file)
		fclose(file);
	return file;
}

unsigned int kmod_set(const char *parameter, unsigned int value)
{
	FILE *file = open_parameter(parameter, "re");
	unsigned int before;

	MUST(file);
	MUST_EQ(1, fscanf(file, "%u", &before));
	fclose(file);
	file = open_parameter(parameter, "we");
	MUST(file);
	MUST(fprintf(file, "%u\n", value) > 0);
	MUST_EQ(0, fclose(file));
	return before;
}

/*
 * Children.
 */

struct question {
	int64_t (*run)(void *arg);
	void *arg;
	int answer;
};

static int give_answer(void *arg)
{
	const struct question *question = arg;
	int64_t result = question->run(question->arg);

	MUST_EQ(sizeof(result),
		write(question->answer, &result, sizeof(result)));
	return 0;
}

int64_t kmod_ask(int64_t (*run)(void *arg), void *arg)
{
	struct question question = { run, arg, -1 };
	int64_t result;
	int ends[2];
	pid_t child;

	MUST_EQ(0, pipe2(ends, O_CLOEXEC));
	question.answer = ends[1];
	child = peer_start(give_answer, &question);
	MUST_EQ(0, close(ends[1]));
	MUST_EQ(sizeof(result), read(ends[0], &result, sizeof(result)));
	MUST_EQ(0, close(ends[0]));
	MUST_EQ(0, peer_wait(child));
	return result;
}

void kmod_become(uint32_t id)
{
	MUST_EQ(0, setgroups(0, NULL));
	MUST_EQ(0, setresgid(id, id, id));
	MUST_EQ(0, setresuid(id, id, id));
	/* Another user's child isn't told of its parent's end, but asks. */
	MUST_EQ(0, prctl(PR_SET_PDEATHSIG, SIGKILL));
}

/*
 * A region to test with.
 */

void kmod_region_begin(struct kmod_region *region, uint64_t bytes)
{
	region->device = kmod_device();
	MUST(region->device >= 0);
	kmod_new_name(region->name);
	region->bytes = bytes;
	region->fd = kmod_create(region->device, region->name, bytes,
				 KMOD_SLOTS);
	MUST(region->fd >= 0);
	region->id = kmod_stat(region->fd).id;
	region->words = kmod_data(region->fd, bytes, PROT_READ | PROT_WRITE);
	MUST(region->words);
	region->control = kmod_control(region->fd, KMOD_SLOTS);
	MUST(region->control);
}

void kmod_region_end(struct kmod_region *region)
{
	int ret;

	if (region->control)
		kmod_unmap_control(region->control, KMOD_SLOTS);
	if (region->words)
		MUST_EQ(0, munmap(region->words, region->bytes));
	if (region->fd >= 0)
		MUST_EQ(0, close(region->fd));
	ret = kmod_unlink(region->device, region->name);
	MUST(ret == 0 || ret == -ENOENT);
	MUST_EQ(0, close(region->device));
}

int kmod_member(int fd, uint32_t slot, const struct ipcbuf_control **ret_control,
		uint32_t *ret_generation)
{
	int member = kmod_attach(fd, 0);
	const struct ipcbuf_control *control;

	MUST(member >= 0);
	control = kmod_control(member, KMOD_SLOTS);
	MUST(control);
	MUST(kmod_join(member, slot, ret_generation) >= 0);
	if (ret_control)
		*ret_control = control;
	return member;
}
