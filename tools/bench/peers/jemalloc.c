// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * jemalloc. Its library calls its functions malloc() and free(), so it is loaded
 * where nobody else finds them, and asked for them by its handle: the process's
 * own stay libc's. It wants more of the thread-local memory that is set aside for
 * libraries loaded late than glibc does by itself: GLIBC_TUNABLES has to say
 * glibc.rtld.optional_static_tls=4096 when the program starts.
 */
#include "../peer.h"

#include <dlfcn.h>
#include <errno.h>
#include <jemalloc/jemalloc.h>
#include <stdlib.h>

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number

struct peer_end {
	void *(*get)(size_t bytes);
	void (*put)(void *record);
};

/* Only jemalloc has mallctl(), so what lies beside that is its own. */
static int find_functions(struct peer_end *end)
{
	void *library = dlopen("libjemalloc.so.2",
			       RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);

	if (!library || !dlsym(library, "mallctl"))
		return -ENOPKG;
	*(void **)&end->get = dlsym(library, "malloc");
	*(void **)&end->put = dlsym(library, "free");
	return end->get && end->put && end->get != malloc ? 0 : -ENOPKG;
}

static int peer_open(const struct peer_setup *setup, struct peer_end **ret_end)
{
	struct peer_end *end = calloc(1, sizeof(*end));
	int ret;

	(void)setup;
	if (!end)
		return -ENOMEM;
	ret = find_functions(end);
	if (ret)
		free(end);
	else
		*ret_end = end;
	return ret;
}

static void peer_close(struct peer_end *end)
{
	free(end);
}

static int peer_alloc(struct peer_end *end, size_t bytes, void **ret_record)
{
	void *record = end->get(bytes);

	if (!record)
		return -ENOMEM;
	*ret_record = record;
	return 0;
}

static void peer_free(struct peer_end *end, void *record)
{
	end->put(record);
}

static const struct peer peer = {
	.abi = PEER_ABI,
	.name = "jemalloc",
	.what = "jemalloc " TEXT(JEMALLOC_VERSION_MAJOR) "."
		TEXT(JEMALLOC_VERSION_MINOR) "." TEXT(JEMALLOC_VERSION_BUGFIX)
		"; memory of one process",
	.open = peer_open,
	.close = peer_close,
	.alloc = peer_alloc,
	.free = peer_free,
};

const struct peer *bench_peer(void)
{
	return &peer;
}
