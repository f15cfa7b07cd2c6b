/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The digest of a file, and how digests of files become that of a tree.
 *
 * A file's digest is the XXH3-128 of its contents, the hash of its path and
 * its length. Those of all files are summed up, which any number of consumers
 * can do in any order.
 *
 * A digest belongs to one thread.
 */
#ifndef DEMO_DIGEST_H
#define DEMO_DIGEST_H

#include "demo.h"

struct XXH3_state_s;

struct digest {
	struct XXH3_state_s *state;
	uint64_t bytes;		/* of the file so far */
};

int digest_open(struct digest *digest);
void digest_close(struct digest *digest);

/* A file begins; bytes of it; it ends, and goes into the totals. */
void digest_begin(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t bytes);
void digest_end(struct digest *digest, uint64_t path_hash,
		struct totals *totals);

/* The hash of a path, from that of its directory and the last component. */
uint64_t digest_path(uint64_t directory_hash, const char *name);

#endif
