/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The operations that are walked. Each list is a table, CASE(name) for each of
 * its cases: crash_<name>, a struct crash_case, in the file of that list.
 */
#ifndef SELFTESTS_CRASH_CASES_H
#define SELFTESTS_CRASH_CASES_H

#include "walk.h"

#define HEAP_CASES(CASE) \
	CASE(alloc_first) \
	CASE(alloc_first_huge) \
	CASE(alloc_cached) \
	CASE(alloc_small) \
	CASE(alloc_orphan) \
	CASE(alloc_big) \
	CASE(alloc_run) \
	CASE(alloc_huge) \
	CASE(alloc_full) \
	CASE(free_cached) \
	CASE(free_flush) \
	CASE(free_remote) \
	CASE(free_adopt) \
	CASE(free_big) \
	CASE(free_run) \
	CASE(free_huge) \
	CASE(free_remote_huge) \
	CASE(trim)

#define CHANNEL_CASES(CASE) \
	CASE(send) \
	CASE(send_batch) \
	CASE(receive) \
	CASE(receive_batch) \
	CASE(forward)

#define WAIT_CASES(CASE) \
	CASE(send_wake) \
	CASE(send_sleep) \
	CASE(receive_wake) \
	CASE(receive_sleep)

#define OBJECT_CASES(CASE) \
	CASE(channel_first) \
	CASE(channel_first_keep) \
	CASE(channel_level) \
	CASE(channel_create) \
	CASE(channel_keep) \
	CASE(channel_join) \
	CASE(channel_leave_producer) \
	CASE(channel_leave_consumer) \
	CASE(channel_leave_last) \
	CASE(channel_remove) \
	CASE(channel_remove_attached) \
	CASE(segment_create) \
	CASE(segment_keep) \
	CASE(segment_join) \
	CASE(segment_leave) \
	CASE(segment_remove)

#define MEMBER_CASES(CASE) \
	CASE(region_open) \
	CASE(region_close)

#define REGION_CASES(CASE) \
	CASE(region_create) \
	CASE(region_open_or_create) \
	CASE(region_unlink)

/* Of those above, for rescues: none of them has a region of its own each time. */
#define RESCUE_CASES(CASE) \
	CASE(alloc_small) \
	CASE(alloc_huge) \
	CASE(free_huge) \
	CASE(trim) \
	CASE(send) \
	CASE(receive_batch) \
	CASE(forward) \
	CASE(channel_keep) \
	CASE(channel_leave_last) \
	CASE(channel_remove) \
	CASE(segment_keep) \
	CASE(region_close)

#define CRASH_DECLARE(name) extern const struct crash_case crash_##name;
HEAP_CASES(CRASH_DECLARE)
CHANNEL_CASES(CRASH_DECLARE)
WAIT_CASES(CRASH_DECLARE)
OBJECT_CASES(CRASH_DECLARE)
MEMBER_CASES(CRASH_DECLARE)
REGION_CASES(CRASH_DECLARE)

#endif
