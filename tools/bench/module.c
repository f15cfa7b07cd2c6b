// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The kernel module by itself, without the library. */
#define _GNU_SOURCE
#include "blocking.h"
#include "families.h"
#include "timing.h"
#include "sleeper.h"
#include "worker.h"

#include <fcntl.h>
#include <uapi/linux/ipcbuf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGION_BYTES (UINT64_C(1) << 20)
#define SLOTS        64u
#define ALL_REGIONS  10000u
/* Of one victim after the other: a dead one's slot may be joined at once. */
#define VICTIM_SLOT  1u

/* What this process has of the module. */
static struct {
	int device;
	int fd;
	_Atomic uint32_t *words;
	const struct ipcbuf_control *control;
} module;

static int call(int fd, unsigned long command, void *argument)
{
	int ret = (int)syscall(SYS_ioctl, fd, command, argument);

	return ret < 0 ? -errno : ret;
}

static int device_open(void)
{
	module.device = open("/dev/ipcbuf", O_RDWR | O_CLOEXEC);
	return module.device < 0 ? -ENOPKG : 0;
}

static int create(const char *name, int *ret_fd)
{
	struct ipcbuf_ioc_create arg = {
		.size_bytes = REGION_BYTES,
		.slots = SLOTS,
		.mode = 0600,
		.uid = IPCBUF_IOC_ID_CALLER,
		.gid = IPCBUF_IOC_ID_CALLER,
	};
	int ret;

	snprintf(arg.name, sizeof(arg.name), "%s", name);
	ret = call(module.device, IPCBUF_IOC_CREATE, &arg);
	if (!ret)
		*ret_fd = arg.fd;
	return ret;
}

static int open_named(const char *name, int *ret_fd)
{
	struct ipcbuf_ioc_open arg = { .flags = 0 };
	int ret;

	snprintf(arg.name, sizeof(arg.name), "%s", name);
	ret = call(module.device, IPCBUF_IOC_OPEN, &arg);
	if (!ret)
		*ret_fd = arg.fd;
	return ret;
}

static int unlink_named(const char *name)
{
	struct ipcbuf_ioc_unlink arg = { .flags = 0 };

	snprintf(arg.name, sizeof(arg.name), "%s", name);
	return call(module.device, IPCBUF_IOC_UNLINK, &arg);
}

static const struct ipcbuf_control *map_control(int fd)
{
	void *page = mmap(NULL, sizeof(struct ipcbuf_control) +
			  SLOTS * sizeof(uint64_t), PROT_READ, MAP_SHARED, fd,
			  (off_t)IPCBUF_IOC_CONTROL_OFFSET);

	return page == MAP_FAILED ? NULL : page;
}

static void *map_memory(int fd)
{
	void *memory = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int join(int fd, uint32_t slot)
{
	struct ipcbuf_ioc_join arg = { .slot = slot };

	return call(fd, IPCBUF_IOC_JOIN, &arg);
}

/* The same name in both, and in no other run. */
static const char *region_name(void)
{
	static char name[IPCBUF_IOC_NAME_BYTES];

	snprintf(name, sizeof(name), "bench.%d", (int)getppid());
	return name;
}

/* A makes the region; its name is gone when both have it. */
static int both_open(struct worker *worker)
{
	int ret = device_open();

	if (!ret && worker->role == ROLE_A)
		ret = create(region_name(), &module.fd);
	if (ret)
		return ret;
	ret = worker_meet(worker);
	if (!ret && worker->role == ROLE_B)
		ret = open_named(region_name(), &module.fd);
	if (!ret)
		ret = worker_meet(worker);
	if (worker->role == ROLE_A)
		unlink_named(region_name());
	if (ret)
		return ret;
	module.control = map_control(module.fd);
	module.words = map_memory(module.fd);
	return module.control && module.words ? 0 : -ENOMEM;
}

/* A word and a line of its own for each way. */
static uint64_t word_offset(enum role sender)
{
	return (uint64_t)sender * 128;
}

static _Atomic uint32_t *word_of(enum role sender)
{
	return &module.words[word_offset(sender) / sizeof(uint32_t)];
}

static int wake(uint64_t offset)
{
	struct ipcbuf_ioc_wake arg = { .offset = offset, .count = 1 };
	int ret = call(module.fd, IPCBUF_IOC_WAKE, &arg);

	return ret < 0 ? ret : 0;
}

/* Release; pairs with the acquire in module_recv(), which reads the time. */
static int module_send(struct worker *worker, uint64_t number)
{
	*blocking_time(worker, worker->role) = ipcbuf_now_ns();
	atomic_store_explicit(word_of(worker->role), (uint32_t)number,
			      memory_order_release);
	return wake(word_offset(worker->role));
}

static int sleep_at(uint64_t offset, uint32_t value, uint32_t flags)
{
	struct ipcbuf_ioc_wait arg = {
		.offset = offset,
		.value = value,
		.flags = flags,
		.deadline_ns = ipcbuf_deadline_ns(LONG_NS),
	};
	int ret = call(module.fd, IPCBUF_IOC_WAIT, &arg);

	return ret == -EAGAIN || ret == -EINTR ? 0 : ret;
}

/* Acquire; pairs with the release in module_send(). */
static int module_recv(struct worker *worker, uint64_t number,
		       uint64_t *ret_took_ns)
{
	enum role sender = worker_other(worker);
	uint32_t value;
	int ret;

	for (;;) {
		value = atomic_load_explicit(word_of(sender),
					     memory_order_acquire);
		if (value == (uint32_t)number)
			break;
		if (value != (uint32_t)(number - 1))
			return -EBADMSG;
		ret = sleep_at(word_offset(sender), value, 0);
		if (ret)
			return ret;
	}
	*ret_took_ns = ipcbuf_now_ns() - *blocking_time(worker, sender);
	return 0;
}

int run_module_round_trip(struct worker *worker)
{
	static const struct carrier carrier = { module_send, module_recv };
	int ret = both_open(worker);

	return ret ? ret : blocking_round_trip(worker, &carrier);
}

static int open_alone(void)
{
	int ret = device_open();

	if (!ret)
		ret = create("", &module.fd);
	return ret;
}

int run_module_wake(struct worker *worker)
{
	uint64_t count = worker_iterations(worker), i, begin;
	int ret = open_alone();

	begin = ipcbuf_now_ns();
	for (i = 0; !ret && i < count; i++)
		ret = wake(0);
	timing_conclude(worker, ipcbuf_now_ns() - begin, count);
	return ret;
}

/* From the name to a member with everything mapped, and back. */
static int attach_and_leave(const char *name)
{
	size_t control_bytes = sizeof(struct ipcbuf_control) +
			       SLOTS * sizeof(uint64_t);
	struct ipcbuf_ioc_leave leave = { .flags = 0 };
	const struct ipcbuf_control *control;
	void *memory;
	int fd, ret = open_named(name, &fd);

	if (ret)
		return ret;
	control = map_control(fd);
	memory = map_memory(fd);
	ret = control && memory ? join(fd, IPCBUF_IOC_SLOT_ANY) : -ENOMEM;
	if (!ret)
		ret = call(fd, IPCBUF_IOC_LEAVE, &leave);
	if (memory)
		munmap(memory, REGION_BYTES);
	if (control)
		munmap((void *)(uintptr_t)control, control_bytes);
	close(fd);
	return ret;
}

int run_module_attach(struct worker *worker)
{
	uint64_t count = worker_iterations(worker), i, begin;
	int ret = device_open();

	if (!ret)
		ret = create(region_name(), &module.fd);
	if (ret)
		return ret;
	begin = ipcbuf_now_ns();
	for (i = 0; !ret && i < count; i++)
		ret = attach_and_leave(region_name());
	timing_conclude(worker, ipcbuf_now_ns() - begin, count);
	unlink_named(region_name());
	return ret;
}

static uint64_t available_bytes(void)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib * 1024;
}

/* 10,000 with names and nothing else; @step: create() or unlink_named(). */
static int each_region(int (*step)(const char *name))
{
	char name[IPCBUF_IOC_NAME_BYTES];
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ALL_REGIONS; i++) {
		snprintf(name, sizeof(name), "bench.%d.%u", (int)getppid(), i);
		ret = step(name);
	}
	return ret;
}

static int create_and_close(const char *name)
{
	int fd, ret = create(name, &fd);

	return ret ? ret : close(fd);
}

int run_module_regions(struct worker *worker)
{
	int ret = device_open();
	uint64_t begin;

	if (ret)
		return ret;
	begin = ipcbuf_now_ns();
	ret = each_region(create_and_close);
	timing_conclude(worker, ipcbuf_now_ns() - begin, ALL_REGIONS);
	each_region(unlink_named);
	return ret;
}

int run_module_memory(struct worker *worker)
{
	int ret = device_open();
	uint64_t before;

	if (ret)
		return ret;
	before = available_bytes();
	ret = each_region(create_and_close);
	worker->shared->outcome.value = (double)(before - available_bytes()) /
					ALL_REGIONS;
	each_region(unlink_named);
	return ret;
}

/* Joins, says so, and waits for its end. */
static _Noreturn void victim(int ready)
{
	struct ipcbuf_ioc_attach attach = { .flags = 0 };
	char byte = 0;

	if (!call(module.fd, IPCBUF_IOC_ATTACH, &attach) &&
	    map_control(attach.fd) && !join(attach.fd, VICTIM_SLOT) &&
	    write(ready, &byte, 1) == 1)
		for (;;)
			pause();
	_exit(1);
}

static int victim_start(pid_t *ret_pid)
{
	int ends[2];
	char byte;
	ssize_t got;

	if (pipe(ends))
		return -errno;
	*ret_pid = fork();
	if (!*ret_pid)
		victim(ends[1]);
	close(ends[1]);
	got = read(ends[0], &byte, 1);
	close(ends[0]);
	return got == 1 ? 0 : -ESRCH;
}

/* B's: a member dies when A sleeps. */
static int kill_one(struct worker *worker, const struct sleeper *peer)
{
	pid_t pid = -1;
	int ret = victim_start(&pid);

	if (!ret)
		ret = worker_meet(worker);
	if (!ret)
		ret = sleeper_await(peer);
	worker->shared->begin_ns = ipcbuf_now_ns();
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return ret ? ret : worker_meet(worker);
}

/* A's: sleeps until there is one more death than there was. */
static int mourn(struct worker *worker, uint64_t *sum_ns)
{
	struct ipcbuf_ioc_wait arg = {
		.deadline_ns = ipcbuf_deadline_ns(LONG_NS),
		.flags = IPCBUF_IOC_WAIT_DEATHS,
		.deaths = module.control->deaths,
	};
	uint64_t woken;
	int ret = worker_meet(worker);

	if (ret)
		return ret;
	ret = call(module.fd, IPCBUF_IOC_WAIT, &arg);
	woken = ipcbuf_now_ns();
	if (ret != -EOWNERDEAD)
		return ret ? ret : -EBADMSG;
	ret = worker_meet(worker);
	*sum_ns += woken - worker->shared->begin_ns;
	return ret;
}

int run_module_death(struct worker *worker)
{
	uint64_t count = worker_iterations(worker), i, sum_ns = 0;
	struct sleeper peer;
	int ret = both_open(worker);

	if (!ret)
		ret = sleeper_open(&peer, worker->shared->tids[ROLE_A]);
	if (ret)
		return ret;
	for (i = 0; !ret && i < count; i++)
		ret = worker->role == ROLE_A ? mourn(worker, &sum_ns) :
					       kill_one(worker, &peer);
	sleeper_close(&peer);
	if (worker->role == ROLE_A)
		timing_conclude(worker, sum_ns, count);
	return ret;
}
