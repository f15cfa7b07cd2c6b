/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A producer that leaves hands the record in its window over to CHANNEL, while
 * another thread of the same member allocates and frees, the consumer receives
 * and frees, and the member may be killed between any two steps. (ring.pml has
 * members of one thread.)
 *
 *   own word    FREE, MEMBER, LEAVING (the member's, on its way to CHANNEL),
 *               CHANNEL, CONSUMER
 *   tail        0: the record is in the window; 1: it has been received
 *
 * Handing over: MEMBER to LEAVING by compare-and-swap, look at tail, and then
 * LEAVING to CHANNEL, or back where the consumer had taken the record before:
 * then another thread has the block again. Recovery does the same for a dead
 * member, from MEMBER or LEAVING, and then sweeps both.
 *
 * With FORWARD the consumer doesn't free the record but sends it back, over
 * another channel, whose consumer is that other thread: the window of that one
 * holds a record that its dead consumer had sent itself, and whose word says
 * LEAVING where the death came at the right moment.
 *
 * Mistakes, each of which must be found:
 *   NO_MARK      straight to CHANNEL, and back
 *   NO_LOOK      LEAVING becomes CHANNEL wherever the record is
 *   PLAIN_STORE  the last step is a store, not a compare-and-swap
 *   NO_RESUME    recovery hands over what says MEMBER, not LEAVING
 *   NO_SWEEP     the sweep leaves LEAVING alone
 *   LATE_TAIL    the consumer frees the block before it publishes the tail
 *   NO_REPAIR    (FORWARD) what the dead consumer has taken is told by MEMBER,
 *                not by LEAVING
 *
 * What is checked: the consumer finds the record its own to take, whatever
 * happens; in the end the block is free.
 */
mtype = { FREE, MEMBER, LEAVING, CHANNEL, CONSUMER };

#define ROUNDS 2

mtype own = MEMBER;
byte tail;
bool sent_back;		/* FORWARD: published in the other channel */
byte tail_back;
bool killed, recovered, left, worked, received;

#define SWAP(old, new) if :: own == old -> own = new :: else fi

#ifdef PLAIN_STORE
#define FINISH(new) own = new
#else
#define FINISH(new) SWAP(LEAVING, new)
#endif

#ifdef NO_MARK
#define MARK CHANNEL
#else
#define MARK LEAVING
#endif

#ifdef NO_LOOK
#define TAKEN(seen) false
#else
#define TAKEN(seen) (seen == 1)
#endif

/* A thread of the member: its next step, unless it has been killed. */
#define STEP(what)						\
	if							\
	:: atomic { killed -> goto dead }			\
	:: atomic { !killed -> what }				\
	fi

proctype leaver()
{
	byte seen;
	bool marked;

	STEP(if :: own == MEMBER -> own = MARK; marked = true
		:: else fi);
	if
	:: marked ->
		STEP(seen = tail);
#ifdef NO_MARK
		STEP(if :: seen == 1 -> SWAP(CHANNEL, MEMBER) :: else fi)
#else
		STEP(if :: TAKEN(seen) -> FINISH(MEMBER)
			:: else -> FINISH(CHANNEL) fi)
#endif
	:: else
	fi;
dead:
	left = true
}

#ifdef FORWARD
/* Own, then tail, then it is free. */
proctype worker()
{
	STEP(sent_back);
	STEP(assert(own == CONSUMER); own = MEMBER);
	STEP(tail_back = 1);
	STEP(own = FREE);
dead:
	worked = true
}
#else
/* Takes the block when it is free, and frees it again. */
proctype worker()
{
	byte rounds;
	bool has;

	do
	:: atomic { killed -> goto dead }
	:: atomic { !killed && !has && rounds < ROUNDS && own == FREE ->
			own = MEMBER; has = true; rounds++ }
	:: atomic { !killed && has -> own = FREE; has = false }
	:: atomic { !killed && !has -> break }
	od;
dead:
	worked = true
}
#endif

proctype consumer()
{
	assert(tail == 0);
	assert(own == MEMBER || own == LEAVING || own == CHANNEL);
	own = CONSUMER;
#if defined(FORWARD)
	tail = 1;
	sent_back = true;
#elif defined(LATE_TAIL)
	own = FREE;
	tail = 1;
#else
	tail = 1;
	own = FREE;
#endif
	received = true
}

proctype killer()
{
	if
	:: killed = true
	:: skip
	fi
}

#ifdef NO_REPAIR
#define WAS_MINE (own == MEMBER)
#else
#define WAS_MINE (own == MEMBER || own == LEAVING)
#endif

proctype recoverer()
{
	byte seen;
	bool marked;

end:
	killed && left && worked;
#ifdef FORWARD
	atomic {
		if
		:: sent_back && tail_back == 0 && WAS_MINE -> tail_back = 1
		:: else
		fi
	};
#endif
	seen = tail;
	if
	:: seen == 0 ->
		atomic {
			if
			:: own == MEMBER -> own = LEAVING; marked = true
#ifndef NO_RESUME
			:: own == LEAVING -> marked = true
#endif
			:: else
			fi
		};
		if
		:: marked ->
			seen = tail;
			atomic {
				if
				:: TAKEN(seen) -> FINISH(MEMBER)
				:: else -> FINISH(CHANNEL)
				fi
			}
		:: else
		fi
	:: else
	fi;
	atomic { SWAP(MEMBER, FREE) };
#ifndef NO_SWEEP
	atomic { SWAP(LEAVING, FREE) };
#endif
	recovered = true
}

init {
	atomic {
		run leaver();
		run worker();
		run consumer();
		run killer();
		run recoverer()
	};
	received && left && worked && (!killed || recovered);
	if
	:: sent_back && tail_back == 0 ->	/* the next consumer's */
		assert(killed && own == CONSUMER);
		own = FREE
	:: else
	fi;
	assert(own == FREE)
}
