// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The race between going to sleep and being woken, run through as often and in
 * as many alignments as time allows: spinning and sleeping in turn, with
 * random delays, through channels of one slot.
 *
 * A wakeup that is lost can't be seen from how long things take: whoever
 * sleeps looks up from time to time, in case its peer has died. But of two
 * that play ping-pong one always has the ball. If both are asleep at the same
 * instant, a wakeup was lost. The parent looks for that instant.
 */
#include "../common/variants.h"
#include "../common/random.h"

#include <sched.h>
#include <time.h>

#define ROUNDS_POSIX 60000
#define ROUNDS_OTHER 20000
#define ROUNDS_KMOD  4000	/* mostly run in guests, which are slow */
#define STREAM_FACTOR 2

REGION_FIXTURE(race, 4 * MIB);

struct player {
	const struct test_region *region;
	uint64_t rounds;
	uint64_t seed;
	int ready;
	int go;
	int done;
	bool sends_first;
};

/*
 * Of each length from nothing to that of the library's own spinning, and
 * beyond: the record comes just as its consumer gives up.
 */
static void pause_a_little(struct random *random)
{
	random_delay(random, UINT64_C(1) << random_below(random, 17));
}

/* Sometimes look a while, sometimes go to sleep at once. */
static void *receive(struct ipcbuf_channel *in, struct random *random)
{
	uint64_t tries = random_below(random, 2) ?
			 random_below(random, 300) : 0;
	void *record;
	int ret = -EAGAIN;

	while (tries-- && ret == -EAGAIN)
		ret = ipcbuf_channel_try_recv(in, &record);
	if (ret == -EAGAIN)
		ret = ipcbuf_channel_recv(in, &record);
	MUST_EQ(0, ret);
	pause_a_little(random);
	return record;
}

/* Each on a CPU of its own, where there are two: they shall truly race. */
static void pin(bool first)
{
	cpu_set_t allowed, one;
	int wanted = first;
	size_t cpu;

	MUST_EQ(0, sched_getaffinity(0, sizeof(allowed), &allowed));
	if (CPU_COUNT(&allowed) < 2)
		return;
	for (cpu = 0; !CPU_ISSET(cpu, &allowed) || wanted--; cpu++)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	MUST_EQ(0, sched_setaffinity(0, sizeof(one), &one));
}

/* Behind this, nothing but send and receive may sleep. */
static void begin(const struct player *player)
{
	pin(player->sends_first);
	gate_post(player->ready, 1);
	gate_wait(player->go);
}

static int play(void *arg)
{
	const struct player *player = arg;
	struct ipcbuf_region *region = test_region_join(player->region);
	struct ipcbuf_channel *in, *out;
	struct random random = { player->seed };
	void *ball = NULL;
	uint64_t round;

	in = channel_join(region, player->sends_first, IPCBUF_CONSUMER, 1);
	out = channel_join(region, !player->sends_first, IPCBUF_PRODUCER, 1);
	if (player->sends_first)
		ball = record_new(region, 64);
	begin(player);
	for (round = 0; round < player->rounds; round++) {
		if (!player->sends_first)
			ball = receive(in, &random);
		MUST_EQ(0, ipcbuf_channel_send(out, ball));
		if (player->sends_first)
			ball = receive(in, &random);
	}
	gate_post(player->done, 1);
	if (player->sends_first)
		MUST_EQ(0, ipcbuf_free(ball));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Both ends of one channel: of these, too, one can always go on. */
static int stream_out(void *arg)
{
	const struct player *player = arg;
	struct ipcbuf_region *region = test_region_join(player->region);
	struct random random = { player->seed };
	struct ipcbuf_channel *out;
	uint64_t round;

	out = channel_join(region, 1, IPCBUF_PRODUCER, 1);
	begin(player);
	for (round = 0; round < STREAM_FACTOR * player->rounds; round++) {
		pause_a_little(&random);
		MUST_EQ(0, ipcbuf_channel_send(out, record_new(region, 64)));
	}
	gate_post(player->done, 1);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

static int stream_in(void *arg)
{
	const struct player *player = arg;
	struct ipcbuf_region *region = test_region_join(player->region);
	struct random random = { player->seed };
	struct ipcbuf_channel *in;
	uint64_t round;

	in = channel_join(region, 1, IPCBUF_CONSUMER, 1);
	begin(player);
	for (round = 0; round < STREAM_FACTOR * player->rounds; round++)
		MUST_EQ(0, ipcbuf_free(receive(in, &random)));
	gate_post(player->done, 1);
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

static bool still_asleep(struct thread_look before, struct thread_look now)
{
	return before.state == 'S' && now.state == 'S' &&
	       before.voluntary_switches == now.voluntary_switches;
}

/*
 * Was there an instant at which both slept? A process that was asleep in two
 * looks, and has gone to sleep just as often, slept in between. The two
 * intervals overlap: first A, then B, then A, then B.
 */
static bool both_asleep(pid_t a, pid_t b)
{
	struct thread_look a_before = thread_look(a);
	struct thread_look b_before = thread_look(b);
	struct thread_look a_now = thread_look(a);
	struct thread_look b_now = thread_look(b);

	return still_asleep(a_before, a_now) && still_asleep(b_before, b_now);
}

/* How often to look matters little: a wakeup that is lost is lost for long. */
static unsigned int watch(pid_t a, pid_t b, int done)
{
	const struct timespec pause = { 0, 2000000 };
	unsigned int lost = 0;

	while (!gate_is_open(done)) {
		/* One who had finished might sleep for another reason. */
		if (both_asleep(a, b) && !gate_is_open(done))
			lost++;
		nanosleep(&pause, NULL);
	}
	return lost;
}

static void run(struct __test_metadata *_metadata,
		const struct test_region *region, int (*first)(void *),
		int (*second)(void *), uint64_t rounds)
{
	struct player player = { region, rounds, 1, gate_new(), gate_new(),
				 gate_new(), true };
	pid_t a, b;

	a = peer_start(first, &player);
	player.sends_first = false;
	player.seed = 2;
	b = peer_start(second, &player);
	gate_wait(player.ready);
	gate_wait(player.ready);
	gate_post(player.go, 2);
	EXPECT_EQ(0, watch(a, b, player.done));
	EXPECT_EQ(0, peer_wait(a));
	EXPECT_EQ(0, peer_wait(b));
	EXPECT_EQ(0, region_held(region->handle));
}

static uint64_t rounds_for(uint32_t backend)
{
	if (backend == IPCBUF_BACKEND_KMOD)
		return ROUNDS_KMOD;
	return backend == IPCBUF_BACKEND_POSIX ? ROUNDS_POSIX : ROUNDS_OTHER;
}

/* Fails if either side sleeps while the ball waits for it. */
TEST_F_TIMEOUT(race, ping_pong, 120)
{
	run(_metadata, &self->region, play, play,
	    rounds_for(variant->backend));
}

/* Fails if the producer waits for room while the consumer waits for records. */
TEST_F_TIMEOUT(race, full_and_empty, 120)
{
	run(_metadata, &self->region, stream_out, stream_in,
	    rounds_for(variant->backend) / 2);
}

TEST_HARNESS_MAIN
