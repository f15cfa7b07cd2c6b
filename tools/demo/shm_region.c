// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The region and the channels of the demo: who creates them, who opens them,
 * and that they go.
 *
 * The region has a name only until the consumer has opened it, so that nothing
 * stays behind whoever is killed after that. One that can be passed as
 * a descriptor has none, or only for a moment.
 */
#include "shm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Names to try where others are taken by a run that was killed at birth. */
#define NAMES_MAX 16u

static int shm_create_region(struct shm *shm, const struct demo_options *opt)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	unsigned int i;
	int ret = -EEXIST;

	options.size_bytes = opt->size_bytes;
	options.backend = opt->backend;
	options.wait = opt->wait;
	for (i = 0; ret == -EEXIST && i < NAMES_MAX; i++) {
		snprintf(shm->name, sizeof(shm->name), "ipcbuf-demo-%ld-%u",
			 (long)getpid(), i);
		ret = ipcbuf_region_create(shm->name, &options, &shm->region);
	}
	return ret;
}

/* The two channels of a stream, records there and tokens back. */
static int shm_open_stream(struct shm *shm, unsigned int i, uint32_t flags,
			   enum ipcbuf_direction direction)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	struct shm_stream *stream = &shm->streams[i];
	enum ipcbuf_direction back = IPCBUF_CONSUMER;
	char name[IPCBUF_NAME_MAX + 1];
	int ret;

	if (direction == IPCBUF_CONSUMER)
		back = IPCBUF_PRODUCER;
	options.flags = flags;
	options.depth_slots = shm->depth_slots;
	snprintf(name, sizeof(name), "records-%u", i);
	ret = ipcbuf_channel_open(shm->region, ipcbuf_key_name(name), direction,
				  &options, &stream->records);
	if (ret)
		return ret;
	options.depth_slots = 1;
	snprintf(name, sizeof(name), "tokens-%u", i);
	return ipcbuf_channel_open(shm->region, ipcbuf_key_name(name), back,
				   &options, &stream->tokens);
}

static int shm_make_token(struct shm *shm, struct shm_stream *stream)
{
	struct record token = { .magic = RECORD_MAGIC, .flags = RECORD_SYNC };
	int ret = ipcbuf_alloc(shm->region, sizeof(token), &stream->token);

	if (!ret)
		memcpy(stream->token, &token, sizeof(token));
	return ret;
}

/*
 * The producer attaches before the consumer can look: the consumer thus never
 * waits for a producer that died on its way here.
 */
static int shm_furnish(struct shm *shm)
{
	unsigned int i;
	int ret;

	ret = ipcbuf_region_get_fd(shm->region, &shm->fd);
	if (ret && ret != -EOPNOTSUPP)
		return ret;
	/* A kmod region has both. */
	if (!ret)
		ipcbuf_region_unlink(shm->name);
	for (i = 0; i < STREAMS; i++) {
		ret = shm_open_stream(shm, i, IPCBUF_CHANNEL_EXCL,
				      IPCBUF_PRODUCER);
		if (!ret)
			ret = shm_make_token(shm, &shm->streams[i]);
		if (ret)
			return ret;
	}
	return 0;
}

void shm_close(struct transport *transport)
{
	struct shm *shm = shm_of(transport);

	if (shm->fd >= 0)
		close(shm->fd);
	else if (shm->name[0])
		ipcbuf_region_unlink(shm->name);
	ipcbuf_region_close(shm->region);
	free(shm);
}

int shm_create(const struct demo_options *options,
	       struct transport **ret_transport)
{
	struct shm *shm = calloc(1, sizeof(*shm));
	int ret;

	if (!shm)
		return -ENOMEM;
	shm->base.ops = &transport_shm;
	shm->fd = -1;
	shm->depth_slots = options->depth_slots;
	ret = shm_create_region(shm, options);
	if (ret) {
		free(shm);
		return ret;
	}
	ret = shm_furnish(shm);
	if (ret) {
		shm_close(&shm->base);
		return ret;
	}
	*ret_transport = &shm->base;
	return 0;
}

int shm_join_producer(struct transport *transport)
{
	(void)transport;
	return 0;
}

/*
 * Both have the region open once the consumer has: its name isn't needed. Where
 * that failed, the producer may be dead, and nobody else could remove it.
 */
static int shm_open_region(struct shm *shm)
{
	int ret;

	shm->region = NULL;
	if (shm->fd >= 0)
		return ipcbuf_region_open_fd(shm->fd, NULL, &shm->region);
	ret = ipcbuf_region_open(shm->name, NULL, &shm->region);
	ipcbuf_region_unlink(shm->name);
	shm->name[0] = '\0';
	return ret;
}

int shm_join_consumer(struct transport *transport)
{
	struct shm *shm = shm_of(transport);
	unsigned int i;
	int ret = shm_open_region(shm);

	memset(shm->streams, 0, sizeof(shm->streams));
	for (i = 0; !ret && i < STREAMS; i++)
		ret = shm_open_stream(shm, i, IPCBUF_CHANNEL_OPEN_ONLY,
				      IPCBUF_CONSUMER);
	return ret;
}

int shm_inspect(struct transport *transport, struct facts *ret_facts)
{
	struct shm *shm = shm_of(transport);
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	int ret = ipcbuf_region_get_info(shm->region, &info);

	if (ret)
		return ret;
	ret_facts->backend = info.backend_name;
	ret_facts->wait = info.wait_name;
	ret_facts->size_bytes = info.size_bytes;
	ret_facts->peak_bytes = info.peak_committed_bytes;
	ret_facts->stalls = shm->stalls;
	return 0;
}
