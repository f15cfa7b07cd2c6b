/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A shared segment's initialiser, which runs exactly once.
 *
 * Four processes open one segment; A and B may be killed at any step, and C's
 * initialiser fails when its turn comes. D is the last one standing.
 *
 *   segment word  EMPTY, INITIALISING(member), READY
 *   member word   0 or 1 (in use), changed by whoever holds the id's lock; a
 *                 death drops the lock. Who can lock a used id recovers its
 *                 member: INITIALISING(that id) goes back to EMPTY.
 *
 * Who turns EMPTY into INITIALISING(itself) zeroes the segment, runs the
 * initialiser and says READY, or EMPTY again where it failed. All others wait
 * for READY, and look whether the initialiser is dead.
 *
 * Mistakes, each of which must be found:
 *   NO_ZERO     a restart finds what the last initialiser left half-made
 *   EARLY_READY READY is said before the initialiser has run
 *   FAIL_READY  READY is said although it failed
 *   NO_SWAP     looking for EMPTY and storing INITIALISING are two steps
 *   NO_PROOF    a waiter takes over from an initialiser that may be alive
 *   NO_LOCK     two can recover one member at the same time
 *   NO_RESET    recovery doesn't look at the segment
 *   ANY_RESET   recovery makes the segment EMPTY whoever is initialising it
 *
 * What is checked: never two initialisers at a time; each begins with zeroes;
 * who opens the segment finds it initialised as a whole, by one run; nobody
 * waits for ever, and C alone is told of a failure.
 */
#define A 1
#define B 2
#define C 3
#define D 4

#define IDS   4
#define WORDS 2

#define EMPTY            0
#define INITIALISING(id) (id)		/* 1 to IDS */
#define READY            (IDS + 1)

byte word;
byte data[WORDS];
bool used[IDS + 1];		/* member words */
byte locked[IDS + 1];		/* by which process */

/* What the checks know and the code doesn't. */
bool ended[D + 1];
byte running;			/* initialisers at this moment */
byte opened;			/* how many have seen it READY */
bool ran_once_as_a_whole;	/* false, for the monitor to say */

chan kill[D + 1] = [0] of { bit };

#define COMPLETE (data[0] == 1 && data[1] == 1)

/* A step that can only be taken when something is wrong. */
active proctype monitor()
{
end:
	atomic {
		running > 1 || (word == READY && !COMPLETE) ->
			assert(ran_once_as_a_whole)
	}
}

/* --- members --- */

#define ID_FREE(i) (!used[i] && locked[i] == 0)

inline join_as(i)
{
	locked[i] = me;
	used[i] = true;
	id = i
}

/* Ids are used again: the first that is free. */
inline join()
{
	atomic {
		if
		:: ID_FREE(1) -> join_as(1)
		:: else ->
			if
			:: ID_FREE(2) -> join_as(2)
			:: else ->
				if
				:: ID_FREE(3) -> join_as(3)
				:: else -> join_as(4)
				fi
			fi
		fi
	}
}

inline leave()
{
	atomic { used[id] = false; locked[id] = 0; id = 0 }
}

/* --- initialising --- */

inline begin()
{
#ifdef NO_SWAP
	if
	:: word == EMPTY ->
		atomic { word = INITIALISING(id); running++; mine = true }
	:: else
	fi
#else
	atomic {
		if
		:: word == EMPTY ->
			word = INITIALISING(id);
			running++;
			mine = true
		:: else
		fi
	}
#endif
}

inline finish(state)
{
	atomic {
		if
		:: word == INITIALISING(id) -> word = state
		:: else
		fi;
		running--;
		mine = false
	}
}

inline zero()
{
#ifndef NO_ZERO
	data[0] = 0;
	data[1] = 0
#else
	skip
#endif
}

inline initialise()
{
	zero();
#ifdef EARLY_READY
	word = READY;
#endif
	atomic { assert(data[0] == 0 && data[1] == 0); data[0]++ };
	if
	:: me == C -> failed = true
	:: else -> data[1]++
	fi;
	if
#ifndef FAIL_READY
	:: failed -> finish(EMPTY)
#endif
	:: else -> finish(READY)
	fi
}

/* --- recovery --- */

#ifdef NO_LOCK
#define LOCK(i)   skip
#define UNLOCK(i) skip
#else
#define LOCK(i)   locked[i] = me
#define UNLOCK(i) locked[i] = 0
#endif

#define LOCK_DEAD(i) \
	atomic { word != READY && used[i] && locked[i] == 0 -> LOCK(i); who = i }

inline recover()
{
#ifndef NO_RESET
	atomic {
		if
#ifdef ANY_RESET
		:: word != READY -> word = EMPTY
#else
		:: word == INITIALISING(who) -> word = EMPTY
#endif
		:: else
		fi
	};
#endif
	atomic { used[who] = false; UNLOCK(who); who = 0 }
}

/* --- processes --- */

inline drop_lock(i)
{
	if
	:: locked[i] == me -> locked[i] = 0
	:: else
	fi
}

inline die()
{
	ended[me] = true;
	drop_lock(1);
	drop_lock(2);
	drop_lock(3);
	drop_lock(4);
	if
	:: mine -> running--
	:: else
	fi;
	mine = false;
	id = 0;
	who = 0
}

inline take_over()
{
#ifdef NO_PROOF
	atomic {
		word != EMPTY && word != READY ->
			word = INITIALISING(id); running++; mine = true
	};
	initialise()
#else
	false
#endif
}

proctype process(byte me)
{
	byte id, who;
	bool mine, failed;

	{
		join();
		do
		:: word == READY -> break
		:: word == EMPTY ->
			begin();
			if
			:: mine -> initialise()
			:: else
			fi;
			if
			:: failed -> break
			:: else
			fi
		:: LOCK_DEAD(1); recover()
		:: LOCK_DEAD(2); recover()
		:: LOCK_DEAD(3); recover()
		:: LOCK_DEAD(4); recover()
		:: take_over()
		od;
		if
		:: failed -> assert(me == C)
		:: else -> atomic { assert(COMPLETE); opened++ }
		fi;
		leave();
		atomic { die() }
	} unless {
		atomic { kill[me] ? 0 -> die() }
	}
}

active proctype killer()
{
end:
	do
	:: kill[A] ! 0
	:: kill[B] ! 0
	od
}

init
{
	atomic {
		run process(A);
		run process(B);
		run process(C);
		run process(D)
	};
	ended[A] && ended[B] && ended[C] && ended[D];
	assert(word == READY && opened > 0 && running == 0)
}
