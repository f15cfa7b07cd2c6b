/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What ipcbuf is measured beside: a peer is a table of operations, ipcbuf's own
 * included, so that the same loops with the same indirect calls measure all.
 *
 * A peer other than ipcbuf, libc and what the kernel has is a shared object of
 * its own, PEER_DIRECTORY/NAME.so, that exports bench_peer(); so what one needs
 * (a C++ or Rust runtime, a daemon) is loaded only into the processes that
 * measure it. C and C++ understand this file, and Rust can be told of it.
 *
 * A link has two ends, A and B, and carries records both ways. What open() of A
 * does is done before open() of B begins; then both call settle(). Each end is
 * used by one thread. Functions return 0 or a negative errno value.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PEER_ABI 1u

enum peer_flag {
	PEER_COPIES  = 1,	/* bytes are copied on the way */
	PEER_THREADS = 2,	/* two threads: it can't do two processes here */
	PEER_RESENDS = 4,	/* what was received can be sent again as it is */
	PEER_NO_HEAP = 8,	/* carries records; what they are allocated from
				   is no part of it, and not to be measured */
};

/**
 * struct peer_setup - what a link is wanted for; the same in both roles.
 * @name:         for whatever the peer names in the system; of a-z, 0-9 and -,
 *                at most 40 characters, new for each link
 * @depth:        records that may be under way in one direction: a power of two
 * @record_bytes: the largest record that will be
 * @live_records: how many may be alive at once, those under way included
 * @shared:       zeroed memory that both roles have, at different addresses
 *                where they are processes, for a peer that keeps to offsets
 * @role:         0: A, 1: B
 */
struct peer_setup {
	const char *name;
	uint64_t depth;
	uint64_t record_bytes;
	uint64_t live_records;
	void *shared;
	uint64_t shared_bytes;
	int role;
};

struct peer_end;

/**
 * struct peer - one way to hand over records, or to allocate memory.
 * @abi:          PEER_ABI
 * @name:         short, in the scenarios' names
 * @what:         with its version; what the tables' reader should know of it
 * @flags:        enum peer_flag
 * @depth_max:    of a link; 0: any
 * @record_max:   bytes; 0: any
 * @shared_bytes: how much of peer_setup.shared it needs for a setup; NULL: none
 * @open:         -ENOPKG: it isn't there on this machine; -EOPNOTSUPP: it is,
 *                and can't do this setup (so large, so many, so deep)
 * @settle:       both ends are open: names can be removed; may be NULL
 * @close:        leaves nothing in the system
 * @alloc:        a record to write, of @bytes
 * @try_send:     hands it over: it is the sender's no more; -EAGAIN: full, and
 *                it still is
 * @try_recv:     a record to read, of any alignment, valid until free() or a
 *                try_send() of it; -EAGAIN: none
 * @free:         of what alloc() or try_recv() gave
 * @send, @recv:  the same, asleep until it can be done; NULL: no such thing
 *
 * A peer without try_send() is an allocator: only alloc() and free() count, and
 * only A has an end.
 */
struct peer {
	uint32_t abi;
	uint32_t flags;
	const char *name;
	const char *what;
	uint64_t depth_max;
	uint64_t record_max;
	uint64_t (*shared_bytes)(const struct peer_setup *setup);
	int (*open)(const struct peer_setup *setup, struct peer_end **ret_end);
	int (*settle)(struct peer_end *end);
	void (*close)(struct peer_end *end);
	int (*alloc)(struct peer_end *end, size_t bytes, void **ret_record);
	int (*try_send)(struct peer_end *end, void *record, size_t bytes);
	int (*try_recv)(struct peer_end *end, void **ret_record);
	void (*free)(struct peer_end *end, void *record);
	int (*send)(struct peer_end *end, void *record, size_t bytes);
	int (*recv)(struct peer_end *end, void **ret_record);
};

/* What a peer's shared object exports. */
const struct peer *bench_peer(void);

#ifdef __cplusplus
}
#endif

#endif
