/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The region that a test works in: made with a name of its own, joined by
 * peers, checked and removed at the end.
 *
 * Names hold the id of the program that runs the tests. When it ends, it
 * removes every region that bears its id, so that tests which failed, hung or
 * were killed leave nothing on the machine.
 */
#ifndef SELFTESTS_REGION_H
#define SELFTESTS_REGION_H

#include <ipcbuf/ipcbuf.h>
#include <stdbool.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

/* What outputs hold before a call that must not touch them. */
#define POISON ((void *)(uintptr_t)0x5a5a5a5a)

/* The deadline of waits that must end by themselves. */
#define LONG_NS UINT64_C(60000000000)

struct test_region {
	struct ipcbuf_region *handle;
	char name[IPCBUF_NAME_MAX + 1];
	uint32_t backend;
	int fd;				/* memfd: peers join by it, else -1 */
};

/* Write a name that no other test uses. */
void region_new_name(char name[IPCBUF_NAME_MAX + 1]);

/* Make a region. Return: what ipcbuf_region_create() said. */
int test_region_create(struct test_region *region, uint32_t backend,
		       uint32_t wait, uint64_t size_bytes);

/* Open it once more, by name or by descriptor. Return: as the call. */
int test_region_open(const struct test_region *region, uint32_t flags,
		     struct ipcbuf_region **ret_handle);

/* The same where it must work. */
struct ipcbuf_region *test_region_join(const struct test_region *region);

/* Close it and remove its name. Return: 0, or the first error. */
int test_region_end(struct test_region *region);

/* Can other processes open it by its name? */
bool backend_has_names(uint32_t backend);

/* Why no test is to make such regions here; NULL where it is to. */
const char *region_why_not(uint32_t backend, uint32_t wait);

/* Verify a region and print each problem. Return: what verify said. */
int region_verify(struct ipcbuf_region *handle);

/* A region's figures; the call must work. */
struct ipcbuf_region_info region_info(struct ipcbuf_region *handle);

/* One of so many equal parts of a region's size. */
uint64_t region_part(struct ipcbuf_region *handle, uint64_t parts);

/* Bytes in records that somebody holds. */
uint64_t region_held(struct ipcbuf_region *handle);

/* Allocate, open a channel, where it must work. */
void *record_new(struct ipcbuf_region *handle, size_t bytes);
struct ipcbuf_channel *channel_join(struct ipcbuf_region *handle, int64_t id,
				    enum ipcbuf_direction direction,
				    uint32_t depth_slots);

#endif
