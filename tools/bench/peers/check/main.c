// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * usage: check PLUGIN NAME
 *
 * Uses a peer by its table as the benchmark does, and sees that what it says is
 * true. NAME is for whatever the peer names in the system. Exit status: 0, 1 or,
 * where the peer isn't there on this machine, 4.
 */
#include "check.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_SKIPPED 4

int check_failed(const char *what, uint64_t number)
{
	fprintf(stderr, "%s (record %llu)\n", what,
		(unsigned long long)number);
	return -EBADMSG;
}

size_t check_bytes(uint64_t number)
{
	if (number % 16 == 15)
		return CHECK_BYTES - number % 8;
	return 16 + (number * 7) % 240;
}

static unsigned char pattern(uint64_t number, size_t at)
{
	return (unsigned char)(number * 31 + at * 7 + 1);
}

void check_write(void *record, uint64_t number)
{
	unsigned char *bytes = record;
	size_t at;

	memcpy(bytes, &number, sizeof(number));
	for (at = sizeof(number); at < check_bytes(number); at++)
		bytes[at] = pattern(number, at);
}

int check_read(const void *record, uint64_t number)
{
	const unsigned char *bytes = record;
	uint64_t found;
	size_t at;

	memcpy(&found, bytes, sizeof(found));
	if (found != number)
		return check_failed("another record was received", number);
	for (at = sizeof(found); at < check_bytes(number); at++)
		if (bytes[at] != pattern(number, at))
			return check_failed("a record was changed", number);
	return 0;
}

static const struct peer *load(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct peer *(*ask)(void);

	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		return NULL;
	}
	ask = (const struct peer *(*)(void))dlsym(plugin, "bench_peer");
	return ask ? ask() : NULL;
}

int main(int argc, char **argv)
{
	const struct peer *peer = argc == 3 ? load(argv[1]) : NULL;
	int ret;

	if (!peer || peer->abi != PEER_ABI)
		return EXIT_FAILURE;
	printf("%s: %s\n", peer->name, peer->what);
	fflush(stdout);
	if (peer->try_send)
		ret = check_link(peer, argv[2]);
	else
		ret = check_allocator(peer, argv[2]);
	if (ret == -ENOPKG)
		return STATUS_SKIPPED;
	if (ret)
		fprintf(stderr, "%s\n", strerror(-ret));
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
