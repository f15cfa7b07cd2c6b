// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Regions of tests, see region.h. A struct test_region belongs to one thread;
 * the handle inside it to any.
 */
#include "region.h"
#include "check.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEFTOVERS 512

static pid_t program;

static struct {
	char names[LEFTOVERS][IPCBUF_NAME_MAX + 1];
	unsigned int count;
} leftovers;

static int note_leftover(const struct ipcbuf_region_entry *entry, void *prefix)
{
	if (strncmp(entry->name, prefix, strlen(prefix)))
		return 0;
	if (leftovers.count == LEFTOVERS)
		return 1;
	snprintf(leftovers.names[leftovers.count++], IPCBUF_NAME_MAX + 1, "%s",
		 entry->name);
	return 0;
}

/* Tests run in children; only the program that started them cleans up. */
static void remove_leftovers(void)
{
	char prefix[32];
	unsigned int i;

	if (getpid() != program)
		return;
	snprintf(prefix, sizeof(prefix), "test-%d-", (int)program);
	(void)ipcbuf_region_list(note_leftover, prefix);
	for (i = 0; i < leftovers.count; i++)
		(void)ipcbuf_region_unlink(leftovers.names[i]);
}

__attribute__((constructor)) static void note_program(void)
{
	program = getpid();
	MUST_EQ(0, atexit(remove_leftovers));
}

void region_new_name(char name[IPCBUF_NAME_MAX + 1])
{
	static unsigned int count;

	snprintf(name, IPCBUF_NAME_MAX + 1, "test-%d-%d-%u", (int)program,
		 (int)getpid(), ++count);
}

bool backend_has_names(uint32_t backend)
{
	return backend != IPCBUF_BACKEND_MEMFD;
}

const char *region_why_not(uint32_t backend, uint32_t wait)
{
	static const char *const names[] = {
		[IPCBUF_BACKEND_POSIX] = "posix",
		[IPCBUF_BACKEND_SYSV] = "sysv",
		[IPCBUF_BACKEND_MEMFD] = "memfd",
		[IPCBUF_BACKEND_KMOD] = "kmod",
	};
	const char *only = getenv("IPCBUF_TEST_BACKEND");

	if (only && *only && strcmp(only, names[backend]) != 0)
		return "$IPCBUF_TEST_BACKEND is another one";
	return system_why_not(backend, wait);
}

int test_region_create(struct test_region *region, uint32_t backend,
		       uint32_t wait, uint64_t size_bytes)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	int ret;

	options.backend = backend;
	options.wait = wait;
	options.size_bytes = system_region_bytes(backend, size_bytes);
	region_new_name(region->name);
	region->handle = NULL;
	region->backend = backend;
	region->fd = -1;
	ret = ipcbuf_region_create(region->name, &options, &region->handle);
	if (!ret && !backend_has_names(backend))
		ret = ipcbuf_region_get_fd(region->handle, &region->fd);
	return ret;
}

int test_region_open(const struct test_region *region, uint32_t flags,
		     struct ipcbuf_region **ret_handle)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;

	options.flags = flags;
	if (region->fd >= 0)
		return ipcbuf_region_open_fd(region->fd, &options, ret_handle);
	return ipcbuf_region_open(region->name, &options, ret_handle);
}

struct ipcbuf_region *test_region_join(const struct test_region *region)
{
	struct ipcbuf_region *handle;

	MUST_EQ(0, test_region_open(region, 0, &handle));
	return handle;
}

int test_region_end(struct test_region *region)
{
	int closed = ipcbuf_region_close(region->handle);
	int gone = 0;

	if (region->fd >= 0)
		gone = close(region->fd);
	else
		gone = ipcbuf_region_unlink(region->name);
	return closed ? closed : gone;
}

static void print_problem(const char *problem, void *arg)
{
	(void)arg;
	fprintf(stderr, "# verify: %s\n", problem);
}

int region_verify(struct ipcbuf_region *handle)
{
	return ipcbuf_region_verify(handle, print_problem, NULL);
}

struct ipcbuf_region_info region_info(struct ipcbuf_region *handle)
{
	struct ipcbuf_region_info info;

	memset(&info, 0, sizeof(info));
	info.struct_bytes = sizeof(info);
	MUST_EQ(0, ipcbuf_region_get_info(handle, &info));
	return info;
}

uint64_t region_part(struct ipcbuf_region *handle, uint64_t parts)
{
	return region_info(handle).size_bytes / parts;
}

uint64_t region_held(struct ipcbuf_region *handle)
{
	return region_info(handle).held_bytes;
}

void *record_new(struct ipcbuf_region *handle, size_t bytes)
{
	void *record;

	MUST_EQ(0, ipcbuf_alloc(handle, bytes, &record));
	return record;
}

struct ipcbuf_channel *channel_join(struct ipcbuf_region *handle, int64_t id,
				    enum ipcbuf_direction direction,
				    uint32_t depth_slots)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel;

	options.depth_slots = depth_slots;
	MUST_EQ(0, ipcbuf_channel_open(handle, ipcbuf_key_id(id), direction,
				       &options, &channel));
	return channel;
}
