// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Calls that nobody means: every number, size and direction with garbage,
 * addresses that aren't there, calls on descriptors of another kind, fields
 * that must be zero and aren't. They fail as they should, change nothing, and a
 * neighbour doesn't notice.
 */
#include "kselftest_harness.h"

#include "../common/check.h"
#include "../common/module.h"
#include "../common/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (16 * 4096u)
#define KINDS 5

FIXTURE(kmod_hostile_calls) {
	struct neighbour neighbour;
	int device;
	int region;
	int rdonly;
	int member;
	int bell;
	int kinds[KINDS];
	char *page;		/* writable, and behind it is nothing */
	size_t page_bytes;
};

FIXTURE_SETUP(kmod_hostile_calls)
{
	self->device = kmod_device();
	ASSERT_LE(0, self->device);
	neighbour_begin(&self->neighbour, self->device);
	self->region = kmod_create(self->device, "", BYTES, KMOD_SLOTS);
	self->rdonly = kmod_attach(self->region, IPCBUF_IOC_RDONLY);
	self->member = kmod_member(self->region, 0, NULL, NULL);
	self->bell = kmod_doorbell(self->region, 0, 0);
	self->kinds[0] = self->device;
	self->kinds[1] = self->region;
	self->kinds[2] = self->rdonly;
	self->kinds[3] = self->member;
	self->kinds[4] = self->bell;
	self->page_bytes = kmod_page_bytes();
	self->page = mmap(NULL, 2 * self->page_bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	ASSERT_EQ(0, mprotect(self->page + self->page_bytes, self->page_bytes,
			      PROT_NONE));
}

FIXTURE_TEARDOWN(kmod_hostile_calls)
{
	neighbour_check(&self->neighbour);
	neighbour_end(&self->neighbour);
}

/* A command, whose it is, and which 32-bit fields of it must be zero. */
static const struct command {
	unsigned int number;
	bool device;
	bool region;
	uint16_t zero[3];	/* offset + 1 */
} commands[] = {
#define ZERO(type, field) (offsetof(struct ipcbuf_ioc_##type, field) + 1)
	{ IPCBUF_IOC_INFO, true, true, { 0 } },
	{ IPCBUF_IOC_CREATE, true, false, { ZERO(create, flags) } },
	{ IPCBUF_IOC_OPEN, true, false,
	  { ZERO(open, flags), ZERO(open, pad), ZERO(open, pad2) } },
	{ IPCBUF_IOC_UNLINK, true, false,
	  { ZERO(unlink, flags), ZERO(unlink, pad) } },
	{ IPCBUF_IOC_LIST, true, false, { 0 } },
	{ IPCBUF_IOC_STAT, false, true, { 0 } },
	{ IPCBUF_IOC_ATTACH, false, true, { ZERO(attach, flags) } },
	{ IPCBUF_IOC_JOIN, false, true, { ZERO(join, flags) } },
	{ IPCBUF_IOC_LEAVE, false, true,
	  { ZERO(leave, flags), ZERO(leave, pad) } },
	{ IPCBUF_IOC_REAP, false, true, { 0 } },
	{ IPCBUF_IOC_COMMIT, false, true,
	  { ZERO(commit, flags), ZERO(commit, pad) } },
	{ IPCBUF_IOC_WAIT, false, true,
	  { ZERO(wait, flags), ZERO(wait, pad) } },
	{ IPCBUF_IOC_WAIT_MANY, false, true, { ZERO(wait_many, flags) } },
	{ IPCBUF_IOC_WAKE, false, true, { ZERO(wake, pad) } },
	{ IPCBUF_IOC_DOORBELL, false, true,
	  { ZERO(doorbell, flags), ZERO(doorbell, pad) } },
	{ IPCBUF_IOC_SEEN, false, true, { ZERO(seen, flags) } },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static bool is_known(unsigned int number, unsigned int direction)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (_IOC_NR(commands[i].number) == number &&
		    _IOC_DIR(commands[i].number) == direction)
			return true;
	return false;
}

/* Whatever is open now and wasn't. */
static unsigned int count_open(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	MUST(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static bool is_sensible(int ret)
{
	static const int errors[] = {
		EINVAL, ENOTTY, EFAULT, E2BIG, ENOENT, EACCES, EPERM, ENOTCONN,
		EBADF, ESTALE, EBUSY, ENXIO, EALREADY, EAGAIN, ETIMEDOUT,
		EEXIST, ENOSPC,
	};
	size_t i;

	if (ret >= 0)
		return true;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (ret == -errors[i])
			return true;
	return false;
}

/* What it may have opened is closed again; the numbers are low ones. */
static void try_number(int fd, unsigned int direction, unsigned int number,
		       unsigned int bytes, void *argument)
{
	int first = dup(0);
	int ret, next;

	MUST(first >= 0);
	MUST_EQ(0, close(first));
	ret = kmod_call(fd, _IOC(direction, IPCBUF_IOC_MAGIC, number, bytes),
			argument);
	MUST(is_sensible(ret));
	if (!is_known(number, direction))
		MUST_EQ(-ENOTTY, ret);
	next = dup(0);
	MUST(next >= 0);
	MUST_EQ(0, close(next));
	if (next != first)
		MUST_EQ(0, close(first));
}

/*
 * Fails if a number that means nothing isn't refused as such, or an error comes
 * that none of the calls has. A zero is no garbage to some calls: they may work.
 */
TEST_F_TIMEOUT(kmod_hostile_calls, numbers, 120)
{
	static const unsigned int sizes[] = { 0, 1, 8, 16, 32, 128, 4095 };
	static const int fills[] = { 0x00, 0xff, 0x5a };
	unsigned int kind, number, direction, size, fill;
	unsigned int before = count_open();

	for (fill = 0; fill < 3; fill++) {
		memset(self->page, fills[fill], self->page_bytes);
		for (kind = 0; kind < KINDS; kind++)
			for (number = 0; number < 256; number++)
				for (direction = 0; direction < 4; direction++)
					for (size = 0; size < 7; size++)
						try_number(self->kinds[kind],
							   direction, number,
							   sizes[size],
							   self->page);
	}
	EXPECT_EQ(before, count_open());
}

/* Fails if a number of another magic is taken for one of ours. */
TEST_F(kmod_hostile_calls, magics)
{
	unsigned int magic, kind;
	size_t i;

	memset(self->page, 0, self->page_bytes);
	for (magic = 0; magic < 256; magic++) {
		/* Those of every file's ('f', 'T', ...) may do something. */
		if (magic == IPCBUF_IOC_MAGIC || magic == 'f' || magic == 'T' ||
		    magic == 'X' || magic == 0 || magic == 0x94)
			continue;
		for (kind = 0; kind < KINDS; kind++)
			for (i = 0; i < COMMANDS; i++)
				EXPECT_EQ(-ENOTTY,
					  kmod_call(self->kinds[kind],
						    (commands[i].number &
						     ~0xff00u) | magic << 8,
						    self->page));
	}
}

/* Fails if a call is taken by a descriptor of another kind. */
TEST_F(kmod_hostile_calls, wrong_kinds)
{
	int ends[2];
	size_t i;

	ASSERT_EQ(0, pipe(ends));
	memset(self->page, 0, self->page_bytes);
	for (i = 0; i < COMMANDS; i++) {
		unsigned int number = commands[i].number;

		if (!commands[i].device)
			EXPECT_EQ(-ENOTTY,
				  kmod_call(self->device, number, self->page));
		if (!commands[i].region)
			EXPECT_EQ(-ENOTTY,
				  kmod_call(self->region, number, self->page));
		EXPECT_EQ(-ENOTTY, kmod_call(self->bell, number, self->page));
		EXPECT_EQ(-ENOTTY, kmod_call(ends[0], number, self->page));
		EXPECT_EQ(-EBADF, kmod_call(-1, number, self->page));
	}
}

static int target(FIXTURE_DATA(kmod_hostile_calls) *self,
		  const struct command *command)
{
	return command->region ? self->region : self->device;
}

/*
 * Fails if a call works whose argument isn't there, or there in part, or where
 * only the kernel may look.
 */
TEST_F(kmod_hostile_calls, addresses)
{
	void *none = mmap(NULL, self->page_bytes, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t addresses[] = {
		0, 1, 4095, (uintptr_t)self->page + self->page_bytes,
		(uintptr_t)self->page + self->page_bytes - 4,
		(uintptr_t)none, UINTPTR_MAX, UINTPTR_MAX - 7,
		(uintptr_t)UINT64_C(0xffff800000000000),
		(uintptr_t)UINT64_C(0xffffffff80000000),
		(uintptr_t)UINT64_C(0x0000800000000000),
		(uintptr_t)UINT64_C(0x8000000000000000),
	};
	unsigned int open_before = count_open();
	size_t i, j;

	for (i = 0; i < COMMANDS; i++)
		for (j = 0; j < sizeof(addresses) / sizeof(addresses[0]); j++)
			EXPECT_EQ(-EFAULT, kmod_call(target(self, &commands[i]),
						     commands[i].number,
						     (void *)addresses[j]));
	EXPECT_EQ(open_before, count_open());
}

/*
 * Fails if something is done, or stays open, although the answer can't be
 * written.
 */
TEST_F(kmod_hostile_calls, unwritten)
{
	char name[IPCBUF_IOC_NAME_BYTES];
	struct module_look before;
	unsigned int open_before;
	struct ipcbuf_ioc_create *create = (void *)self->page;
	struct ipcbuf_ioc_open *open_args = (void *)(self->page + 512);
	struct ipcbuf_ioc_attach *attach = (void *)(self->page + 1024);
	struct ipcbuf_ioc_doorbell *bell = (void *)(self->page + 1536);

	kmod_new_name(name);
	*create = kmod_create_args(name, BYTES, 1);
	memset(open_args, 0, sizeof(*open_args));
	memcpy(open_args->name, self->neighbour.name, sizeof(open_args->name));
	memset(attach, 0, sizeof(*attach));
	memset(bell, 0, sizeof(*bell));
	before = module_look();
	open_before = count_open();
	ASSERT_EQ(0, mprotect(self->page, self->page_bytes, PROT_READ));

	EXPECT_EQ(-EFAULT, kmod_call(self->device, IPCBUF_IOC_CREATE, create));
	EXPECT_EQ(-EFAULT, kmod_call(self->device, IPCBUF_IOC_OPEN, open_args));
	EXPECT_EQ(-EFAULT, kmod_call(self->region, IPCBUF_IOC_ATTACH, attach));
	EXPECT_EQ(-EFAULT, kmod_call(self->region, IPCBUF_IOC_DOORBELL, bell));
	EXPECT_EQ(-ENOENT, kmod_open(self->device, name, 0));
	EXPECT_EQ(open_before, count_open());
	module_await(&before);
}

/* Fails if a JOIN that nobody is told of has happened all the same. */
TEST_F(kmod_hostile_calls, join_unwritten)
{
	struct ipcbuf_ioc_join *join = (void *)self->page;
	int fd = kmod_attach(self->region, 0);
	struct pollfd poll_fd = { .fd = fd };
	const struct ipcbuf_control *control = kmod_control(fd, KMOD_SLOTS);
	uint32_t generation;

	*join = (struct ipcbuf_ioc_join){ .slot = 5 };
	ASSERT_EQ(0, mprotect(self->page, self->page_bytes, PROT_READ));
	EXPECT_EQ(-EFAULT, kmod_call(fd, IPCBUF_IOC_JOIN, join));
	EXPECT_EQ(kmod_slot_word(0, IPCBUF_SLOT_FREE), kmod_slot(control, 5));
	EXPECT_EQ(1, kmod_stat(fd).members);
	EXPECT_EQ(0, kmod_deaths(control));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	EXPECT_EQ(-ENOTCONN, kmod_leave(fd));
	EXPECT_EQ(5, kmod_join(fd, 5, &generation));
	EXPECT_EQ(1, generation);
}

/* A call with an argument that would be good, but for what the test changes. */
static void fill_in(FIXTURE_DATA(kmod_hostile_calls) *self, unsigned int number,
		    void *argument, struct ipcbuf_ioc_word *word)
{
	memset(argument, 0, 512);
	memset(word, 0, sizeof(*word));
	switch (number) {
	case IPCBUF_IOC_CREATE:
		*(struct ipcbuf_ioc_create *)argument =
			kmod_create_args("", BYTES, 1);
		break;
	case IPCBUF_IOC_OPEN:
		memcpy(((struct ipcbuf_ioc_open *)argument)->name,
		       self->neighbour.name, IPCBUF_IOC_NAME_BYTES);
		break;
	case IPCBUF_IOC_UNLINK:
		memcpy(((struct ipcbuf_ioc_unlink *)argument)->name,
		       self->neighbour.name, IPCBUF_IOC_NAME_BYTES);
		break;
	case IPCBUF_IOC_COMMIT:
		((struct ipcbuf_ioc_commit *)argument)->bytes =
			self->page_bytes;
		break;
	case IPCBUF_IOC_WAIT_MANY:
		((struct ipcbuf_ioc_wait_many *)argument)->words =
			(uintptr_t)word;
		((struct ipcbuf_ioc_wait_many *)argument)->count = 1;
		break;
	}
}

/* Fails if a bit that means nothing yet is let through. */
TEST_F(kmod_hostile_calls, must_be_zero)
{
	struct ipcbuf_ioc_word word;
	unsigned int bit;
	uint32_t value;
	size_t i, j;

	for (i = 0; i < COMMANDS; i++) {
		for (j = 0; j < 3 && commands[i].zero[j]; j++) {
			/* Of flags the lowest bit may mean something. */
			for (bit = 1; bit < 32; bit++) {
				fill_in(self, commands[i].number, self->page,
					&word);
				value = 1u << bit;
				memcpy(self->page + commands[i].zero[j] - 1,
				       &value, sizeof(value));
				EXPECT_EQ(-EINVAL,
					  kmod_call(target(self, &commands[i]),
						    commands[i].number,
						    self->page));
			}
		}
	}
	fill_in(self, IPCBUF_IOC_WAIT_MANY, self->page, &word);
	word.pad = 1;
	EXPECT_EQ(-EINVAL, kmod_call(self->region, IPCBUF_IOC_WAIT_MANY,
				     self->page));
}

static unsigned int with_size(unsigned int number, unsigned int bytes)
{
	return _IOC(_IOC_DIR(number), _IOC_TYPE(number), _IOC_NR(number),
		    bytes);
}

/*
 * Longer arguments, of programs that know more than the module. Fails if one
 * isn't taken whose rest is zero, or one is that asks for something unknown,
 * or if the rest of an answer isn't written.
 */
TEST_F(kmod_hostile_calls, longer)
{
	struct ipcbuf_ioc_info *info = (void *)self->page;
	struct ipcbuf_ioc_wake *wake = (void *)self->page;
	struct ipcbuf_ioc_region *region = (void *)self->page;
	unsigned int more;

	for (more = 1; more < 2048; more += more) {
		memset(self->page, 0, self->page_bytes);
		EXPECT_EQ(0, kmod_call(self->region,
				       with_size(IPCBUF_IOC_WAKE,
						 sizeof(*wake) + more),
				       self->page));
		self->page[sizeof(*wake) + more - 1] = 1;
		EXPECT_EQ(-E2BIG, kmod_call(self->region,
					    with_size(IPCBUF_IOC_WAKE,
						      sizeof(*wake) + more),
					    self->page));

		memset(self->page, 0x5a, self->page_bytes);
		EXPECT_EQ(0, kmod_call(self->device,
				       with_size(IPCBUF_IOC_INFO,
						 sizeof(*info) + more),
				       self->page));
		EXPECT_EQ(IPCBUF_IOC_VERSION, info->version);
		EXPECT_EQ(0, self->page[sizeof(*info)]);
		EXPECT_EQ(0, self->page[sizeof(*info) + more - 1]);
		EXPECT_EQ(0x5a, self->page[sizeof(*info) + more]);

		memset(self->page, 0, self->page_bytes);
		self->page[sizeof(*region) + more] = 0x5a;
		EXPECT_EQ(0, kmod_call(self->region,
				       with_size(IPCBUF_IOC_STAT,
						 sizeof(*region) + more),
				       self->page));
		EXPECT_EQ(BYTES, region->size_bytes);
		EXPECT_EQ(0, self->page[sizeof(*region)]);
		EXPECT_EQ(0x5a, self->page[sizeof(*region) + more]);
	}
	/* The rest isn't there. */
	memset(self->page, 0, self->page_bytes);
	EXPECT_EQ(-EFAULT, kmod_call(self->region,
				     with_size(IPCBUF_IOC_WAKE, 4096),
				     self->page + self->page_bytes -
				     sizeof(*wake)));
}

/*
 * Fails if an answer holds something that it shouldn't: what the kernel had in
 * that memory before.
 */
TEST_F(kmod_hostile_calls, answers)
{
	struct ipcbuf_ioc_info info;
	struct ipcbuf_ioc_region stat;
	size_t i;

	memset(&info, KMOD_POISON, sizeof(info));
	ASSERT_EQ(0, kmod_call(self->device, IPCBUF_IOC_INFO, &info));
	EXPECT_EQ(IPCBUF_IOC_VERSION, info.version);
	EXPECT_EQ(IPCBUF_IOC_MAX_SLOTS, info.max_slots);
	EXPECT_EQ(IPCBUF_IOC_MAX_WORDS, info.max_words);
	EXPECT_EQ(0, info.pad);
	EXPECT_EQ(0, info.features);
	EXPECT_EQ(IPCBUF_IOC_MAX_BYTES, info.max_bytes);
	memset(&stat, KMOD_POISON, sizeof(stat));
	ASSERT_EQ(0, kmod_call(self->neighbour.region, IPCBUF_IOC_STAT, &stat));
	for (i = strlen(stat.name); i < sizeof(stat.name); i++)
		EXPECT_EQ(0, stat.name[i]);
}

/*
 * Offsets, counts and sizes at the edges of what they can be. Fails if one that
 * is outside is taken.
 */
TEST_F(kmod_hostile_calls, edges)
{
	static const uint64_t bad[] = {
		1, 2, 3, 5, BYTES, BYTES - 1, BYTES - 3, BYTES + 4,
		UINT32_MAX, UINT32_MAX - 3, 1ull << 32,
		IPCBUF_IOC_CONTROL_OFFSET, IPCBUF_IOC_CONTROL_OFFSET - 4,
		INT64_MAX, INT64_MAX - 3, 1ull << 63, UINT64_MAX,
		UINT64_MAX - 3, UINT64_MAX - 4095,
	};
	struct ipcbuf_ioc_word word = { 0 };
	struct ipcbuf_ioc_wait_many many = { .words = (uintptr_t)&word };
	uint32_t slot;
	size_t i, j;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(-EINVAL, kmod_wait(self->region, bad[i], 0, 0));
		EXPECT_EQ(-EINVAL, kmod_wake(self->region, bad[i], 1));
		EXPECT_EQ(-EINVAL, kmod_doorbell(self->region, bad[i], 0));
		word.offset = bad[i];
		many.count = 1;
		EXPECT_EQ(-EINVAL,
			  kmod_call(self->region, IPCBUF_IOC_WAIT_MANY, &many));
		many.count = bad[i] > 128 ? (uint32_t)bad[i] : 129;
		EXPECT_EQ(-EINVAL,
			  kmod_call(self->region, IPCBUF_IOC_WAIT_MANY, &many));
		for (j = 0; j < sizeof(bad) / sizeof(bad[0]); j++)
			EXPECT_EQ(-EINVAL, kmod_commit(self->region, bad[i],
						       bad[j], 0));
		EXPECT_EQ(-EINVAL, kmod_commit(self->region, 4096, bad[i], 1));
		EXPECT_EQ(-EINVAL, kmod_commit(self->region, 0, 0, 0));
		slot = ((uint32_t)bad[i] & INT32_MAX) | 0x1000;
		EXPECT_EQ(-EINVAL, kmod_join(self->region, slot, NULL));
		EXPECT_EQ(-EINVAL, kmod_reap(self->region, slot, 0));
	}
	many.count = 0;
	EXPECT_EQ(-EINVAL, kmod_call(self->region, IPCBUF_IOC_WAIT_MANY, &many));
}

/* Fails if what only may be read can be changed by a call. */
TEST_F(kmod_hostile_calls, rdonly)
{
	char before[BYTES], after[BYTES];
	void *data = kmod_data(self->region, BYTES, PROT_READ | PROT_WRITE);
	int fd;

	ASSERT_NE(NULL, data);
	memset(data, 7, BYTES);
	memcpy(before, data, BYTES);
	ASSERT_NE(NULL, kmod_control(self->rdonly, KMOD_SLOTS));
	EXPECT_EQ(-EACCES, kmod_join(self->rdonly, 1, NULL));
	EXPECT_EQ(-EACCES, kmod_reap(self->rdonly, 1, 0));
	EXPECT_EQ(-EACCES, kmod_commit(self->rdonly, 0, 4096, 0));
	EXPECT_EQ(-EACCES, kmod_commit(self->rdonly, 0, 4096,
				       IPCBUF_IOC_DECOMMIT));
	EXPECT_EQ(-EACCES, kmod_wake(self->rdonly, 0, 1));
	EXPECT_EQ(-ENOTCONN, kmod_leave(self->rdonly));
	EXPECT_EQ(-EBADF, kmod_lock(self->rdonly, F_WRLCK, 0));
	EXPECT_EQ(-EBADF, kmod_lock(self->rdonly, F_RDLCK, 0));
	/* Another descriptor of this one isn't more than it. */
	fd = kmod_attach(self->rdonly, 0);
	EXPECT_LE(0, fd);
	EXPECT_NE(0, kmod_stat(fd).flags & IPCBUF_IOC_READONLY);
	EXPECT_EQ(-EACCES, kmod_wake(fd, 0, 1));
	EXPECT_EQ(NULL, kmod_data(fd, BYTES, PROT_READ | PROT_WRITE));
	memcpy(after, data, BYTES);
	EXPECT_EQ(0, memcmp(before, after, BYTES));
}

KMOD_HARNESS_MAIN
