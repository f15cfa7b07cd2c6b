// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The digests, by way of libxxhash. See digest.h. */
#include "digest.h"

#include <errno.h>
#include <string.h>
#include <xxhash.h>

int digest_open(struct digest *digest)
{
	digest->bytes = 0;
	digest->state = XXH3_createState();
	return digest->state ? 0 : -ENOMEM;
}

void digest_close(struct digest *digest)
{
	XXH3_freeState(digest->state);
	digest->state = NULL;
}

void digest_begin(struct digest *digest)
{
	digest->bytes = 0;
	XXH3_128bits_reset(digest->state);
}

void digest_add(struct digest *digest, const void *data, size_t bytes)
{
	digest->bytes += bytes;
	XXH3_128bits_update(digest->state, data, bytes);
}

void digest_end(struct digest *digest, uint64_t path_hash,
		struct totals *totals)
{
	uint64_t tail[2] = { path_hash, digest->bytes };
	XXH128_hash_t sum;

	XXH3_128bits_update(digest->state, tail, sizeof(tail));
	sum = XXH3_128bits_digest(digest->state);
	totals->digest[0] += sum.low64;
	totals->digest[1] += sum.high64;
	totals->bytes += digest->bytes;
	totals->files++;
}

uint64_t digest_path(uint64_t directory_hash, const char *name)
{
	return XXH3_64bits_withSeed(name, strlen(name), directory_hash);
}
