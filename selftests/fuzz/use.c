// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Everything that a program can do with a region. See use.h. */
#include "use.h"

#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define RECORDS 8

static void *records[RECORDS];

int sane(int ret)
{
	if (ret > 1 || ret < -4095)
		abort();
	return ret;
}

static uint64_t soon(void)
{
	return ipcbuf_deadline_ns(MS / 10);
}

static void touch(void *memory, size_t bytes)
{
	volatile char *at = memory;

	if (!bytes)
		abort();
	at[0] = (char)(at[0] + 1);
	at[bytes - 1] = (char)(at[bytes - 1] + 1);
}

/* A record that we hold: ours from its first byte to its last. */
static void have(void *memory, size_t wanted)
{
	size_t bytes;

	if (sane(ipcbuf_usable_size(memory, &bytes)))
		return;
	if (bytes < wanted)
		abort();
	touch(memory, bytes);
}

static void keep(void *memory, size_t wanted)
{
	static unsigned int next;

	have(memory, wanted);
	if (records[next])
		sane(ipcbuf_free(records[next]));
	records[next] = memory;
	next = (next + 1) % RECORDS;
}

static void forget_records(void)
{
	memset(records, 0, sizeof(records));
}

static int see_channel(const struct ipcbuf_channel_info *info, void *arg)
{
	(void)arg;
	if (info->key.name && strlen(info->key.name) > IPCBUF_NAME_MAX)
		abort();
	return 0;
}

static int see_member(const struct ipcbuf_member_info *info, void *arg)
{
	(void)info;
	(void)arg;
	return 0;
}

static int see_class(const struct ipcbuf_class_info *info, void *arg)
{
	(void)info;
	(void)arg;
	return 0;
}

void look_at_region(struct ipcbuf_region *region)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	struct ipcbuf_death death;
	uint64_t number = 0;
	unsigned int i;

	sane(ipcbuf_region_get_info(region, &info));
	sane(ipcbuf_region_list_channels(region, see_channel, NULL));
	sane(ipcbuf_region_list_members(region, see_member, NULL));
	sane(ipcbuf_region_list_classes(region, see_class, NULL));
	sane(ipcbuf_region_verify(region, NULL, NULL));
	for (i = 0; i < 10; i++) {
		if (sane(ipcbuf_region_next_death(region, number,
						  IPCBUF_NOWAIT, &death)))
			break;
		if (death.number <= number)
			abort();
		number = death.number;
	}
}

static void use_heap(struct ipcbuf_region *region)
{
	static const size_t sizes[] = {
		1, 64, 100, 700, 5000, 16384, 40000, 150000, 400000, 9000000,
	};
	unsigned int i;
	void *memory;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (!sane(ipcbuf_alloc(region, sizes[i], &memory)))
			keep(memory, sizes[i]);
	if (!sane(ipcbuf_alloc_aligned(region, 100, 4096, &memory)))
		keep(memory, 100);
}

static void recover(struct ipcbuf_region *region)
{
	sane(ipcbuf_region_recover(region, NULL));
}

static void trim(struct ipcbuf_region *region)
{
	sane(ipcbuf_region_trim(region));
}

static void receive(struct ipcbuf_channel *channel)
{
	void *memory, *some[4];
	size_t count;
	int i;

	for (i = 0; i < 20; i++)
		if (!sane(ipcbuf_channel_try_recv(channel, &memory)))
			keep(memory, 1);
	if (!sane(ipcbuf_channel_recv_until(channel, &memory, soon())))
		keep(memory, 1);
	if (sane(ipcbuf_channel_recv_batch(channel, some, 4, IPCBUF_NOWAIT,
					   &count)))
		return;
	if (!count || count > 4)
		abort();
	while (count--)
		keep(some[count], 1);
}

static void send(struct ipcbuf_region *region, struct ipcbuf_channel *channel)
{
	void *some[3] = { NULL };
	size_t count = 0, sent = 0;

	while (count < 3 && !sane(ipcbuf_alloc(region, 90, &some[count])))
		count++;
	if (!count)
		return;
	if (!sane(ipcbuf_channel_send_batch(channel, some, count, soon(),
					    &sent)) &&
	    (!sent || sent > count))
		abort();
	for (; sent < count; sent++)
		sane(ipcbuf_free(some[sent]));
}

static void use_channel(struct ipcbuf_region *region, struct ipcbuf_key key)
{
	struct ipcbuf_channel_info info;
	struct ipcbuf_channel *in, *out;
	size_t pending;

	sane(ipcbuf_channel_exists(region, key));
	sane(ipcbuf_channel_wait(region, key, soon()));
	if (!sane(ipcbuf_channel_open(region, key, IPCBUF_CONSUMER, NULL,
				      &in))) {
		sane(ipcbuf_channel_pending(in, &pending));
		sane(ipcbuf_channel_has_producer(in));
		sane(ipcbuf_channel_get_info(in, &info));
		receive(in);
	} else {
		in = NULL;
	}
	if (!sane(ipcbuf_channel_open(region, key, IPCBUF_PRODUCER, NULL,
				      &out))) {
		send(region, out);
		sane(ipcbuf_channel_close(out));
	}
	if (in)
		sane(ipcbuf_channel_close(in));
}

static void use_channels(struct ipcbuf_region *region)
{
	int64_t id;

	for (id = 0; id < 4; id++)
		use_channel(region, ipcbuf_key_id(id));
	use_channel(region, ipcbuf_key_name("named"));
}

static int fill(void *address, size_t bytes, void *arg)
{
	(void)arg;
	touch(address, bytes);
	return 0;
}

static void use_segment(struct ipcbuf_region *region, struct ipcbuf_key key,
			size_t bytes)
{
	struct ipcbuf_segment_options options = IPCBUF_SEGMENT_OPTIONS_INIT;
	struct ipcbuf_segment *segment;
	void *address;

	options.init = fill;
	options.deadline_ns = soon();
	if (sane(ipcbuf_segment_open(region, key, bytes, &options, &segment)))
		return;
	if (!sane(ipcbuf_segment_address(segment, &address, &bytes)))
		touch(address, bytes);
	sane(ipcbuf_segment_close(segment));
}

static void use_segments(struct ipcbuf_region *region)
{
	use_segment(region, ipcbuf_key_name("segment"), 0);
	use_segment(region, ipcbuf_key_name("other"), 3000);
	use_segment(region, ipcbuf_key_id(3), 64);
}

static void remove_objects(struct ipcbuf_region *region)
{
	sane(ipcbuf_channel_remove(region, ipcbuf_key_id(0)));
	sane(ipcbuf_channel_remove(region, ipcbuf_key_id(2)));
	sane(ipcbuf_segment_remove(region, ipcbuf_key_name("segment")));
}

void use_region(struct ipcbuf_region *region, unsigned int order)
{
	static void (*const uses[])(struct ipcbuf_region *region) = {
		look_at_region, use_heap, recover, use_channels, use_segments,
		trim, remove_objects, use_heap, use_channels,
	};
	const unsigned int count = sizeof(uses) / sizeof(uses[0]);
	unsigned int i;

	/* Steps of 1, 2, 4, 5, 7 or 8 come by each of nine. */
	static const unsigned int steps[] = { 1, 2, 4, 5, 7, 8 };

	for (i = 0; i < count; i++)
		uses[(order + i * steps[order / 9 % 6]) % count](region);
	look_at_region(region);
	forget_records();
}
