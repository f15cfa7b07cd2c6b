/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The accounts: memory of the supervisor's own, shared with its workers, aside
 * from the region. Who is killed leaves in it a prefix of his stores.
 *
 * A lane is a channel that stays for the whole run. At any time one process
 * at the most has its producer's end, and one its consumer's; their successors
 * go on where the accounts say. Its records are numbered from 1, and each
 * number has a fate:
 *
 *   UNSURE    written before the send begins
 *   SENT      the send has said so
 *   FAILED    the send has failed, and the record is the sender's still
 *   RECEIVED  the consumer has seen it
 *
 * Who sent in vain uses the number again. A producer that dies leaves what it
 * had not settled as it is, and its successor goes on behind @begun: such
 * numbers may or may not arrive. @taken says up to which number records came,
 * and, from before a receive until its records have been seen to, how many it
 * may have taken: so many may be missing if the consumer dies. What a consumer
 * finds when number n comes after number m:
 *
 *   n <= m                         wrong: twice, or out of order
 *   n FAILED, or RECEIVED          wrong: it can't have come
 *   m < q < n, q of n's own batch  lost: a batch is sent from its first on
 *   m < q < n, q SENT or RECEIVED  lost
 *   m < q < n, otherwise           a dead producer's; nothing is wrong
 *
 * More numbers lost than dead consumers may have taken since m: wrong. The same
 * is asked of what is behind the last record in the end.
 */
#ifndef SOAK_LEDGER_H
#define SOAK_LEDGER_H

#include "soak.h"

#define LANES_PER_WORKER 2u
#define LANES_MAX	 (WORKERS_MAX * LANES_PER_WORKER)
#define BATCH_MAX	 16u
#define DEPTH_MAX	 256u
/* Numbers of a lane that are between @taken and @begun, at the most. */
#define FATES		 2048u
#define THREADS_MAX	 8u

struct ledger_lane {
	/* Set before the first worker. */
	uint32_t producer;		/* worker slots */
	uint32_t consumer;
	uint32_t depth_slots;
	uint32_t reserved;
	uint64_t begun;			/* producer */
	uint64_t taken;			/* consumer: number << 16 | asked for */
	uint64_t fates[FATES];		/* number << 2 | fate; both */
};

/* What a thread is about; written by it, and cleared when its process died. */
enum ledger_doing {
	DOING_NOTHING,			/* there is no such thread */
	DOING_OPEN,
	DOING_SEND,
	DOING_RECEIVE,
	DOING_HOARD,
	DOING_WILD,
	DOING_SEGMENT,
	DOING_LOOK,
	DOING_TIDY,
	DOING_END,
};

struct ledger_cell {
	uint32_t doing;			/* enum ledger_doing */
	uint32_t lane;			/* of a send or receive */
	int32_t tid;
	uint32_t reserved;
	uint64_t beats;			/* raised with everything it begins */
};

enum ledger_count {
	COUNT_RECORDS,			/* received over lanes and seen to */
	COUNT_BYTES,
	COUNT_FORWARDS,
	COUNT_WILD,			/* records over channels that come and go */
	COUNT_CHANNELS,			/* such channels opened */
	COUNT_SEGMENTS,
	COUNT_HOARDED,
	COUNT_FULL,			/* allocations that failed */
	COUNT_THREADS,
	COUNT_CANCELLED,
	COUNT_OPENS,
	COUNT_MOVED,			/* opens at another address than the last */
	COUNT_TIMEOUTS,			/* calls held up by a stopped process */
	COUNT_BURNED,			/* numbers of dead producers' that came not */
	COUNT_LOST,			/* records that dead consumers had taken */
	COUNT_ALL,
};

struct ledger {
	uint32_t finish;		/* supervisor: workers are to end */
	uint32_t lanes;
	uint32_t violations;		/* all */
	uint32_t reserved;
	uint64_t last_base;		/* all: where the region was mapped last */
	uint64_t wild_number;		/* all */
	uint64_t counts[COUNT_ALL];	/* all */
	struct ledger_cell cells[WORKERS_MAX][THREADS_MAX];
	struct ledger_lane lane[LANES_MAX];
};

/* NULL and errno. The lanes are shared out by @seed. */
struct ledger *ledger_new(unsigned int workers, uint64_t seed);

static inline void ledger_count(struct ledger *ledger, enum ledger_count which,
				uint64_t n)
{
	__atomic_fetch_add(&ledger->counts[which], n, __ATOMIC_RELAXED);
}

/* Something is wrong: said at once, counted, and the end of this process. */
__attribute__((format(printf, 2, 3)))
_Noreturn void ledger_wrong(struct ledger *ledger, const char *format, ...);

/* The cell's thread begins something. */
void cell_beat(struct ledger_cell *cell, enum ledger_doing doing,
	       uint32_t lane);

/*
 * The producer's side. ledger_begin() gives the first of @count numbers, or 0
 * where too many are open; ledger_settle() says that @sent of them went.
 */
uint64_t ledger_begin(struct ledger_lane *lane, unsigned int count);
void ledger_settle(struct ledger *ledger, struct ledger_lane *lane,
		   uint64_t first, unsigned int count, unsigned int sent);

/*
 * The consumer's side. @carry is how many records the dead before it may have
 * taken: ledger_carry() when it comes, 0 after the first record.
 */
uint64_t ledger_carry(const struct ledger_lane *lane);
void ledger_ask(struct ledger_lane *lane, uint64_t carry, uint64_t count);
/* @number, of a batch from @first, came; @more are still to be seen to. */
void ledger_came(struct ledger *ledger, struct ledger_lane *lane,
		 uint64_t *carry, uint64_t number, uint64_t first,
		 uint64_t more);
/* No more comes. */
void ledger_end(struct ledger *ledger, struct ledger_lane *lane);

/* Is there a record that was sent for sure and isn't received; is there room? */
bool ledger_has_record(const struct ledger_lane *lane);
bool ledger_has_room(const struct ledger_lane *lane);

#endif
