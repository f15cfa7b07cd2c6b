// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The C library's malloc(3) as an allocator to compare with. */
#include "peers.h"

#include <errno.h>
#include <stdlib.h>

static int open_end(const struct peer_setup *setup, struct peer_end **ret_end)
{
	(void)setup;
	*ret_end = NULL;
	return 0;
}

static int take(struct peer_end *end, size_t bytes, void **ret_record)
{
	(void)end;
	*ret_record = malloc(bytes);
	return *ret_record ? 0 : -ENOMEM;
}

static void give(struct peer_end *end, void *record)
{
	(void)end;
	free(record);
}

const struct peer peer_libc = {
	.abi = PEER_ABI,
	.name = "libc",
	.what = "malloc of the C library",
	.open = open_end,
	.alloc = take,
	.free = give,
};
