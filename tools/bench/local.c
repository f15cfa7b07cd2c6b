// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Allocations that never leave the process, beside two other allocators. The
 * loop is the same for all and expands in place, so that none of them pays for
 * an indirect call that another doesn't; mimalloc, which is looked for at run
 * time, is called through pointers, as any shared library's functions are.
 *
 * Only A works.
 */
#define _GNU_SOURCE
#include "worker.h"

#include <dlfcn.h>
#include <stdlib.h>

#define BLOCK_BYTES 64u

#define ALWAYS_INLINE static inline __attribute__((always_inline))

struct allocator {
	struct ipcbuf_region *region;
	void *(*malloc)(size_t bytes);
	void (*free)(void *block);
};

ALWAYS_INLINE void *ipcbuf_get(const struct allocator *allocator)
{
	void *block;

	return ipcbuf_alloc(allocator->region, BLOCK_BYTES, &block) ? NULL
								    : block;
}

ALWAYS_INLINE void ipcbuf_put(const struct allocator *allocator, void *block)
{
	(void)allocator;
	ipcbuf_free(block);
}

ALWAYS_INLINE void *pointer_get(const struct allocator *allocator)
{
	return allocator->malloc(BLOCK_BYTES);
}

ALWAYS_INLINE void pointer_put(const struct allocator *allocator, void *block)
{
	allocator->free(block);
}

/*
 * Replaces the oldest of @live blocks, a power of two, @count times. Each holds
 * its number until it goes: two that overlap are found out.
 */
ALWAYS_INLINE int replace(const struct allocator *allocator,
			  uint64_t **blocks, uint64_t live, uint64_t count,
			  void *(*get)(const struct allocator *allocator),
			  void (*put)(const struct allocator *allocator,
				      void *block))
{
	uint64_t i;

	for (i = 0; i < count; i++) {
		uint64_t **slot = &blocks[i & (live - 1)];

		if (*slot && **slot != i - live)
			return -EBADMSG;
		if (*slot)
			put(allocator, *slot);
		*slot = get(allocator);
		if (!*slot)
			return -ENOMEM;
		**slot = i;	/* NOLINT: measure() frees them all */
	}
	return 0;
}

/* The first round, which has nothing to replace yet, is before the clock. */
ALWAYS_INLINE int measure(struct worker *worker,
			  const struct allocator *allocator,
			  void *(*get)(const struct allocator *allocator),
			  void (*put)(const struct allocator *allocator,
				      void *block))
{
	uint64_t *blocks[RECORDS_MAX] = { NULL };
	uint64_t live = worker->scenario->batch;
	uint64_t count = worker_iterations(worker) / live * live;
	uint64_t i;
	int ret = 0;

	ret = replace(allocator, blocks, live, live, get, put);
	for (i = 0; !ret && i < live; i++)
		*blocks[i] = i - live;
	worker_begin(worker);
	if (!ret)
		ret = replace(allocator, blocks, live, count, get, put);
	worker_end(worker);
	for (i = 0; i < live; i++)
		if (blocks[i])
			put(allocator, blocks[i]);
	/* NOLINTNEXTLINE: the same */
	worker->shared->result = (double)(worker->shared->end_ns -
					  worker->shared->begin_ns) /
				 (double)count;
	return ret;
}

int run_alloc_ipcbuf(struct worker *worker)
{
	struct allocator allocator = { .region = worker->region };

	if (worker->role != ROLE_A)
		return 0;
	return measure(worker, &allocator, ipcbuf_get, ipcbuf_put);
}

static int find_mimalloc(struct allocator *allocator)
{
	static const char *const names[] = {
		"libmimalloc.so.2", "libmimalloc.so.3", "libmimalloc.so",
	};
	void *library = NULL;
	unsigned int i;

	for (i = 0; !library && i < sizeof(names) / sizeof(names[0]); i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return -ENOPKG;
	allocator->malloc = (void *(*)(size_t))dlsym(library, "mi_malloc");
	allocator->free = (void (*)(void *))dlsym(library, "mi_free");
	return allocator->malloc && allocator->free ? 0 : -ENOPKG;
}

int run_alloc_mimalloc(struct worker *worker)
{
	struct allocator allocator = { .region = NULL };
	int ret;

	if (worker->role != ROLE_A)
		return 0;
	ret = find_mimalloc(&allocator);
	if (ret)
		return ret;
	return measure(worker, &allocator, pointer_get, pointer_put);
}

int run_alloc_libc(struct worker *worker)
{
	struct allocator allocator = { .malloc = malloc, .free = free };

	if (worker->role != ROLE_A)
		return 0;
	return measure(worker, &allocator, pointer_get, pointer_put);
}
