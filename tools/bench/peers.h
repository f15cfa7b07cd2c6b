/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Which peers there are. Those of this program are tables in it; of the others
 * the main process knows but what a child that loaded them said about them.
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "peer.h"

#include <stdbool.h>

#define PEERS_MAX 64u

/**
 * struct peer_info - a peer, before it is loaded.
 * @table:   NULL: it is in @path
 * @heap:    it allocates, and that is worth measuring
 * @link:    it carries records
 * @sleeps:  it can wait asleep
 * @absent:  why it can't be loaded, or ""
 */
struct peer_info {
	const struct peer *table;
	char path[256];
	char name[32];
	char what[200];
	char absent[160];
	uint32_t flags;
	uint64_t depth_max;
	uint64_t record_max;
	bool heap;
	bool link;
	bool sleeps;
};

struct peers {
	struct peer_info peers[PEERS_MAX];
	unsigned int count;
};

/*
 * All that are in the program, and in @folder, or in the usual places where
 * that is NULL. -ENOENT: there is no such folder; -E2BIG.
 */
int peers_find(const char *folder, struct peers *ret_peers);

/* Into the calling process, to stay; -ENOPKG: it isn't there. */
int peers_load(const struct peer_info *info, const struct peer **ret_peer);

/* Those in this program. */
extern const struct peer peer_ipcbuf;
extern const struct peer peer_libc;
extern const struct peer peer_pipe;
extern const struct peer peer_socket;
extern const struct peer peer_mqueue;

#endif
