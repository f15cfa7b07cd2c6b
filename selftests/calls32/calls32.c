// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The module's calls as a 32-bit program makes them, for kmod_compat. It needs
 * neither a C library nor its headers, which for 32 bits are rarely installed:
 * it makes its system calls itself.
 *
 *	calls32 FD NAME
 *
 * FD is a descriptor of a region of 65536 bytes and 8 slots whose first word is
 * 0. It makes every call, on that region and on one of its own, which it names
 * NAME; then, as member of slot 5, it waits at the first word, and ends when
 * that has become 4711. Exit status: 0, or which check has failed, see FAILS.
 */
#include <asm/unistd_32.h>
#include <linux/fcntl.h>
#include <linux/ipcbuf.h>
#include <linux/poll.h>

#define BYTES	 65536u
#define SLOTS	 8u
#define PAGE	 4096u
#define ENOENT	 2
#define EAGAIN	 11
#define EBUSY	 16
#define ENOTTY	 25
#define ENOTCONN 107
#define ETIMEDOUT 110
#define ESTALE	 116
#define PROT_RW	 3
#define PROT_R	 1
#define SHARED	 1
#define OPEN_RW	 2

/* F_OFD_SETLK, with the structure that has 64 bits for offsets. */
#define OFD_SETLK 37

struct lock64 {
	__s16 type;
	__s16 whence;
	__s64 start;
	__s64 length;
	__s32 pid;
} __attribute__((packed, aligned(4)));

/* By number of line, which doesn't fit into the status: its distance from here. */
#define FAILS(condition) \
	do { \
		if (condition) \
			leave_program(__LINE__ - FIRST_LINE); \
	} while (0)

static long call6(long number, long a, long b, long c, long d, long e, long f)
{
	long result;

	/* The sixth goes by ebp, which may be the frame's. */
	__asm__ volatile("pushl %[f]\n\t"
			 "pushl %%ebp\n\t"
			 "movl 4(%%esp), %%ebp\n\t"
			 "int $0x80\n\t"
			 "popl %%ebp\n\t"
			 "addl $4, %%esp"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e),
			   [f] "m"(f)
			 : "memory", "cc");
	return result;
}

static long call3(long number, long a, long b, long c)
{
	return call6(number, a, b, c, 0, 0, 0);
}

static void leave_program(int status)
{
	call3(__NR_exit_group, status, 0, 0);
	for (;;)
		;
}

static long request(int fd, unsigned long command, void *args)
{
	return call3(__NR_ioctl, fd, (long)command, (long)args);
}

/* What the compiler calls for. */
void *memset(void *to, int byte, __SIZE_TYPE__ bytes)
{
	volatile char *at = to;

	while (bytes--)
		*at++ = (char)byte;
	return to;
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ bytes)
{
	volatile char *at = to;
	const char *next = from;

	while (bytes--)
		*at++ = *next++;
	return to;
}

static int failed(long address)
{
	return address < 0 && address > -4096;
}

/* Offsets in pages: that of the control page is beyond 32 bits. */
static long map(int fd, unsigned long bytes, int protection, __u64 offset)
{
	return call6(__NR_mmap2, 0, (long)bytes, protection, SHARED, fd,
		     (long)(offset / PAGE));
}

static int number_of(const char *text)
{
	int number = 0;

	while (*text >= '0' && *text <= '9')
		number = number * 10 + *text++ - '0';
	return number;
}

static void set_name(char name[IPCBUF_IOC_NAME_BYTES], const char *from)
{
	int i;

	for (i = 0; i < IPCBUF_IOC_NAME_BYTES - 1 && from[i]; i++)
		name[i] = from[i];
}

#define FIRST_LINE __LINE__

static int by_name(int device, const char *name)
{
	struct ipcbuf_ioc_info info;
	struct ipcbuf_ioc_create create = {
		.size_bytes = BYTES, .slots = 1, .mode = 0640,
		.uid = IPCBUF_IOC_ID_CALLER, .gid = IPCBUF_IOC_ID_CALLER,
	};
	struct ipcbuf_ioc_open open = { .flags = IPCBUF_IOC_RDONLY };
	struct ipcbuf_ioc_region region = { 0 };
	struct ipcbuf_ioc_unlink unlink = { 0 };

	FAILS(request(device, IPCBUF_IOC_INFO, &info));
	FAILS(info.version != IPCBUF_IOC_VERSION);
	FAILS(info.max_bytes != IPCBUF_IOC_MAX_BYTES);
	set_name(create.name, name);
	FAILS(request(device, IPCBUF_IOC_CREATE, &create));
	FAILS(!create.id);
	set_name(open.name, name);
	FAILS(request(device, IPCBUF_IOC_OPEN, &open));
	FAILS(open.opened_id != create.id);
	region.after_id = create.id - 1;
	FAILS(request(device, IPCBUF_IOC_LIST, &region));
	FAILS(region.id != create.id || region.size_bytes != BYTES);
	FAILS(region.mode != 0640 || region.slots != 1);
	FAILS(request(open.fd, IPCBUF_IOC_STAT, &region));
	FAILS(region.flags != (IPCBUF_IOC_LINKED | IPCBUF_IOC_READONLY));
	unlink.id = create.id;
	FAILS(request(device, IPCBUF_IOC_UNLINK, &unlink));
	FAILS(request(device, IPCBUF_IOC_OPEN, &open) != -ENOENT);
	FAILS(request(device, IPCBUF_IOC_STAT, &region) != -ENOTTY);
	return create.fd;
}

static void commit(int fd, __u32 *words)
{
	struct ipcbuf_ioc_commit args = { .offset = PAGE, .bytes = 2 * PAGE };
	struct ipcbuf_ioc_region region = { 0 };

	FAILS(request(fd, IPCBUF_IOC_COMMIT, &args));
	FAILS(request(fd, IPCBUF_IOC_STAT, &region));
	FAILS(region.used_bytes < 2 * PAGE);
	words[PAGE / 4] = 5;
	args.flags = IPCBUF_IOC_DECOMMIT;
	FAILS(request(fd, IPCBUF_IOC_COMMIT, &args));
	FAILS(words[PAGE / 4] != 0);
}

static void wait_and_wake(int fd)
{
	struct ipcbuf_ioc_word words[2] = { { .offset = 8 }, { .offset = 16 } };
	struct ipcbuf_ioc_wait wait = { .offset = 8 };
	struct ipcbuf_ioc_wait_many many = {
		.words = (unsigned long)words, .count = 2, .index = 99,
	};
	struct ipcbuf_ioc_wake wake = { .offset = 8, .count = 1 };

	FAILS(request(fd, IPCBUF_IOC_WAIT, &wait) != -ETIMEDOUT);
	wait.value = 1;
	wait.deadline_ns = IPCBUF_IOC_FOREVER;
	FAILS(request(fd, IPCBUF_IOC_WAIT, &wait) != -EAGAIN);
	FAILS(request(fd, IPCBUF_IOC_WAIT_MANY, &many) != -ETIMEDOUT);
	FAILS(many.index != 99);
	words[1].value = 1;
	many.deadline_ns = IPCBUF_IOC_FOREVER;
	FAILS(request(fd, IPCBUF_IOC_WAIT_MANY, &many) != -EAGAIN);
	FAILS(many.index != 1);
	FAILS(request(fd, IPCBUF_IOC_WAKE, &wake) != 0);
}

static void ring(int fd, __u32 *words)
{
	struct ipcbuf_ioc_doorbell bell = { .offset = 8 };
	struct ipcbuf_ioc_seen seen = { .deaths = 0 };
	struct pollfd polled = { .events = POLLIN };

	FAILS(request(fd, IPCBUF_IOC_DOORBELL, &bell));
	polled.fd = bell.fd;
	FAILS(call3(__NR_poll, (long)&polled, 1, 0) != 0);
	words[2] = 1;
	FAILS(call3(__NR_poll, (long)&polled, 1, 0) != 1);
	FAILS(polled.revents != POLLIN);
	words[2] = 0;
	FAILS(request(fd, IPCBUF_IOC_SEEN, &seen));
}

static void lock(int fd, int other)
{
	struct lock64 whole = { .type = 1 /* F_WRLCK */, .start = 1LL << 40 };

	FAILS(call3(__NR_fcntl64, fd, OFD_SETLK, (long)&whole));
	FAILS(call3(__NR_fcntl64, other, OFD_SETLK, (long)&whole) != -EAGAIN);
}

static void be_member(int fd)
{
	struct ipcbuf_ioc_join join = { .slot = 5 };
	struct ipcbuf_ioc_leave leave = { 0 };
	struct ipcbuf_ioc_reap reap = { .slot = 5 };
	const struct ipcbuf_control *control;
	long at = map(fd, PAGE, PROT_R, IPCBUF_IOC_CONTROL_OFFSET);

	FAILS(failed(at));
	control = (const struct ipcbuf_control *)at;
	FAILS(control->version != IPCBUF_IOC_VERSION);
	FAILS(control->slots != SLOTS);
	FAILS(request(fd, IPCBUF_IOC_LEAVE, &leave) != -ENOTCONN);
	FAILS(request(fd, IPCBUF_IOC_JOIN, &join));
	FAILS(join.joined_slot != 5);
	FAILS(control->slot[5] !=
	      ((__u64)join.generation << 32 | IPCBUF_SLOT_ALIVE));
	FAILS(request(fd, IPCBUF_IOC_LEAVE, &leave));
	FAILS(request(fd, IPCBUF_IOC_JOIN, &join));
	reap.generation = join.generation;
	FAILS(request(fd, IPCBUF_IOC_REAP, &reap) != -EBUSY);
	reap.generation++;
	FAILS(request(fd, IPCBUF_IOC_REAP, &reap) != -ESTALE);
}

static void wait_for_parent(int fd, __u32 *words)
{
	struct ipcbuf_ioc_wait wait = { .deadline_ns = IPCBUF_IOC_FOREVER };
	long result;

	/* No other wait from here on. */
	*(volatile __u32 *)&words[3] = 1;
	while ((wait.value = *(volatile __u32 *)words) != 4711) {
		result = request(fd, IPCBUF_IOC_WAIT, &wait);
		FAILS(result && result != -EAGAIN);
	}
}

/* As the kernel lays it out on the stack. */
__attribute__((used)) static void run(const unsigned long *stack)
{
	char **arguments = (char **)(stack + 1);
	int device, fd, given, own;
	struct ipcbuf_ioc_attach attach = { 0 };
	__u32 *words;
	long at;

	FAILS(stack[0] != 3);
	device = (int)call3(__NR_open, (long)"/dev/ipcbuf", OPEN_RW, 0);
	FAILS(device < 0);
	own = by_name(device, arguments[2]);
	FAILS(call3(__NR_close, own, 0, 0));
	given = number_of(arguments[1]);
	FAILS(request(given, IPCBUF_IOC_ATTACH, &attach));
	fd = attach.fd;
	at = map(fd, BYTES, PROT_RW, 0);
	FAILS(failed(at));
	words = (__u32 *)at;
	be_member(fd);
	commit(fd, words);
	wait_and_wake(fd);
	ring(fd, words);
	lock(fd, given);
	wait_for_parent(fd, words);
	leave_program(0);
}

__asm__(".globl _start\n"
	"_start:\n\t"
	"xorl %ebp, %ebp\n\t"
	"movl %esp, %eax\n\t"
	"andl $-16, %esp\n\t"
	"subl $12, %esp\n\t"
	"pushl %eax\n\t"
	"call run\n");
