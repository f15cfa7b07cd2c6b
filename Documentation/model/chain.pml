/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Records that are forwarded, by members that sleep, die and are recovered.
 *
 * S sends MESSAGES records over channel 0. M receives them and sends the same
 * blocks on over channel 1, where T receives and frees them. Who finds nothing,
 * or no room, sleeps at its end's wait word until its peer wakes it or a death
 * ends all sleeps; there are no ticks, so whatever was missed is missed for
 * ever. M may be killed between any two steps, and its successor N then takes
 * its slot and its ends and goes on. Whoever comes first recovers M: T or S,
 * after the news; S, when no block is free; N, for its slot; X, who looks for
 * the dead, may be killed between any two steps, and may have gone before. Each
 * member is one thread (handover.pml has those of several), memory is
 * sequentially consistent (ring.pml tells why, sleep.pml is about what isn't),
 * and deaths are told by the kernel module.
 *
 *   receiver or sender              whoever recovers
 *   L1 seen = deaths                try the directory's lock, and the dead
 *   L2 is the peer dead? recover      one's byte: else it is unsettled, and
 *   W1 waiting = 1                    the next sleep a short one
 *   W3 peer gone? there? else       its ends: windows put in order, then the
 *   W4 sleep while waiting == 1       word, then a wake
 *      and seen == deaths           sweep; the slot is FREE; unlock
 *   W5 exchange waiting for 0
 *   a death: D1 the slot says DEAD, D2 locks are dropped, D3 deaths + 1,
 *   which ends all sleeps
 *
 * Variants:
 *   (none)  S has sent everything and left; M and X may be killed
 *   FULL    S sends; channel 0 has room for one record; M may be killed
 *   SOURCE  S sends, and may be killed; M recovers it
 *
 * Mistakes, each of which must be found:
 *   SWEEP_EACH    recovery sweeps after each channel
 *   END_FIRST     an end says DEAD before its window is in order
 *   SLOT_FIRST    the slot is FREE before all the rest is done
 *   WAKE_FIRST    the peer is woken before the word says LEFT
 *   LOOK_LAST     whether the producer has gone is asked after the last look
 *                 for a record, not before
 *   SLOT_ALONE    W3 looks for a record or room, not whether the peer has gone
 *   LATE_DEATHS   L1 after L2
 *   ANY_DEATHS    W4 doesn't compare deaths
 *   SHARED_DEATHS a process has one count of deaths for both its channels
 *   EARLY_NEWS    D3 before D1
 *   NO_UNSETTLED  who couldn't recover sleeps as if the peer lived
 *   LATE_TAIL     M sends a record on before it publishes channel 0's tail
 *
 * What is checked: T gets every record that M didn't hold when it died, in
 * order, each once; nobody hears that its producer has gone before it has
 * received what that one sent; nobody sleeps for ever; all blocks are free in
 * the end.
 */
#define MESSAGES 2
#define BLOCKS   2

/* Channel 1 is full with one record, 0 only in FULL. */
#ifdef FULL
#define DEPTH(c) 1
#else
#define DEPTH(c) (2 - (c))
#endif

/* Processes, and who holds a lock. */
#define S 1
#define M 2
#define T 3
#define X 4
#define N 5

/* Own words and ends' words: nobody, a member id, or one of the others. */
#define FREE     0
#define MIDDLE   2	/* the id of M, and of N after it */
#define CHANNEL  7
#define DEAD     8
#define LEFT     9

#ifdef SOURCE
#define MORTAL S
#else
#define MORTAL MIDDLE
#endif

#define LAP(c, i)       (1 + ((i) / DEPTH(c)) % 2)
#define WORD(c, i, blk) (LAP(c, i) * 4 + (blk))
#define AT(c, i)        slot[2 * (c) + (i) % DEPTH(c)]
#define HOLDS(c, i)     (AT(c, i) / 4 == LAP(c, i))
#define BLOCK(c, i)     (AT(c, i) % 4)
#define GONE(word)   ((word) >= DEAD)

/* Wait objects: an end's. */
#define PRODUCER(c) (2 * (c))
#define CONSUMER(c) (2 * (c) + 1)

byte own[BLOCKS];
byte slot[3];
byte tail[2];
byte end_word[4];
bool waiting[4];
bool used = true;		/* MORTAL's slot */
byte byte_lock;			/* its byte: by whom */
byte directory;			/* the lock: by whom */
bool dead;			/* D1 */
byte deaths;			/* D3 */
bool asleep[4];

/* What the checks know and the code doesn't. */
byte content[BLOCKS];		/* 1 + the message, 0: none */
byte sent[2];			/* published in each channel */
byte left_behind[2];		/* of those, when the producer went */
byte lost;			/* a bit for each message */
byte got;
byte forwarded;
bool killed;
bool ended[N + 1];
bool over;

chan kill[X + 1] = [0] of { bit };

/*
 * Each atomic or d_step below that doesn't say otherwise has one access to
 * shared memory; the rest of it is private to the process, or belongs to the
 * checks.
 */

/* --- sleeping and waking --- */

/* K3 and K4 in one: sleep.pml has them apart. */
inline wake(w)
{
	d_step { waiting[w] = false; asleep[w] = false }
}

inline end_says(w, says)
{
	d_step {
		left_behind[w / 2] = (w % 2 -> left_behind[w / 2] : sent[w / 2]);
		end_word[w] = says
	}
}

/* --- recovery --- */

inline sweep_one(i, id)
{
	d_step {
		if
		:: own[i] == id -> own[i] = FREE; content[i] = 0
		:: else
		fi
	}
}

inline sweep(id)
{
	sweep_one(0, id);
	sweep_one(1, id)
}

/* C3 was done for these, C4 may not have been. */
inline repair_tail(c, id)
{
	d_step { at = tail[c]; last = at + DEPTH(c) };
	do
	:: atomic { at < last && HOLDS(c, at) -> rblk = BLOCK(c, at) };
		if
		:: atomic { own[rblk] == id -> rblk = 0; at++ }
		:: atomic { else -> rblk = 0; break }
		fi
	:: else -> break
	od;
	atomic { tail[c] = at; at = 0; last = 0 }
}

inline hand_window_over(c, id)
{
	d_step { at = tail[c]; last = at + DEPTH(c) };
	do
	:: atomic { at < last && HOLDS(c, at) -> rblk = BLOCK(c, at) };
		d_step {
			if
			:: own[rblk] == id -> own[rblk] = CHANNEL
			:: else
			fi;
			rblk = 0;
			at++
		}
	:: atomic { else -> at = 0; last = 0; break }
	od
}

/* The order is from its window to its word to the wake. */
inline consumer_died(c, id)
{
	if
	:: end_word[CONSUMER(c)] == id ->
#ifdef END_FIRST
		end_says(CONSUMER(c), DEAD);
#endif
		repair_tail(c, id);
#ifndef END_FIRST
		end_says(CONSUMER(c), DEAD);
#endif
		wake(PRODUCER(c))
	:: else
	fi
}

inline producer_died(c, id)
{
	if
	:: end_word[PRODUCER(c)] == id ->
#ifdef END_FIRST
		end_says(PRODUCER(c), DEAD);
#endif
		hand_window_over(c, id);
#ifndef END_FIRST
		end_says(PRODUCER(c), DEAD);
#endif
		wake(CONSUMER(c))
	:: else
	fi
}

/*
 * The slot's word and the kernel's news of it (ipcb_memory_ops.reap) change
 * in one step: who acts on them has both locks.
 */
#define NEEDS_RECOVERY (used && dead)

inline slot_is_free()
{
	d_step { used = false; dead = false }
}

/* Under both locks; each step may be the recoverer's last. */
inline recover_member()
{
#ifdef SLOT_FIRST
	slot_is_free();
#endif
#ifndef SOURCE
	consumer_died(0, MORTAL);
#ifdef SWEEP_EACH
	sweep(MORTAL);
#endif
	producer_died(1, MORTAL);
#else
	producer_died(0, MORTAL);
#endif
	sweep(MORTAL);
#ifndef SLOT_FIRST
	slot_is_free()
#else
	skip
#endif
}

/* The directory's lock is held. */
inline recover_and_unlock(c)
{
	if
	:: atomic { byte_lock == 0 -> byte_lock = me };
		if
		:: used -> recover_member()
		:: else
		fi;
		byte_lock = 0
	:: else -> unsettled[c] = true
	fi;
	directory = 0
}

/* By who isn't in a hurry. */
inline recover_dead()
{
	atomic { directory == 0 -> directory = me };
	recover_and_unlock(0);
	unsettled[0] = false
}

/* --- a channel's two ends --- */

/* Of each channel: two that share one count each miss what the other saw. */
#ifdef SHARED_DEATHS
#define SEEN(w) seen[0]
#else
#define SEEN(w) seen[(w) / 2]
#endif

inline take_note(w)
{
	d_step { SEEN(w) = deaths; unsettled[w / 2] = false }
}

/* L1 and L2 */
inline look_after_peer(w, peer)
{
#ifndef LATE_DEATHS
	take_note(w);
#endif
	if
	:: end_word[peer] == MORTAL ->
		if
		:: NEEDS_RECOVERY ->
			if
			:: atomic { directory == 0 -> directory = me };
				recover_and_unlock(w / 2)
			:: else -> unsettled[w / 2] = true
			fi
		:: else
		fi
	:: else
	fi
#ifdef LATE_DEATHS
	;
	take_note(w)
#endif
}

#ifdef ANY_DEATHS
#define UP_TO_DATE(w) true
#else
#define UP_TO_DATE(w) (SEEN(w) == deaths)
#endif

#ifdef NO_UNSETTLED
#define SHORT(w) false
#else
#define SHORT(w) unsettled[(w) / 2]
#endif

#ifdef SLOT_ALONE
#define HAS_GONE(peer) false
#else
#define HAS_GONE(peer) GONE(end_word[peer])
#endif

/* W4: to be woken, or (asleep) for a millisecond */
inline sleep(w)
{
	atomic {
		if
		:: waiting[w] && UP_TO_DATE(w) -> asleep[w] = true
		:: else
		fi
	};
	if
	:: !asleep[w]
	:: atomic { asleep[w] && SHORT(w) -> asleep[w] = false }
	fi
}

/*
 * W1, W3 to W5, and then L1 and L2, if nothing came. W5 and whether something
 * came are one step: if it comes between the two, that is one look more.
 */
#define WAIT(w, peer, there)					\
	waiting[w] = true;					\
	if							\
	:: HAS_GONE(peer)					\
	:: else ->						\
		if						\
		:: there					\
		:: else -> sleep(w)				\
		fi						\
	fi;							\
	if							\
	:: atomic { (there) || GONE(end_word[peer]) ->		\
			waiting[w] = false }			\
	:: atomic { else -> waiting[w] = false };		\
		look_after_peer(w, peer)				\
	fi

#define ROOM(c) (wpos - tail[c] < DEPTH(c))

inline publish(c)
{
	d_step {
		if
		:: c == 0 -> content[blk] = 1 + wpos
		:: else -> forwarded = forwarded | (1 << content[blk])
		fi;
		AT(c, wpos) = WORD(c, wpos, blk);
		sent[c]++;
		wpos++;
		blk = 0
	}
}

/* A producer without a consumer waits for another one. */
inline send(c)
{
	do
	:: end_word[CONSUMER(c)] == DEAD -> end_word[CONSUMER(c)] != DEAD
	:: else ->
		if
		:: ROOM(c) -> publish(c); wake(CONSUMER(c)); break
		:: else -> WAIT(PRODUCER(c), CONSUMER(c), ROOM(c))
		fi
	od
}

#ifdef LOOK_LAST
#define LOOK_AGAIN(c) false
#else
#define LOOK_AGAIN(c) HOLDS(c, rpos)
#endif

/* C1; or word says where the producer has gone. */
inline receive(c)
{
	do
	:: atomic { HOLDS(c, rpos) -> blk = BLOCK(c, rpos); word = 0; break }
	:: else ->
		if
		:: atomic { GONE(end_word[PRODUCER(c)]) ->
				word = end_word[PRODUCER(c)] };
			if
			:: atomic { LOOK_AGAIN(c) -> word = 0 }
			:: atomic { else ->
				assert(left_behind[c] <= rpos);
				break }
			fi
		:: else -> WAIT(CONSUMER(c), PRODUCER(c), HOLDS(c, rpos))
		fi
	od
}

/* C2 and C3 in one: ring.pml has them apart. */
inline take(id, producer)
{
	d_step {
		assert(own[blk] == producer || own[blk] == CHANNEL);
		own[blk] = id
	}
}

/* C4 */
inline publish_tail(c)
{
	d_step { rpos++; tail[c] = rpos };
	wake(PRODUCER(c))
}

/* Under the directory's lock. */
inline end_left(w)
{
#ifdef WAKE_FIRST
	wake(w ^ 1);
	end_says(w, LEFT)
#else
	end_says(w, LEFT);
	wake(w ^ 1)
#endif
}

inline leave_region(id)
{
	d_step {
		if
		:: id == MORTAL -> used = false; byte_lock = 0
		:: else
		fi;
		ended[me] = true
	}
}

/* --- deaths --- */

inline drop_locks()
{
	d_step {
		if :: directory == me -> directory = 0 :: else fi;
		if :: byte_lock == me -> byte_lock = 0 :: else fi
	}
}

inline tell_everybody()
{
	d_step {
		deaths++;
		asleep[0] = false;
		asleep[1] = false;
		asleep[2] = false;
		asleep[3] = false
	}
}

/* What M has and hasn't sent on goes with it. */
inline count_lost(i)
{
	if
	:: own[i] == MIDDLE && content[i] > 0 &&
	   (forwarded & (1 << content[i])) == 0 ->
		lost = lost | (1 << content[i])
	:: else
	fi
}

/* D1 to D3 */
inline mortal_dies()
{
#ifdef EARLY_NEWS
	tell_everybody();
#endif
	dead = true;
	drop_locks();
#ifndef EARLY_NEWS
	tell_everybody();
#endif
	ended[me] = true
}

/* --- processes --- */

#define PRIVATE byte at, last, rblk, blk, rpos, wpos, word, seen[2]; \
		bool unsettled[2]

/* What was private to the dead: not a state that differs. */
inline forget()
{
	at = 0;
	last = 0;
	rblk = 0;
	blk = 0;
	rpos = 0;
	wpos = 0;
	word = 0;
	seen[0] = 0;
	seen[1] = 0;
	unsettled[0] = false;
	unsettled[1] = false
}

#define TAKE(i) own[i] == FREE -> own[i] = S; blk = i; break
#define NO_FREE (own[0] != FREE && own[1] != FREE)

/* Where no block is free the dead may have some. */
inline allocate()
{
	do
	:: atomic { TAKE(0) }
	:: atomic { own[0] != FREE && TAKE(1) }
	:: NO_FREE && NEEDS_RECOVERY -> recover_dead()
	od
}

inline source()
{
	do
	:: wpos < MESSAGES -> allocate(); send(0)
	:: else -> break
	od;
	atomic { directory == 0 -> directory = me };
	hand_window_over(0, S);
	end_left(PRODUCER(0));
	directory = 0;
	leave_region(S)
}

inline forward()
{
	do
	:: receive(0);
		if
		:: atomic { word != 0 -> word = 0; break }
		:: else
		fi;
		take(MIDDLE, S);
#ifdef LATE_TAIL
		send(1);
		publish_tail(0)
#else
		publish_tail(0);
		send(1)
#endif
	od;
	atomic { directory == 0 -> directory = me };
	hand_window_over(1, MIDDLE);
	end_left(PRODUCER(1));
	end_says(CONSUMER(0), LEFT);
	directory = 0;
	leave_region(MIDDLE)
}

/* The slot of a dead member: its byte is taken under the directory's lock. */
inline try_inherit()
{
	atomic { byte_lock == 0 && directory == 0 -> directory = me };
	if
	:: atomic { byte_lock == 0 -> byte_lock = me };
		if
		:: used -> recover_member()
		:: else
		fi;
		used = true
	:: else
	fi;
	directory = 0
}

/* One that is FREE needs only its byte; nobody else joins here. */
inline join()
{
	do
	:: byte_lock == me -> break
	:: byte_lock != me && used -> try_inherit()
	:: atomic { byte_lock == 0 && !used -> byte_lock = me };
		used = true
	od
}

/*
 * Both ends, and where they are: behind what is in the window. In few steps,
 * since nobody else writes what belongs to a vacant end.
 */
inline take_over()
{
	atomic { directory == 0 -> directory = me };
	d_step {
		waiting[CONSUMER(0)] = false;
		end_word[CONSUMER(0)] = MIDDLE;
		rpos = tail[0]
	};
	d_step {
		waiting[PRODUCER(1)] = false;
		end_word[PRODUCER(1)] = MIDDLE;
		wpos = tail[1]
	};
	atomic {
		if
		:: HOLDS(1, wpos) -> wpos++
		:: else
		fi;
		directory = 0
	}
}

proctype sender(byte me)
{
	PRIVATE;

	{
		source()
	} unless {
		atomic {
			kill[S] ? 0 ->
			asleep[PRODUCER(0)] = false;
			forget()
		};
		mortal_dies()
	}
}

proctype middle(byte me)
{
	PRIVATE;

	{
		forward()
	} unless {
		atomic {
			kill[M] ? 0 ->
			asleep[CONSUMER(0)] = false;
			asleep[PRODUCER(1)] = false;
			count_lost(0);
			count_lost(1);
			killed = true;
			forget()
		};
		mortal_dies()
	}
}

/* Somebody starts it who was told: of M's death, or that M had left. */
proctype successor(byte me)
{
	PRIVATE;

	if
	:: killed && GONE(end_word[PRODUCER(1)]) ->
		join();
		take_over();
		forward()
	:: atomic { over -> ended[me] = true }
	fi
}

proctype receiver(byte me)
{
	PRIVATE;

	do
	:: receive(1);
		if
		:: atomic { word == LEFT -> break }
		:: atomic { word == DEAD -> word = 0 };
			end_word[PRODUCER(1)] != DEAD
		:: atomic { word == 0 -> skip };
			take(T, MIDDLE);
			publish_tail(1);
			d_step {
				assert(own[blk] == T && content[blk] > 0);
				assert(got >> content[blk] == 0);
				got = got | (1 << content[blk]);
				content[blk] = 0;
				own[blk] = FREE;
				blk = 0
			}
		fi
	od;
	ended[me] = true
}

/* It may also open something, or be gone at any time. */
proctype supervisor(byte me)
{
	byte at, last, rblk;
	bool visited, unsettled[2];

	{
		do
		:: atomic { !visited && directory == 0 ->
				directory = me; visited = true };
			directory = 0
		:: NEEDS_RECOVERY -> recover_dead()
		:: break
		od;
		ended[me] = true
	} unless {
		atomic { kill[X] ? 0 -> at = 0; last = 0; rblk = 0 };
		drop_locks();
		tell_everybody();
		ended[me] = true
	}
}

active proctype killer()
{
end:
	do
#ifdef SOURCE
	:: kill[S] ! 0
#else
	:: kill[M] ! 0
#endif
#if !defined(FULL) && !defined(SOURCE)
	:: kill[X] ! 0
#endif
	od
}

/* What S would have sent. */
inline has_sent(i)
{
	own[i] = CHANNEL;
	content[i] = 1 + i;
	AT(0, i) = WORD(0, i, i)
}

init
{
	atomic {
		end_word[PRODUCER(0)] = S;
		end_word[CONSUMER(0)] = MIDDLE;
		end_word[PRODUCER(1)] = MIDDLE;
		end_word[CONSUMER(1)] = T;
		byte_lock = MORTAL;
		run middle(M);
		run receiver(T);
#if defined(FULL) || defined(SOURCE)
		run sender(S);
		ended[X] = true;
#else
		has_sent(0);
		has_sent(1);
		sent[0] = 2;
		end_says(PRODUCER(0), LEFT);
		ended[S] = true;
		run supervisor(X);
#endif
#ifdef SOURCE
		ended[N] = true
#else
		run successor(N)
#endif
	};
	ended[S] && ended[M] && ended[T];
	over = true;
	ended[X] && ended[N];
	assert(own[0] == FREE && own[1] == FREE);
	assert((got | lost) == ((1 << sent[0]) - 1) << 1)
}
