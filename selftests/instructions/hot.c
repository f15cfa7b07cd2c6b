// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * usage: hot OPERATION BYTES ROUNDS
 *
 * Records go from one process to another, a batch a round: allocated, sent,
 * received, freed. The processes take turns, so what each does is the same
 * every time. The operation that is named is done by hot_measured(), for
 * scripts/check-instructions to count the instructions of; the first rounds are
 * for warming up.
 */
#include <errno.h>
#include <ipcbuf/ipcbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH	64u
#define WARM_UP 100u

#define MUST(expression) \
	do { \
		if (!(expression)) { \
			fprintf(stderr, "hot: not so: %s\n", #expression); \
			_exit(1); \
		} \
	} while (0)

static struct {
	struct ipcbuf_region *region;
	struct ipcbuf_channel *channel;
	void *records[BATCH];
	size_t bytes;
	const char *measured;
	unsigned int round;
	int to_peer;
	int from_peer;
} hot;

static void alloc_each(void)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		MUST(!ipcbuf_alloc(hot.region, hot.bytes, &hot.records[i]));
}

static void send_each(void)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		MUST(!ipcbuf_channel_try_send(hot.channel, hot.records[i]));
}

static void recv_each(void)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		MUST(!ipcbuf_channel_try_recv(hot.channel, &hot.records[i]));
}

static void free_each(void)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		MUST(!ipcbuf_free(hot.records[i]));
}

static void send_batch(void)
{
	size_t count;

	MUST(!ipcbuf_channel_send_batch(hot.channel, hot.records, BATCH, 0,
					&count) && count == BATCH);
}

static void recv_batch(void)
{
	size_t count;

	MUST(!ipcbuf_channel_recv_batch(hot.channel, hot.records, BATCH, 0,
					&count) && count == BATCH);
}

static void recv_none(void)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		MUST(ipcbuf_channel_try_recv(hot.channel, &hot.records[0]) ==
		     -EAGAIN);
}

static void alloc_and_free_each(void)
{
	void *record;
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		MUST(!ipcbuf_alloc(hot.region, hot.bytes, &record));
		MUST(!ipcbuf_free(record));
	}
}

/* What is known by its name is counted; see there. */
void hot_measured(void (*operation)(void));
__attribute__((noinline)) void hot_measured(void (*operation)(void))
{
	operation();
}

static void perform(const char *name, void (*operation)(void))
{
	if (hot.round >= WARM_UP && !strcmp(name, hot.measured))
		hot_measured(operation);
	else
		operation();
}

static int is_batch(void)
{
	return strstr(hot.measured, "-batch") != NULL;
}

static void give_turn(void)
{
	MUST(write(hot.to_peer, "", 1) == 1);
}

static void take_turn(void)
{
	char byte;

	MUST(read(hot.from_peer, &byte, 1) == 1);
}

static void produce(void)
{
	take_turn();
	perform("alloc-and-free", alloc_and_free_each);
	perform("alloc", alloc_each);
	if (is_batch())
		perform("send-batch", send_batch);
	else
		perform("send", send_each);
	give_turn();
}

static void consume(void)
{
	perform("recv-none", recv_none);
	give_turn();
	take_turn();
	if (is_batch())
		perform("recv-batch", recv_batch);
	else
		perform("recv", recv_each);
	perform("free", free_each);
}

static void work(const char *region, enum ipcbuf_direction direction,
		 unsigned int rounds)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;

	options.depth_slots = BATCH;
	MUST(!ipcbuf_region_open(region, NULL, &hot.region));
	MUST(!ipcbuf_channel_open(hot.region, ipcbuf_key_id(1), direction,
				  &options, &hot.channel));
	for (hot.round = 0; hot.round < WARM_UP + rounds; hot.round++) {
		if (direction == IPCBUF_PRODUCER)
			produce();
		else
			consume();
	}
	/* Who leaves has its records received another way. */
	if (direction == IPCBUF_PRODUCER)
		take_turn();
	else
		give_turn();
	MUST(!ipcbuf_channel_close(hot.channel));
	MUST(!ipcbuf_region_close(hot.region));
}

static void create(const char *name)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region;

	options.backend = IPCBUF_BACKEND_POSIX;
	options.wait = IPCBUF_WAIT_FUTEX;
	options.size_bytes = UINT64_C(1) << 30;
	MUST(!ipcbuf_region_create(name, &options, &region));
	MUST(!ipcbuf_region_close(region));
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc == 4 ? (unsigned int)atoi(argv[3]) : 0;
	int there[2], back[2], status = 1;
	char name[64];
	pid_t child;

	if (!rounds) {
		fprintf(stderr, "usage: hot OPERATION BYTES ROUNDS\n");
		return 2;
	}
	hot.measured = argv[1];
	hot.bytes = (size_t)atol(argv[2]);
	snprintf(name, sizeof(name), "hot.%ld", (long)getpid());
	create(name);
	MUST(!pipe(there) && !pipe(back));
	child = fork();
	MUST(child >= 0);
	hot.to_peer = child ? there[1] : back[1];
	hot.from_peer = child ? back[0] : there[0];
	work(name, child ? IPCBUF_PRODUCER : IPCBUF_CONSUMER, rounds);
	if (!child)
		return 0;
	MUST(waitpid(child, &status, 0) == child);
	MUST(!ipcbuf_region_unlink(name));
	return status != 0;
}
