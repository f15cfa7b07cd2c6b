/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * epoll: waits for records and for a timer in one event loop.
 *
 *   make samples; build/samples/epoll
 *   cc -o epoll epoll.c $(pkg-config --cflags --libs ipcbuf)
 *
 * Needs the kernel module, which gives channels descriptors that can be polled.
 * The rule: try until there is nothing left, arm, and only if that says 0, wait.
 * A child sends a reading now and then, and in the end leaves; had it been
 * killed, the loop would be told of that, too.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ipcbuf/ipcbuf.h>

#define READINGS 10

struct reading {
	int number;
};

static int open_channel(struct ipcbuf_region *region,
			enum ipcbuf_direction direction,
			struct ipcbuf_channel **ret_channel)
{
	return ipcbuf_channel_open(region, ipcbuf_key_name("readings"),
				   direction, NULL, ret_channel);
}

static int send_readings(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *channel;
	struct reading *reading;
	void *record;
	int error, i;

	error = open_channel(region, IPCBUF_PRODUCER, &channel);
	for (i = 0; i < READINGS && !error; i++) {
		usleep(70000);
		error = ipcbuf_alloc(region, sizeof(*reading), &record);
		if (error)
			break;
		reading = record;
		reading->number = i;
		error = ipcbuf_channel_send(channel, record);
	}
	return error;
}

/* A child opens the region for itself. */
static int produce(const char *name)
{
	struct ipcbuf_region *region;
	int error = ipcbuf_region_open(name, NULL, &region);

	if (error)
		return error;
	error = send_readings(region);
	ipcbuf_region_close(region);
	return error;
}

/* All that is there. 0: nothing any more, and the descriptor will tell. */
static int take_readings(struct ipcbuf_channel *channel)
{
	void *record;
	int error, armed;

	do {
		while (!(error = ipcbuf_channel_try_recv(channel, &record))) {
			printf("reading %d\n",
			       ((struct reading *)record)->number);
			ipcbuf_free(record);
		}
		if (error != -EAGAIN)
			return error;
		armed = ipcbuf_channel_arm(channel);
	} while (armed == 1);
	return armed;
}

static void take_tick(int timer)
{
	uint64_t ticks;

	if (read(timer, &ticks, sizeof(ticks)) == sizeof(ticks))
		printf("tick\n");
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLPRI,
		.data.fd = fd,
	};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int make_timer(void)
{
	struct itimerspec every = {
		.it_interval.tv_nsec = 200000000,
		.it_value.tv_nsec = 200000000,
	};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	timerfd_settime(timer, 0, &every, NULL);
	return timer;
}

static int loop(struct ipcbuf_channel *channel)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), timer = make_timer();
	struct epoll_event event;
	int bell, error;

	error = ipcbuf_channel_get_fd(channel, &bell);
	if (!error)
		error = watch(epoll, bell);
	if (!error)
		error = watch(epoll, timer);
	while (!error && (error = take_readings(channel)) == 0) {
		if (epoll_wait(epoll, &event, 1, -1) != 1)
			continue;
		if (event.data.fd == timer)
			take_tick(timer);
	}
	/* All has been received, and the producer has left. */
	return error == -EPIPE ? 0 : error;
}

static int run(const char *name, struct ipcbuf_region *region)
{
	struct ipcbuf_channel *channel;
	pid_t child;
	int error = open_channel(region, IPCBUF_CONSUMER, &channel);

	if (error)
		return error;
	child = fork();
	if (child == 0)
		_exit(produce(name) != 0);
	error = child < 0 ? -errno : loop(channel);
	ipcbuf_region_unlink(name);
	ipcbuf_region_close(region);
	if (child > 0)
		waitpid(child, NULL, 0);
	return error;
}

int main(void)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	struct ipcbuf_region *region;
	char name[32];
	int error;

	snprintf(name, sizeof(name), "epoll.%d", (int)getpid());
	options.backend = IPCBUF_BACKEND_KMOD;
	options.wait = IPCBUF_WAIT_KMOD;
	error = ipcbuf_region_create(name, &options, &region);
	if (!error)
		error = run(name, region);
	if (error)
		fprintf(stderr, "epoll: %s\n", ipcbuf_strerror(error));
	return error != 0;
}
