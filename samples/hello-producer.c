/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * hello-producer: sends greetings to hello-consumer, without copying them.
 *
 *   make samples; build/samples/hello-producer; build/samples/hello-consumer
 *   cc -o hello-producer hello-producer.c $(pkg-config --cflags --libs ipcbuf)
 *
 * A record is allocated in memory that both processes see, filled in place and
 * handed over; after that it belongs to the consumer. The channel is made to
 * be kept, so the two may be started in either order, even one after the
 * other's end.
 */
#include <stdio.h>

#include <ipcbuf/ipcbuf.h>

#define GREETINGS 5
#define BYTES     64

static int greet(struct ipcbuf_region *region, struct ipcbuf_channel *channel,
		 int number)
{
	void *record;
	int error;

	error = ipcbuf_alloc(region, BYTES, &record);
	if (error)
		return error;
	snprintf(record, BYTES, "hello, number %d", number);
	/* Waits while the channel is full. */
	error = ipcbuf_channel_send(channel, record);
	if (error)
		ipcbuf_free(record);	/* not sent, so it is still ours */
	return error;
}

static int produce(struct ipcbuf_region *region)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_channel *channel;
	int number, error;

	options.flags = IPCBUF_CHANNEL_KEEP;
	error = ipcbuf_channel_open(region, ipcbuf_key_name("greetings"),
				    IPCBUF_PRODUCER, &options, &channel);
	if (error)
		return error;
	for (number = 1; number <= GREETINGS && !error; number++)
		error = greet(region, channel, number);
	/* What has been sent can be received after we have left. */
	ipcbuf_channel_close(channel);
	return error;
}

int main(void)
{
	struct ipcbuf_region *region;
	int error;

	error = ipcbuf_region_open_or_create("hello", NULL, &region);
	if (!error) {
		error = produce(region);
		ipcbuf_region_close(region);
	}
	if (error)
		fprintf(stderr, "hello-producer: %s\n", ipcbuf_strerror(error));
	return error != 0;
}
