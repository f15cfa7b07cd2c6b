/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The module, called as the uapi header says and without the library.
 *
 * Calls return what the kernel said, an error as -errno. Those that return
 * something else must work, and end the process where they don't (check.h), so
 * that they can be used in children and threads, too.
 *
 * Names hold the id of the program that runs the tests. When it ends, names
 * that bear it are taken away, in whatever user namespace they are.
 */
#ifndef SELFTESTS_KMOD_H
#define SELFTESTS_KMOD_H

#include <linux/ipcbuf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* The slots of a kmod_region. */
#define KMOD_SLOTS 8

/* What outputs hold before a call that must not touch them. */
#define KMOD_POISON 0x5a
#define KMOD_POISON_32 0x5a5a5a5a
#define KMOD_POISON_64 0x5a5a5a5a5a5a5a5a

/*
 * In place of TEST_HARNESS_MAIN: without the module the program is skipped as
 * a whole.
 */
#define KMOD_HARNESS_MAIN \
	__attribute__((constructor)) static void need_module(void) \
	{ \
		kmod_need(); \
	} \
	TEST_HARNESS_MAIN

/* Ends the program with the reason, as a skipped one, if there is no module. */
void kmod_need(void);

/* A descriptor of the device, or -1 where it can't be opened. */
int kmod_device(void);

/* Any call. */
int kmod_call(int fd, unsigned long command, void *argument);

/* A name that no other test uses. */
void kmod_new_name(char name[IPCBUF_IOC_NAME_BYTES]);

/* A descriptor; mode 0600, the caller's. An empty name: anonymous. */
int kmod_create(int device, const char *name, uint64_t bytes, uint32_t slots);
/* The argument for CREATE that this takes, to be changed before. */
struct ipcbuf_ioc_create kmod_create_args(const char *name, uint64_t bytes,
					  uint32_t slots);
int kmod_open(int device, const char *name, uint32_t flags);
int kmod_open_id(int device, uint64_t id, uint32_t flags);
int kmod_attach(int fd, uint32_t flags);
int kmod_doorbell(int fd, uint64_t offset, uint32_t value);

int kmod_unlink(int device, const char *name);
int kmod_unlink_id(int device, uint64_t id);

/* The next region after an id. */
int kmod_list(int device, uint64_t after_id, struct ipcbuf_ioc_region *ret);
/* Does LIST tell of it? Then @ret is what it told; may be NULL. */
bool kmod_listed(int device, uint64_t id, struct ipcbuf_ioc_region *ret);
struct ipcbuf_ioc_region kmod_stat(int fd);

/* Mappings, or NULL with errno. Offsets from 0; @protection as for mmap(). */
void *kmod_data(int fd, size_t bytes, int protection);
const struct ipcbuf_control *kmod_control(int fd, uint32_t slots);
void kmod_unmap_control(const struct ipcbuf_control *control, uint32_t slots);
size_t kmod_control_bytes(uint32_t slots);
size_t kmod_page_bytes(void);

/* What the control page tells now. */
uint32_t kmod_deaths(const struct ipcbuf_control *control);
uint64_t kmod_slot(const struct ipcbuf_control *control, uint32_t slot);
uint64_t kmod_slot_word(uint32_t generation, uint32_t state);

/* @ret_generation may be NULL. Return: the slot, or -errno. */
int kmod_join(int fd, uint32_t slot, uint32_t *ret_generation);
int kmod_leave(int fd);
int kmod_reap(int fd, uint32_t slot, uint32_t generation);
int kmod_seen(int fd, uint32_t deaths);

int kmod_commit(int fd, uint64_t offset, uint64_t bytes, uint32_t flags);

int kmod_wait(int fd, uint64_t offset, uint32_t value, uint64_t deadline_ns);
/* The same until @deaths differs, too. */
int kmod_wait_deaths(int fd, uint64_t offset, uint32_t value, uint32_t deaths);
int kmod_wake(int fd, uint64_t offset, uint32_t count);
uint64_t kmod_now_ns(void);

/* An open file description lock (F_RDLCK, F_WRLCK, F_UNLCK) on one byte. */
int kmod_lock(int fd, short type, uint64_t byte);
/* The same, after waiting for it. */
int kmod_lock_wait(int fd, short type, uint64_t byte);

/* Return when so many calls of a region's are asleep in WAIT or WAIT_MANY. */
void kmod_await_waiters(int fd, uint32_t count);
/* Return when LIST tells no more of it, or when it does. */
void kmod_await_listed(int device, uint64_t id, bool listed);

/*
 * Copies the value of a line "key:\tvalue" of /proc/self/fdinfo/fd. Return:
 * false where there is no such line.
 */
bool kmod_fdinfo(int fd, const char *key, char value[128]);

/* Runs a function in a child, which must end well. Return: its result. */
int64_t kmod_ask(int64_t (*run)(void *arg), void *arg);

/*
 * Opens a file of debugfs or tracefs (mounted for this process alone, if it
 * isn't), or NULL where that can't be.
 */
FILE *kmod_debugfs(const char *path, const char *mode);
FILE *kmod_tracefs(const char *path, const char *mode);

/*
 * Does debugfs tell of a region, whether it has a name or not? -1: can't tell.
 */
int kmod_exists(uint64_t id);

/*
 * A module parameter. Setting it returns what it was before. Reading and setting
 * must work where kmod_may_set() is true.
 */
bool kmod_may_set(const char *parameter);
unsigned int kmod_set(const char *parameter, unsigned int value);

/* The caller is user and group @id from now on, with no rights of root's. */
void kmod_become(uint32_t id);

/* A region with a name, mapped by who made it, who isn't a member. */
struct kmod_region {
	int device;
	int fd;
	uint64_t id;
	uint64_t bytes;
	char name[IPCBUF_IOC_NAME_BYTES];
	uint32_t *words;
	const struct ipcbuf_control *control;
};

void kmod_region_begin(struct kmod_region *region, uint64_t bytes);
/* Unmaps, closes, unlinks; what a test has done itself is left out. */
void kmod_region_end(struct kmod_region *region);

/* Another descriptor that has joined. @ret_control may be NULL. */
int kmod_member(int fd, uint32_t slot, const struct ipcbuf_control **ret_control,
		uint32_t *ret_generation);

#endif
