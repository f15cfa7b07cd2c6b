/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The short way into calls that take some ten nanoseconds: a flag of the calling
 * thread's own in place of an RCU read-side critical section, which costs as much
 * as such a call does. Who would wait for a grace period waits for the flags, too:
 * ipcb_grace_period() stands for both.
 *
 *   reader                           who closes
 *   R1 inside = 1                    G1 the way in is shut
 *   R2 fence                         G2 fence, in all threads of the process
 *   R3 is the way in open?           G3 until inside was 0 once, or looks went
 *   W  looks + 1, release               on by two
 *   R4 inside = 0, release
 *
 * R2 and G2 forbid that R3 sees an open way and G3 a thread outside: a reader that
 * gets in has been seen, one that comes later gets -EBADF the long way. R2 is for the
 * compiler alone where membarrier(2) makes G2 a fence of every thread, and for the
 * processor with IPCB_ALWAYS_FENCES. Where a kernel lacks that call there are no flags,
 * and all calls go the long way.
 *
 * W is done where a call finds nothing to receive, once in it. Who waits for records is
 * outside for moments only, and whoever looks at inside now and then could miss them for
 * long. If looks, read after G2, has gone on by two since, then the first W came after G2,
 * or it would have been read; the second is that of a later call. So the call of the first
 * one is over, and the later one has its R3 after G2, and has found the way in shut.
 *
 * The way into a channel are its handle's pointers to the short ways. That into a
 * region is the thread's own last_region: while it names a region, that is open for
 * writing, and the thread's cache there is last_cache; one comparison stands for all
 * that. It is set within a read-side critical section that has seen the region open,
 * so that who closes can shut it once such sections are over: nobody sets it anew.
 *
 * Nothing in such a call sleeps, calls the program, or enters again.
 *
 * A thread's flag is never given back to malloc: one whose thread ended without
 * notice is 0, and in nobody's way.
 */
#ifndef IPCB_READER_H
#define IPCB_READER_H

#include "atomic.h"
#include "rcu.h"
#include "util.h"

struct ipcb_cache;
struct ipcbuf_region;

/*
 * Its thread's own, but for @inside and @looks, which others read, and the end of
 * last_region.
 */
struct ipcb_reader {
	uint32_t inside;
	uint32_t looks;			/* modulo 2^32 */
	uint32_t taken;			/* by reader.c's mutex */
	struct ipcbuf_region *last_region; /* ipcb_no_region: none */
	struct ipcb_cache *last_cache;
	struct ipcb_reader *next;	/* constant */
} __attribute__((aligned(128)));

/* Nobody's handle: has no heap, and is never open. */
extern struct ipcbuf_region ipcb_no_region;

/* The calling thread's; NULL before ipcb_reader_join(), and where that failed. */
extern __thread struct ipcb_reader *ipcb_reader;

/* R1 and R2 */
static ipcb_always_inline void ipcb_reader_enter(struct ipcb_reader *reader)
{
	ipcb_store_relaxed(&reader->inside, 1);
	if (IPCB_ALWAYS_FENCES)
		ipcb_fence_full();
	else
		ipcb_fence_compiler();
}

/* R4. Release: pairs with the acquire of G3. */
static inline void ipcb_reader_leave(struct ipcb_reader *reader)
{
	ipcb_store_release(&reader->inside, 0);
}

/* W. Release: pairs with the acquire of G3. */
static inline void ipcb_reader_look(struct ipcb_reader *reader)
{
	ipcb_store_release(&reader->looks, reader->looks + 1);
}

/* Gives the calling thread a flag. Called where a call went the long way. */
void ipcb_reader_join(void);

/* Inside, in a read-side critical section: the calling thread's last region. */
void ipcb_reader_note(struct ipcbuf_region *region, struct ipcb_cache *cache);

/* The calling thread's last region is none, for now. */
void ipcb_reader_forget(void);

/*
 * G2 and G3, and a grace period of RCU: who was inside when it was called isn't any
 * more. @closed: a region that nobody gets into the long way any more, and from now
 * on not the short way either; or NULL. Outside, without a lock that is taken inside.
 */
void ipcb_grace_period(struct ipcbuf_region *closed);

/* process.c: once; around fork(). 0 or -ENOMEM. */
int ipcb_reader_init(void);
void ipcb_reader_fork_prepare(void);
void ipcb_reader_fork_parent(void);
void ipcb_reader_fork_child(void);

#endif
