/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory that nobody may touch on both sides of everything that the library
 * maps: who reads or writes beyond a region's end is stopped, whatever else
 * the process has mapped.
 *
 * To be included by one file of a program. It defines the C library's mmap(),
 * munmap(), shmat() and shmdt() anew, for the program and for the shared
 * libraries that it uses. Any thread may call them.
 *
 * A room is what mmap() was asked for without saying where, with a guard before
 * and behind it. What is unmapped of it becomes part of the guards, and all of
 * it goes when nothing else is left.
 */
#ifndef SELFTESTS_GUARD_H
#define SELFTESTS_GUARD_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

/* They are called before ThreadSanitizer is ready for what it would put there. */
#define GUARD_PLAIN __attribute__((no_sanitize("thread")))

#define GUARD_BYTES (UINT64_C(16) << 20)
#define GUARD_PAGE  UINT64_C(4095)
#define GUARD_ROOMS 1024u

/* By whoever has @start, but for @left. */
struct guard_room {
	char *start;			/* NULL: free, GUARD_CLAIMED: nearly */
	uint64_t bytes;
	uint64_t left;			/* any; not unmapped yet */
	uint64_t attached_bytes;	/* of a System V segment */
};

#define GUARD_CLAIMED ((char *)1)

static struct guard_room guard_rooms[GUARD_ROOMS];

GUARD_PLAIN static inline uint64_t guard_round(uint64_t bytes)
{
	return (bytes + GUARD_PAGE) & ~GUARD_PAGE;
}

GUARD_PLAIN static inline void *
guard_map(void *address, size_t bytes, int prot, int flags, int fd, off_t offset)
{
#ifdef SYS_mmap
	return (void *)syscall(SYS_mmap, address, bytes, prot, flags, fd,
			       offset);
#else
	return (void *)syscall(SYS_mmap2, address, bytes, prot, flags, fd,
			       (long)(offset / 4096));
#endif
}

/* The part of a room becomes, or becomes again, what nobody may touch. */
GUARD_PLAIN static inline void *
guard_close(void *address, uint64_t bytes, int more_flags)
{
	return guard_map(address, bytes, PROT_NONE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_NORESERVE | more_flags, -1, 0);
}

GUARD_PLAIN static inline void guard_release(char *start, uint64_t bytes)
{
	syscall(SYS_munmap, start - GUARD_BYTES, bytes + 2 * GUARD_BYTES);
}

GUARD_PLAIN static inline void guard_remember(char *start, uint64_t bytes)
{
	struct guard_room *room = guard_rooms;
	char *none = NULL;

	while (!__atomic_compare_exchange_n(&room->start, &none, GUARD_CLAIMED,
					    0, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST)) {
		none = NULL;
		if (++room == guard_rooms + GUARD_ROOMS)
			abort();
	}
	room->bytes = bytes;
	room->left = bytes;
	room->attached_bytes = 0;
	__atomic_store_n(&room->start, start, __ATOMIC_SEQ_CST);
}

/* The room that an address lies in; NULL where the guards aren't ours. */
GUARD_PLAIN static inline struct guard_room *guard_find(const void *address)
{
	struct guard_room *room;
	char *start;

	for (room = guard_rooms; room < guard_rooms + GUARD_ROOMS; room++) {
		start = __atomic_load_n(&room->start, __ATOMIC_SEQ_CST);
		if (start && start != GUARD_CLAIMED &&
		    (uintptr_t)address - (uintptr_t)start < room->bytes)
			return room;
	}
	return NULL;
}

/* Is what lies at this address guarded? */
GUARD_PLAIN static inline bool guard_has(const void *address)
{
	return guard_find(address) != NULL;
}

GUARD_PLAIN static inline int
guard_unmap(struct guard_room *room, void *address, uint64_t bytes)
{
	char *start = room->start;

	if (guard_close(address, bytes, MAP_FIXED) == MAP_FAILED)
		return -1;
	if (__atomic_sub_fetch(&room->left, bytes, __ATOMIC_SEQ_CST))
		return 0;
	/* In this order: the addresses may be used again at once. */
	bytes = room->bytes;
	__atomic_store_n(&room->start, NULL, __ATOMIC_SEQ_CST);
	guard_release(start, bytes);
	return 0;
}

GUARD_PLAIN void *mmap(void *address, size_t bytes, int prot, int flags, int fd,
		       off_t offset)
{
	uint64_t whole = guard_round(bytes);
	char *start;
	int error;

	if (address || !bytes)
		return guard_map(address, bytes, prot, flags, fd, offset);
	start = guard_close(NULL, whole + 2 * GUARD_BYTES, 0);
	if (start == MAP_FAILED)
		return start;
	start += GUARD_BYTES;
	if (guard_map(start, bytes, prot, flags | MAP_FIXED, fd, offset) ==
	    MAP_FAILED) {
		error = errno;
		guard_release(start, whole);
		errno = error;
		return MAP_FAILED;
	}
	guard_remember(start, whole);
	return start;
}

/* The C library has its own way to map, so not everything is in a room. */
GUARD_PLAIN int munmap(void *address, size_t bytes)
{
	struct guard_room *room = guard_find(address);

	if (room)
		return guard_unmap(room, address, guard_round(bytes));
	return (int)syscall(SYS_munmap, address, bytes);
}

static inline bool guard_fence(char *start, uint64_t bytes)
{
	if (guard_close(start - GUARD_BYTES, GUARD_BYTES,
			MAP_FIXED_NOREPLACE) == MAP_FAILED)
		return false;
	if (guard_close(start + bytes, GUARD_BYTES, MAP_FIXED_NOREPLACE) !=
	    MAP_FAILED)
		return true;
	syscall(SYS_munmap, start - GUARD_BYTES, GUARD_BYTES);
	return false;
}

/*
 * A system that attaches nothing over what is mapped has no room any more: a new
 * one, or the addresses are taken.
 */
static inline void *guard_attach_alone(int id, const void *address, int flags)
{
	struct shmid_ds ds;
	uint64_t bytes;
	void *memory;

	if (shmctl(id, IPC_STAT, &ds))
		return (void *)-1;
	bytes = guard_round(ds.shm_segsz);
	memory = (void *)syscall(SYS_shmat, id, address, flags);
	if (memory == (void *)-1)
		return memory;
	if (!guard_fence(memory, bytes)) {
		syscall(SYS_shmdt, memory);
		errno = EINVAL;
		return (void *)-1;
	}
	guard_remember(memory, bytes);
	guard_find(memory)->attached_bytes = bytes;
	return memory;
}

/* The library attaches where it has reserved memory: in a room. */
GUARD_PLAIN void *shmat(int id, const void *address, int flags)
{
	struct guard_room *room = guard_find(address);
	struct shmid_ds ds;
	void *memory;

	if (address && !room)
		return guard_attach_alone(id, address, flags);
	if (room && shmctl(id, IPC_STAT, &ds))
		return (void *)-1;
	memory = (void *)syscall(SYS_shmat, id, address, flags);
	if (room && memory != (void *)-1)
		room->attached_bytes = guard_round(ds.shm_segsz);
	return memory;
}

/* What is mapped over a segment detaches it. */
GUARD_PLAIN int shmdt(const void *address)
{
	struct guard_room *room = guard_find(address);

	if (room && room->attached_bytes)
		return guard_unmap(room, (void *)(uintptr_t)address,
				   room->attached_bytes);
	return (int)syscall(SYS_shmdt, address);
}

#endif
