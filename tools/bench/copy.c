// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* One core's copy from buffer to buffer, which no peer that copies can beat. */
#include "families.h"
#include "timing.h"

#include <stdlib.h>
#include <string.h>

/* A's; B has nothing to do. */
static unsigned char *buffers;

static int part(struct worker *worker, uint64_t count)
{
	size_t bytes = (size_t)worker->cell->record_bytes;

	if (worker->role == ROLE_B)
		return 0;
	for (; count; count--) {
		memcpy(buffers + bytes, buffers, bytes);
		/* Nothing of it may be left out. */
		__asm__ volatile("" : : "r"(buffers) : "memory");
	}
	return 0;
}

int run_memcpy(struct worker *worker)
{
	size_t bytes = (size_t)worker->cell->record_bytes;
	int ret;

	buffers = malloc(2 * bytes);
	if (!buffers)
		return -ENOMEM;
	memset(buffers, 1, 2 * bytes);
	ret = timing_measure(worker, part, 1, NULL);
	free(buffers);
	return ret;
}
