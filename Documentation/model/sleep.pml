/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Sleeping and waking at a record ring, on processors that delay stores.
 *
 * A producer publishes MESSAGES records in a ring of two slots, a consumer
 * takes them. The consumer sleeps while the ring is empty, the producer while
 * it is full; each has a wait word of its own, and both follow one protocol:
 *
 *   waiter                          waker
 *   W1 waiting = 1                  K1 publish (a slot, or the tail)
 *   W2 heavy fence                  K2 light fence
 *   W3 look again                   K3 waiting == 1 ?
 *   W4 nothing there: sleep         K4 exchange it for 0; it was 1: wake
 *   W5 exchange waiting for 0
 *
 * W5 ends every round, slept or not; another round begins with W1. Each side's
 * stores go through a store buffer that reaches memory later, in order
 * (x86-TSO): a fence waits until it is empty, an exchange as well. System calls
 * are not taken for fences. A sleep may time out, but not for ever.
 *
 * Variants:
 *   (none)      sleep on a futex: compared with 1 and put to sleep in one step
 *   SEM         sleep on a semaphore: a wakeup is a token that stays. Before W1
 *               the waiter claims one of a pool, empties it, and writes beside
 *               its wait word which one it is; after W5 it gives it back, so
 *               that a late waker's token may come to somebody else
 *   MEMBARRIER  the heavy fence empties the buffers of both sides, the light
 *               fence is none
 *
 * Mistakes, each of which must be found:
 *   NO_LIGHT_FENCE  no K2
 *   NO_HEAVY_FENCE  no W2
 *   LOCAL_FENCE     MEMBARRIER, but W2 empties the waiter's buffer alone
 *   NO_SECOND_LOOK  no W3
 *   LATE_FLAG       W3 before W1
 *   SLEEP_ON        woken with nothing there: to W4 again, without W1
 *   WAKE_FIRST      K2 to K4 before K1
 *   WAKE_PER_BATCH  a batch wakes after its first record, not after its last
 *   NO_WAKE_FULL    the consumer doesn't wake a producer
 *   PLAIN_RESET     K4 stores 0 instead of exchanging
 *   NO_COMPARE      the futex sleeps whatever its word says
 *   LATE_EMPTY      the semaphore is emptied after W1
 *   LATE_SLOT       which semaphore it is, is written after W1
 *
 * What is checked: no side sleeps for ever (an invalid end state), records
 * arrive once, in order, and none is overwritten before it was taken.
 */
#define MESSAGES 6
#define SLOTS    2
#define BUFFERED 3	/* stores that can be under way at once, a side */

#define PRODUCER 0
#define CONSUMER 1

/* Memory: the slots, the tail, the two wait objects, the pool's claims. */
#define SLOT(i)       ((i) % SLOTS)
#define TAIL          SLOTS
#define WAITING(side) (SLOTS + 1 + (side))
#define SEMAPHORE(side) (SLOTS + 3 + (side))	/* 0, or 1 + which */
#define CLAIM(which)  (SLOTS + 5 + (which))
#define WORDS         (SLOTS + 7)

/* A slot holds a payload (its number) and a lap, 1 or 2; 0 is empty. */
#define LAP(i)      (1 + ((i) / SLOTS) % 2)
#define RECORD(i)   (LAP(i) * 16 + (i))
#define LAP_OF(w)   ((w) / 16)
#define VALUE_OF(w) ((w) % 16)

byte memory[WORDS];
byte address[2 * BUFFERED];	/* store buffers, the oldest entry first */
byte value[2 * BUFFERED];
byte stores[2];

bool asleep[2];			/* sides in their futexes */
byte tokens[2];			/* semaphores of the pool */
byte deadlines[2] = 1;		/* how often a sleep may still time out */

hidden byte k;

/* --- the processor --- */

inline store(me, where, what)
{
	atomic {
		stores[me] < BUFFERED;
		address[me * BUFFERED + stores[me]] = where;
		value[me * BUFFERED + stores[me]] = what;
		stores[me]++
	}
}

/* A side sees its own stores at once. */
inline load(me, where, ret)
{
	d_step {
		ret = memory[where];
		k = 0;
		do
		:: k < stores[me] ->
			if
			:: address[me * BUFFERED + k] == where ->
				ret = value[me * BUFFERED + k]
			:: else
			fi;
			k++
		:: else -> break
		od
	}
}

inline exchange(me, where, what, ret)
{
	atomic {
		stores[me] == 0;
		ret = memory[where];
		memory[where] = what
	}
}

inline fence(side)
{
	stores[side] == 0
}

inline reach_memory(side)
{
	d_step {
		stores[side] > 0;
		memory[address[side * BUFFERED]] = value[side * BUFFERED];
		stores[side]--;
		k = 0;
		do
		:: k < stores[side] ->
			address[side * BUFFERED + k] =
				address[side * BUFFERED + k + 1];
			value[side * BUFFERED + k] =
				value[side * BUFFERED + k + 1];
			k++
		:: else -> break
		od;
		address[side * BUFFERED + k] = 0;
		value[side * BUFFERED + k] = 0
	}
}

active proctype processor()
{
end:
	do
	:: reach_memory(PRODUCER)
	:: reach_memory(CONSUMER)
	od
}

/* --- the protocol --- */

inline heavy_fence(me)
{
#ifdef NO_HEAVY_FENCE
	skip
#elif defined(MEMBARRIER) && !defined(LOCAL_FENCE)
	fence(me);
	fence(1 - me)
#else
	fence(me)
#endif
}

inline light_fence(me)
{
#if defined(NO_LIGHT_FENCE) || defined(MEMBARRIER)
	skip
#else
	fence(me)
#endif
}

/* A compare-and-swap of the first claim that is free; there is one a side. */
inline claim_semaphore(me)
{
	atomic {
		stores[me] == 0;
		if
		:: memory[CLAIM(0)] == 0 -> slot = 0
		:: else -> slot = 1
		fi;
		assert(memory[CLAIM(slot)] == 0);
		memory[CLAIM(slot)] = 1 + me
	}
}

inline set_semaphore(me)
{
#ifdef SEM
	store(me, SEMAPHORE(me), 1 + slot)
#else
	skip
#endif
}

inline empty_semaphore()
{
#ifdef SEM
	tokens[slot] = 0
#else
	skip
#endif
}

/* W1 and W2 */
inline begin(me)
{
#ifdef SEM
	claim_semaphore(me);
#endif
#ifndef LATE_EMPTY
	empty_semaphore();
#endif
#ifndef LATE_SLOT
	set_semaphore(me);
#endif
	store(me, WAITING(me), 1);
#ifdef LATE_EMPTY
	empty_semaphore();
#endif
#ifdef LATE_SLOT
	set_semaphore(me);
#endif
	heavy_fence(me)
}

/* W4: until woken, or needn't sleep, or the deadline is past. */
inline sleep(me)
{
#ifdef SEM
	if
	:: atomic { tokens[slot] > 0 -> tokens[slot]-- }
	:: atomic { deadlines[me] > 0 -> deadlines[me]-- }
	fi
#else
	atomic {
		load(me, WAITING(me), word);
#ifdef NO_COMPARE
		word = 1;
#endif
		if
		:: word == 1 -> asleep[me] = true
		:: else
		fi;
		word = 0
	};
	if
	:: !asleep[me]
	:: atomic {
		asleep[me] && deadlines[me] > 0 ->
			asleep[me] = false;
			deadlines[me]--
	   }
	fi
#endif
}

/* W5 */
inline end_round(me)
{
	exchange(me, WAITING(me), 0, word);
#ifdef SEM
	store(me, SEMAPHORE(me), 0);
	store(me, CLAIM(slot), 0);
	slot = 0;
#endif
	word = 0
}

inline rouse(me, peer)
{
#ifdef SEM
	load(me, SEMAPHORE(peer), word);
	if
	:: word > 0 -> tokens[word - 1]++
	:: else
	fi
#else
	asleep[peer] = false
#endif
}

/* K2 to K4 */
inline wake(me, peer)
{
	light_fence(me);
	load(me, WAITING(peer), word);
	if
	:: word == 1 ->
#ifdef PLAIN_RESET
		store(me, WAITING(peer), 0);
#else
		exchange(me, WAITING(peer), 0, word);
#endif
		if
		:: word == 1 -> rouse(me, peer)
		:: else
		fi
	:: else
	fi;
	word = 0
}

#ifdef NO_SECOND_LOOK
#define LOOK_AGAIN(me, where, seen) skip
#else
#define LOOK_AGAIN(me, where, seen) load(me, where, seen)
#endif

/*
 * One round of waiting for what is at @where, last read into @seen, to make
 * @there true.
 */
#ifdef LATE_FLAG
#define WAIT(me, where, seen, there)	\
	LOOK_AGAIN(me, where, seen);	\
	begin(me);			\
	SLEEP(me, where, seen, there);	\
	end_round(me)
#else
#define WAIT(me, where, seen, there)	\
	begin(me);			\
	LOOK_AGAIN(me, where, seen);	\
	SLEEP(me, where, seen, there);	\
	end_round(me)
#endif

#ifdef SLEEP_ON
#define SLEEP(me, where, seen, there)	\
	do				\
	:: there -> break		\
	:: else -> sleep(me); load(me, where, seen) \
	od
#else
#define SLEEP(me, where, seen, there)	\
	if				\
	:: there			\
	:: else -> sleep(me)		\
	fi
#endif

#define ROOM (head - tail < SLOTS)

active proctype producer()
{
	byte word, slot, head, tail;

	do
	:: head == MESSAGES -> break
	:: else ->
		load(PRODUCER, TAIL, tail);
		if
		:: ROOM
		:: else ->
			WAIT(PRODUCER, TAIL, tail, ROOM);
			goto again
		fi;
#ifdef WAKE_FIRST
		wake(PRODUCER, CONSUMER);
#endif
#ifdef WAKE_PER_BATCH
		store(PRODUCER, SLOT(head), RECORD(head));
		head++;
		wake(PRODUCER, CONSUMER);
		goto more;
#endif
publish:
		store(PRODUCER, SLOT(head), RECORD(head));
		head++;
more:
		if
		:: head < MESSAGES && ROOM -> goto publish
		:: true
		fi;
#if !defined(WAKE_FIRST) && !defined(WAKE_PER_BATCH)
		wake(PRODUCER, CONSUMER);
#endif
again:
		skip
	od
}

#define THERE (LAP_OF(seen) == LAP(tail))

active proctype consumer()
{
	byte word, slot, seen, tail;

	do
	:: tail == MESSAGES -> break
	:: else ->
		load(CONSUMER, SLOT(tail), seen);
		if
		:: THERE
		:: else ->
			WAIT(CONSUMER, SLOT(tail), seen, THERE);
			goto again
		fi;
take:
		assert(VALUE_OF(seen) == tail);
		tail++;
		store(CONSUMER, TAIL, tail);
		load(CONSUMER, SLOT(tail), seen);
		if
		:: tail < MESSAGES && THERE -> goto take
		:: true
		fi;
#ifndef NO_WAKE_FULL
		wake(CONSUMER, PRODUCER);
#endif
again:
		seen = 0
	od
}
