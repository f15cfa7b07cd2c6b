/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A record ring, its blocks' own words, and recovery after deaths.
 *
 * Four processes share BLOCKS blocks and a ring of two slots: A begins as the
 * producer, B as the consumer; X and Y recover the dead and take over an end
 * that has become vacant. A, B and X may be killed between any two steps, each
 * once: as producer, as consumer, as recoverer. Memory is sequentially
 * consistent: a kill leaves a prefix of the victim's stores (sleep.pml is
 * where their delay matters). Each process is one thread: what others of the
 * same member do while it leaves or recovers isn't looked at here.
 *
 *   own word    FREE, a member id, or CHANNEL (sent by one who has left)
 *   member word 0 or 1 (in use), changed by whoever holds the id's lock; a
 *               death drops the lock, so who can lock a used id has found
 *               a dead member, and is the only one to recover it. An id is
 *               free for anyone once recovered.
 *   slot        empty, or block and lap: the only publication
 *
 * Mistakes, each of which must be found:
 *   TAIL_FIRST      recv publishes the tail before it takes the own word
 *   NO_LAP          recv doesn't look at the lap
 *   EARLY_OWN       recv reads who the producer is after the own word, and
 *                   doesn't read the own word again
 *   NO_CONVERT      recovery of a producer leaves own words in the window to
 *                   the sweep
 *   LATE_CONVERT    recovery sweeps before it converts the window
 *   LEAVE_AS_IS     a producer that leaves doesn't convert the window
 *   PLAIN_CONVERT   converting by a store, not by compare-and-swap
 *   NO_REPAIR       recovery of a consumer doesn't look at the tail
 *   LATE_REPAIR     recovery sweeps before it repairs the tail
 *   NO_SWEEP        recovery doesn't sweep
 *   NO_LOCK         two can recover one member at the same time
 *   EARLY_ID        an id is free for others before it has been swept
 *   HEAD_IS_TAIL    a new producer takes the tail for the head
 *
 * What is checked: a block in the window is nowhere else; records arrive at
 * most once and in order, all of them unless a consumer died; no own word
 * changes under its holder; nobody is stuck; in the end all blocks are free.
 */
#define BLOCKS   3
#define SLOTS    2
#define MESSAGES 3

/* Processes. */
#define A 1
#define B 2
#define X 3
#define Y 4

/* Own words: FREE, or a member id, 1 to IDS, or CHANNEL. */
#define IDS     3
#define FREE    0
#define CHANNEL 15

#define LAP(i)       (1 + ((i) / SLOTS) % 2)
#define WORD(i, blk) (LAP(i) * 4 + (blk))
#define LAP_OF(w)    ((w) / 4)
#define BLOCK_OF(w)  ((w) % 4)

byte own[BLOCKS];
byte slot[SLOTS];
byte tail;
byte producer_end, consumer_end;	/* 0, or the id that is attached */
bool used[IDS + 1];			/* member words */
byte locked[IDS + 1];			/* by which process */

/* What the checks know and the code doesn't. */
byte content[BLOCKS];			/* 1 + the message in it, 0: none */
byte published;
byte got;				/* a bit for each message */
bool ended[Y + 1];
bool consumer_lost;
bool window_is_sound;			/* false, for the monitor to say */

chan kill[Y + 1] = [0] of { bit };

#define ALL_GONE (!used[1] && !used[2] && !used[3])
#define OVER     (published == MESSAGES && tail == MESSAGES)

/* The window: what has been published and not yet received. */
#define IN_WINDOW(i) (tail <= (i) && (i) < published)
#define HOLDS(i)     (LAP_OF(slot[(i) % SLOTS]) == LAP(i))
#define BLOCK_AT(i)  BLOCK_OF(slot[(i) % SLOTS])
#define OWN_AT(i)    own[BLOCK_AT(i)]
#define SOUND(i)						\
	(!IN_WINDOW(i) ||					\
	 (HOLDS(i) && content[BLOCK_AT(i)] == 1 + (i) &&	\
	  (OWN_AT(i) == CHANNEL ||				\
	   (OWN_AT(i) != FREE &&				\
	    (OWN_AT(i) == producer_end ||			\
	     OWN_AT(i) == consumer_end)))))

/* A step that can only be taken when something is wrong. */
active proctype monitor()
{
end:
	atomic {
		!(SOUND(0) && SOUND(1) && SOUND(2) &&
		  tail <= published && published - tail <= SLOTS) ->
			assert(window_is_sound)
	}
}

/*
 * Each atomic or d_step below has one access to shared memory; the rest of it
 * is private to the process, or belongs to the checks.
 */

inline swap_own(blk, old, new)
{
	if
	:: own[blk] == old -> own[blk] = new
	:: else
	fi
}

/* --- members --- */

/*
 * Lock and member word change in one step, here and in recovery: nobody can
 * do anything with an id between the two, and a death there drops the lock.
 */
#define ID_FREE(i)  (!used[i] && locked[i] == 0)
#define ID_LEFT     (ID_FREE(1) || ID_FREE(2) || ID_FREE(3))

inline join(i)
{
	locked[i] = me;
	used[i] = true;
	id = i
}

inline join_when(wanted)
{
	atomic {
		wanted && ID_LEFT ->
			if
			:: ID_FREE(1) -> join(1)
			:: ID_FREE(2) -> join(2)
			:: ID_FREE(3) -> join(3)
			fi
	}
}

inline leave_region()
{
	d_step { used[id] = false; locked[id] = 0; id = 0 }
}

/* --- producer --- */

#ifdef PLAIN_CONVERT
#define CONVERT(blk, who)					\
	if							\
	:: own[blk] == who ->					\
		d_step { own[blk] = CHANNEL; at++; blk = 0 }	\
	:: atomic { else -> at++; blk = 0 }			\
	fi
#else
#define CONVERT(blk, who) \
	d_step { swap_own(blk, who, CHANNEL); at++; blk = 0 }
#endif

inline convert_window(who)
{
	d_step { at = tail; last = at + SLOTS };
	do
	:: atomic { at < last && HOLDS(at) -> blk = BLOCK_AT(at) };
		CONVERT(blk, who)
	:: atomic { else -> at = 0; last = 0; break }
	od
}

/* The first place in which nothing has been published yet. */
inline find_head()
{
	d_step { at = tail; last = at + SLOTS };
#ifdef HEAD_IS_TAIL
	last = at;
#endif
	do
	:: atomic { at < last && HOLDS(at) -> at++ }
	:: atomic { else -> last = 0; break }
	od
}

#define ROOM     (at < MESSAGES && at - tail < SLOTS)
#define ANY_FREE (own[0] == FREE || own[1] == FREE || own[2] == FREE)
#define TAKE(i)  atomic { ROOM && own[i] == FREE -> own[i] = id; blk = i }

inline publish()
{
	d_step {
		assert(own[blk] == id && content[blk] == 0 && at == published);
		content[blk] = 1 + at;
		slot[at % SLOTS] = WORD(at, blk);
		published++;
		at++;
		blk = 0
	}
}

/* A and B may leave whenever they like, X and Y when they can't go on. */
inline produce()
{
	do
	:: TAKE(0); publish()
	:: TAKE(1); publish()
	:: TAKE(2); publish()
	:: me < X || !ROOM || !ANY_FREE -> break
	od;
#ifndef LEAVE_AS_IS
	convert_window(id);
#endif
	atomic { producer_end = 0; at = 0 };
	leave_region()
}

/* --- consumer --- */

#ifdef NO_LAP
#define HAS_RECORD(i) (slot[(i) % SLOTS] != 0)
#else
#define HAS_RECORD(i) HOLDS(i)
#endif

/*
 * Whose record is it? Who the producer is, is looked up when it isn't who it
 * was last time; the own word is read again after that, since the producer may
 * have left in between, and taken its id out of the window before: EARLY_OWN.
 */
inline check_own()
{
	holder = own[blk];
	if
	:: atomic { holder == peer || holder == CHANNEL -> holder = 0 }
	:: atomic { else -> peer = producer_end };
#ifndef EARLY_OWN
		holder = own[blk];
#endif
		d_step {
			assert(holder == CHANNEL ||
			       (holder == peer && peer != 0));
			holder = 0
		}
	fi
}

/* The program has a message, and frees its block. */
inline deliver()
{
	d_step {
		blk = held[at % SLOTS];
		assert(content[blk] == 1 + at && (got & (1 << at)) == 0);
		got = got | (1 << at);
		content[blk] = 0;
		assert(own[blk] == id);
		own[blk] = FREE;
		held[at % SLOTS] = 0;
		blk = 0;
		at++
	}
}

/* A batch: all own words, then the tail, then the program has the records. */
inline consume()
{
	d_step { at = tail; last = at };
	do
	:: atomic { last - at < SLOTS && HAS_RECORD(last) ->
			blk = BLOCK_AT(last) };
		check_own();
#ifdef TAIL_FIRST
		tail = last + 1;
#endif
		d_step {
			own[blk] = id;
			held[last % SLOTS] = blk;
			blk = 0;
			last++
		}
	:: atomic { last > at -> tail = last };
		do
		:: at < last -> deliver()
		:: else -> break
		od
	:: at == last && (me < X || !HAS_RECORD(last)) -> break
	od;
	atomic { consumer_end = 0; at = 0; last = 0; peer = 0 };
	leave_region()
}

/* --- recovery --- */

#ifdef NO_LOCK
#define LOCK(i)   skip
#define UNLOCK(i) skip
#else
#define LOCK(i)   locked[i] = me
#define UNLOCK(i) locked[i] = 0
#endif

inline repair_tail()
{
	do
	:: atomic { HOLDS(tail) -> at = tail; blk = BLOCK_AT(at) };
		if
		:: own[blk] == who -> d_step { tail = at + 1; at = 0; blk = 0 }
		:: atomic { else -> at = 0; blk = 0; break }
		fi
	:: else -> break
	od
}

inline sweep_one(i)
{
	d_step {
		if
		:: own[i] == who -> own[i] = FREE; content[i] = 0
		:: else
		fi
	}
}

inline sweep()
{
	sweep_one(0);
	sweep_one(1);
	sweep_one(2)
}

inline consumer_died(i)
{
	if
	:: consumer_end == i ->
#ifndef NO_REPAIR
		repair_tail();
#endif
		consumer_end = 0
	:: else
	fi
}

inline producer_died(i)
{
	if
	:: producer_end == i ->
#ifndef NO_CONVERT
		convert_window(i);
#endif
		producer_end = 0
	:: else
	fi
}

/* Ends first, then the sweep: see LATE_REPAIR and LATE_CONVERT. */
inline recover()
{
#ifdef EARLY_ID
	used[who] = false;
#endif
#ifdef LATE_REPAIR
	sweep();
#endif
	consumer_died(who);
#ifdef LATE_CONVERT
	sweep();
#endif
	producer_died(who);
#if !defined(LATE_REPAIR) && !defined(LATE_CONVERT) && !defined(NO_SWEEP)
	sweep();
#endif
	d_step { used[who] = false; UNLOCK(who); who = 0 }
}

#define LOCK_DEAD(i) atomic { used[i] && locked[i] == 0 -> LOCK(i); who = i }

/* --- processes --- */

inline drop_lock(i)
{
	if
	:: locked[i] == me -> locked[i] = 0
	:: else
	fi
}

/* Whether killed or not: the kernel drops its locks. */
inline die()
{
	ended[me] = true;
	drop_lock(1);
	drop_lock(2);
	drop_lock(3);
	id = 0;
	at = 0;
	last = 0;
	blk = 0;
	holder = 0;
	peer = 0;
	who = 0;
	held[0] = 0;
	held[1] = 0
}

#define NO_PRODUCER (producer_end == 0 && published < MESSAGES)
#define NO_CONSUMER (consumer_end == 0 && tail < published)

/* Ends are taken under a lock; nobody waits for it here. */
inline become_producer()
{
	join_when(NO_PRODUCER);
	if
	:: atomic { producer_end == 0 -> producer_end = id };
		find_head();
		produce()
	:: else -> leave_region()
	fi
}

inline become_consumer()
{
	join_when(NO_CONSUMER);
	if
	:: atomic { consumer_end == 0 -> consumer_end = id };
		consume()
	:: else -> leave_region()
	fi
}

#define PRIVATE byte id, at, last, blk, holder, peer, who, held[SLOTS]

proctype producer(byte me)
{
	PRIVATE;

	id = 1;
	{
		produce();
		atomic { die() }
	} unless {
		atomic { kill[me] ? 0 -> die() }
	}
}

proctype consumer(byte me)
{
	PRIVATE;

	id = 2;
	{
		consume();
		atomic { die() }
	} unless {
		atomic { kill[me] ? 0 -> consumer_lost = true; die() }
	}
}

proctype helper(byte me)
{
	PRIVATE;

	{
		do
		:: LOCK_DEAD(1); recover()
		:: LOCK_DEAD(2); recover()
		:: LOCK_DEAD(3); recover()
		:: become_producer()
		:: become_consumer()
		:: OVER && ALL_GONE -> break
		od;
		atomic { die() }
	} unless {
		atomic {
			kill[me] ? 0 ->
			if
			:: consumer_end == id && id != 0 -> consumer_lost = true
			:: else
			fi;
			die()
		}
	}
}

active proctype killer()
{
end:
	do
	:: kill[A] ! 0
	:: kill[B] ! 0
	:: kill[X] ! 0
	od
}

init
{
	atomic {
		locked[1] = A;
		used[1] = true;
		producer_end = 1;
		locked[2] = B;
		used[2] = true;
		consumer_end = 2;
		run producer(A);
		run consumer(B);
		run helper(X);
		run helper(Y)
	};
	ended[A] && ended[B] && ended[X] && ended[Y];
	assert(own[0] == FREE && own[1] == FREE && own[2] == FREE);
	assert(consumer_lost || got == 7)
}
