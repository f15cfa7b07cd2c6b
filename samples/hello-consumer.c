/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * hello-consumer: receives what hello-producer sends, and cleans up.
 *
 *   make samples; build/samples/hello-consumer & build/samples/hello-producer
 *   cc -o hello-consumer hello-consumer.c $(pkg-config --cflags --libs ipcbuf)
 *
 * A record that was received is the very memory that the producer has filled.
 * It is ours now, and has to be freed.
 */
#include <errno.h>
#include <stdio.h>

#include <ipcbuf/ipcbuf.h>

/*
 * How many bytes the producer wrote is between it and us. What it wrote is not
 * to be trusted more than it is: here it may not end.
 */
static int show(void *record)
{
	size_t bytes;
	int error;

	error = ipcbuf_usable_size(record, &bytes);
	if (error)
		return error;
	printf("%.*s\n", (int)bytes, (const char *)record);
	return ipcbuf_free(record);
}

static int consume(struct ipcbuf_region *region)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct ipcbuf_key key = ipcbuf_key_name("greetings");
	struct ipcbuf_channel *channel;
	void *record;
	int error;

	options.flags = IPCBUF_CHANNEL_KEEP;
	error = ipcbuf_channel_open(region, key, IPCBUF_CONSUMER, &options,
				    &channel);
	if (error)
		return error;
	/* Sleeps until a record comes, also while there is no producer yet. */
	while (!(error = ipcbuf_channel_recv(channel, &record))) {
		error = show(record);
		if (error)
			break;
	}
	ipcbuf_channel_close(channel);
	ipcbuf_channel_remove(region, key);
	/* All has been received, and the producer has left: this is the end. */
	return error == -EPIPE ? 0 : error;
}

int main(void)
{
	struct ipcbuf_region *region;
	int error;

	error = ipcbuf_region_open_or_create("hello", NULL, &region);
	if (!error) {
		error = consume(region);
		ipcbuf_region_unlink("hello");
		ipcbuf_region_close(region);
	}
	if (error)
		fprintf(stderr, "hello-consumer: %s\n", ipcbuf_strerror(error));
	return error != 0;
}
