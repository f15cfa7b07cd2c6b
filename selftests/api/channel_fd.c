// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A channel's descriptor in a program's own event loop. No wait here has an
 * end of its own: what isn't told lets the test run into its limit.
 */
#include "../common/variants.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#define ROUNDS 2000

/* Regions that don't wait in the module have no such descriptors. */
REGION_FIXTURE_OVER(FILE_VARIANTS, without, 1 * MIB);

/* Fails if a descriptor is promised that nobody would ever ring. */
TEST_F(without, refused)
{
	struct ipcbuf_channel *channel =
		channel_join(self->region.handle, 1, IPCBUF_CONSUMER, 0);
	int fd = -7;

	EXPECT_EQ(-EOPNOTSUPP, ipcbuf_channel_get_fd(channel, &fd));
	EXPECT_EQ(-EOPNOTSUPP, ipcbuf_channel_arm(channel));
	EXPECT_EQ(-7, fd);
	EXPECT_EQ(-EINVAL, ipcbuf_channel_get_fd(channel, NULL));
	EXPECT_EQ(-EINVAL, ipcbuf_channel_get_fd(NULL, &fd));
	EXPECT_EQ(-EINVAL, ipcbuf_channel_arm(NULL));
	EXPECT_EQ(0, ipcbuf_channel_close(channel));
	EXPECT_EQ(-EBADF, ipcbuf_channel_get_fd(channel, &fd));
	EXPECT_EQ(-EBADF, ipcbuf_channel_arm(channel));
}

FIXTURE(loop) {
	struct test_region region;
	struct ipcbuf_channel *producer;
	struct ipcbuf_channel *consumer;
	int producer_fd;
	int consumer_fd;
};

VARIANT_FIELDS(loop);
REGION_VARIANT(loop, kmod_kmod, KMOD, KMOD);

static int get_fd(struct ipcbuf_channel *channel)
{
	int fd;

	MUST_EQ(0, ipcbuf_channel_get_fd(channel, &fd));
	return fd;
}

FIXTURE_SETUP(loop)
{
	NEED_VARIANT(variant);
	ASSERT_EQ(0, test_region_create(&self->region, variant->backend,
					variant->wait, 2 * MIB));
	self->producer = channel_join(self->region.handle, 1, IPCBUF_PRODUCER,
				      2);
	self->consumer = channel_join(self->region.handle, 1, IPCBUF_CONSUMER,
				      2);
	self->producer_fd = get_fd(self->producer);
	self->consumer_fd = get_fd(self->consumer);
}

FIXTURE_TEARDOWN(loop)
{
	EXPECT_EQ(0, region_verify(self->region.handle));
	EXPECT_EQ(0, test_region_end(&self->region));
	EXPECT_EQ(0, close(self->producer_fd));
	EXPECT_EQ(0, close(self->consumer_fd));
}

/* What the descriptor says now, or once it says something. */
static short events(int fd, int timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLPRI };

	MUST(poll(&pollfd, 1, timeout) >= 0);
	return pollfd.revents;
}

static void send_one(struct ipcbuf_channel *channel,
		     struct ipcbuf_region *region)
{
	MUST_EQ(0, ipcbuf_channel_try_send(channel, record_new(region, 100)));
}

static void receive_one(struct ipcbuf_channel *channel)
{
	void *record;

	MUST_EQ(0, ipcbuf_channel_try_recv(channel, &record));
	MUST_EQ(0, ipcbuf_free(record));
}

/* Fails if the consumer isn't told, or told too much. */
TEST_F(loop, consumer)
{
	struct ipcbuf_region *region = self->region.handle;

	EXPECT_EQ(0, ipcbuf_channel_arm(self->consumer));
	EXPECT_EQ(0, events(self->consumer_fd, 0));
	send_one(self->producer, region);
	EXPECT_EQ(POLLIN, events(self->consumer_fd, -1));
	EXPECT_EQ(POLLIN, events(self->consumer_fd, -1));
	EXPECT_EQ(1, ipcbuf_channel_arm(self->consumer));
	EXPECT_EQ(POLLIN, events(self->consumer_fd, -1));
	receive_one(self->consumer);
	EXPECT_EQ(0, ipcbuf_channel_arm(self->consumer));
	EXPECT_EQ(0, events(self->consumer_fd, 0));
	send_one(self->producer, region);
	send_one(self->producer, region);
	EXPECT_EQ(POLLIN, events(self->consumer_fd, -1));
	receive_one(self->consumer);
	EXPECT_EQ(1, ipcbuf_channel_arm(self->consumer));
	receive_one(self->consumer);
	EXPECT_EQ(0, ipcbuf_channel_arm(self->consumer));
	EXPECT_EQ(0, events(self->consumer_fd, 0));
}

/* Fails if a producer isn't told of room. */
TEST_F(loop, producer)
{
	EXPECT_EQ(1, ipcbuf_channel_arm(self->producer));
	send_one(self->producer, self->region.handle);
	send_one(self->producer, self->region.handle);
	EXPECT_EQ(0, ipcbuf_channel_arm(self->producer));
	EXPECT_EQ(0, events(self->producer_fd, 0));
	receive_one(self->consumer);
	EXPECT_EQ(POLLIN, events(self->producer_fd, -1));
	EXPECT_EQ(1, ipcbuf_channel_arm(self->producer));
}

/* Fails if a peer that leaves, or a channel that goes, isn't told of. */
TEST_F(loop, peer_leaves)
{
	void *record;

	EXPECT_EQ(0, ipcbuf_channel_arm(self->consumer));
	EXPECT_EQ(0, ipcbuf_channel_close(self->producer));
	EXPECT_EQ(POLLIN, events(self->consumer_fd, -1));
	EXPECT_EQ(1, ipcbuf_channel_arm(self->consumer));
	EXPECT_EQ(-EPIPE, ipcbuf_channel_try_recv(self->consumer, &record));
}

TEST_F(loop, channel_is_removed)
{
	EXPECT_EQ(0, ipcbuf_channel_arm(self->consumer));
	EXPECT_EQ(0, ipcbuf_channel_remove(self->region.handle,
					   ipcbuf_key_id(1)));
	EXPECT_EQ(POLLIN, events(self->consumer_fd, -1));
}

/* Fails if who still polls for a region that was closed waits for ever. */
TEST_F(loop, region_is_closed)
{
	struct ipcbuf_region *region = test_region_join(&self->region);
	struct ipcbuf_channel *channel =
		channel_join(region, 2, IPCBUF_CONSUMER, 0);
	int fd = get_fd(channel);

	EXPECT_EQ(0, ipcbuf_channel_arm(channel));
	EXPECT_EQ(0, events(fd, 0));
	EXPECT_EQ(0, ipcbuf_region_close(region));
	EXPECT_EQ(POLLHUP, events(fd, -1) & POLLHUP);
	EXPECT_EQ(0, close(fd));
}

struct mortal {
	const struct test_region *region;
	int64_t first;			/* produces for this channel ... */
	unsigned int channels;		/* ... and those behind it */
	int ready;
};

static int produce_until_killed(void *arg)
{
	struct mortal *mortal = arg;
	struct ipcbuf_region *region = test_region_join(mortal->region);
	unsigned int i;

	for (i = 0; i < mortal->channels; i++)
		channel_join(region, mortal->first + i, IPCBUF_PRODUCER, 0);
	gate_post(mortal->ready, 1);
	while (pause())
		;
	return 0;
}

/* The documented loop. Return: what ended it. */
static int loop_until_error(struct ipcbuf_channel *channel, int fd)
{
	void *record;
	int error, armed;

	for (;;) {
		do {
			while (!(error = ipcbuf_channel_try_recv(channel,
								 &record)))
				MUST_EQ(0, ipcbuf_free(record));
			if (error != -EAGAIN)
				return error;
			armed = ipcbuf_channel_arm(channel);
			MUST(armed >= 0);
		} while (armed == 1);
		MUST(events(fd, -1));
	}
}

/* Fails if one who polls isn't told of its peer's death, or not by name. */
TEST_F(loop, peer_is_killed)
{
	struct mortal mortal = { &self->region, 2, 1, gate_new() };
	pid_t peer = peer_start(produce_until_killed, &mortal);
	struct ipcbuf_channel *channel;
	int fd;

	gate_wait(mortal.ready);
	channel = channel_join(self->region.handle, 2, IPCBUF_CONSUMER, 0);
	fd = get_fd(channel);
	EXPECT_EQ(0, ipcbuf_channel_arm(channel));
	EXPECT_EQ(0, events(fd, 0));
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	EXPECT_NE(0, events(fd, -1) & (POLLPRI | POLLIN));
	EXPECT_EQ(-EOWNERDEAD, loop_until_error(channel, fd));
	EXPECT_EQ(0, close(fd));
}

/*
 * Fails if a death that one channel's loop has dealt with is kept from the
 * others of the handle.
 */
TEST_F(loop, peer_of_many_is_killed)
{
	struct mortal mortal = { &self->region, 2, 3, gate_new() };
	pid_t peer = peer_start(produce_until_killed, &mortal);
	struct ipcbuf_channel *channels[3];
	int fds[3], i;

	gate_wait(mortal.ready);
	for (i = 0; i < 3; i++) {
		channels[i] = channel_join(self->region.handle, 2 + i,
					   IPCBUF_CONSUMER, 0);
		fds[i] = get_fd(channels[i]);
		EXPECT_EQ(0, ipcbuf_channel_arm(channels[i]));
	}
	EXPECT_EQ(-SIGKILL, peer_kill(peer));
	for (i = 0; i < 3; i++) {
		EXPECT_NE(0, events(fds[i], -1));
		EXPECT_EQ(-EOWNERDEAD, loop_until_error(channels[i], fds[i]));
		EXPECT_EQ(0, close(fds[i]));
	}
	/* Its own channel has a peer that lives: nothing more to tell. */
	EXPECT_EQ(0, ipcbuf_channel_arm(self->consumer));
	EXPECT_EQ(0, events(self->consumer_fd, 0));
}

static void *receive_in_loop(struct ipcbuf_channel *channel, int epoll)
{
	struct epoll_event event;
	void *record;

	while (ipcbuf_channel_try_recv(channel, &record)) {
		if (ipcbuf_channel_arm(channel) == 0)
			MUST_EQ(1, epoll_wait(epoll, &event, 1, -1));
	}
	return record;
}

static int epoll_for(struct ipcbuf_channel *channel)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLPRI };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	MUST(epoll >= 0);
	MUST_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, get_fd(channel), &event));
	return epoll;
}

static int answer(void *arg)
{
	struct ipcbuf_region *region = test_region_join(arg);
	struct ipcbuf_channel *in = channel_join(region, 2, IPCBUF_CONSUMER, 0);
	struct ipcbuf_channel *out =
		channel_join(region, 3, IPCBUF_PRODUCER, 0);
	int epoll = epoll_for(in), i;

	for (i = 0; i < ROUNDS; i++)
		MUST_EQ(0, ipcbuf_channel_send(out, receive_in_loop(in,
								    epoll)));
	MUST_EQ(0, ipcbuf_region_close(region));
	return 0;
}

/* Fails (by its limit) if a record that comes while one arms isn't told of. */
TEST_F_TIMEOUT(loop, ping_pong, 120)
{
	struct ipcbuf_region *region = self->region.handle;
	struct ipcbuf_channel *out = channel_join(region, 2, IPCBUF_PRODUCER,
						  0);
	struct ipcbuf_channel *in = channel_join(region, 3, IPCBUF_CONSUMER,
						 0);
	pid_t peer = peer_start(answer, &self->region);
	int epoll = epoll_for(in), i;

	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, ipcbuf_channel_send(out,
						 record_new(region, 64)));
		ASSERT_EQ(0, ipcbuf_free(receive_in_loop(in, epoll)));
	}
	EXPECT_EQ(0, peer_wait(peer));
}

TEST_HARNESS_MAIN
