/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A process's own buffers, all of one size, for a peer that copies: the one used
 * last comes back first. By one thread.
 */
#ifndef BENCH_BUFFERS_H
#define BENCH_BUFFERS_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

struct buffers {
	char *memory;
	void **stack;
	uint64_t free;
};

static inline void buffers_close(struct buffers *buffers)
{
	free(buffers->memory);
	free(buffers->stack);
}

/* What isn't touched of them takes no memory. */
static inline int buffers_open(struct buffers *buffers, uint64_t count,
			       uint64_t bytes)
{
	uint64_t i;

	bytes = (bytes + 63) & ~UINT64_C(63);
	buffers->memory = (char *)aligned_alloc(64, count * bytes);
	buffers->stack = (void **)calloc(count, sizeof(void *));
	if (!buffers->memory || !buffers->stack) {
		buffers_close(buffers);
		return -ENOMEM;
	}
	for (i = 0; i < count; i++)
		buffers->stack[i] = buffers->memory + (count - 1 - i) * bytes;
	buffers->free = count;
	return 0;
}

static inline int buffers_get(struct buffers *buffers, void **ret_buffer)
{
	if (!buffers->free)
		return -ENOMEM;
	*ret_buffer = buffers->stack[--buffers->free];
	return 0;
}

static inline void buffers_put(struct buffers *buffers, void *buffer)
{
	buffers->stack[buffers->free++] = buffer;
}

#endif
