// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The producer. One thread walks the tree and reads each file straight into
 * records; a file goes to the stream that has been sent less so far.
 *
 * A file is sent as long as it was when it was opened, so that one which keeps
 * growing ends too; what read(2) really returned is what is sent and counted.
 */
#include "producer.h"

#include "digest.h"
#include "interrupt.h"
#include "walk.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What waits to be handed over. */
struct batch {
	uint32_t records;
	uint32_t bytes;
};

struct producer {
	const struct demo_options *options;
	struct transport *transport;
	struct progress *progress;
	struct pass *pass;
	struct digest digest;
	uint64_t stream_bytes[STREAMS];
	struct batch batches[STREAMS];
	uint64_t files;		/* begun */
};

/* A file on its way. */
struct parcel {
	const struct walk_file *file;
	uint64_t bytes;		/* to be sent */
	uint64_t offset;
	unsigned int stream;
};

int read_full(int fd, void *buffer, size_t bytes, size_t *ret_bytes)
{
	size_t have = 0;
	ssize_t got;

	while (have < bytes) {
		got = read(fd, (char *)buffer + have, bytes - have);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			have += (size_t)got;
	}
	*ret_bytes = have;
	return 0;
}

static void write_header(struct record *record, uint32_t flags, uint64_t file,
			 const struct parcel *parcel, uint32_t bytes)
{
	struct record head = {
		.magic = RECORD_MAGIC,
		.flags = flags,
		.file = file,
		.bytes = bytes,
	};

	if (parcel) {
		head.offset = parcel->offset;
		head.path_hash = parcel->file->path_hash;
	}
	memcpy(record, &head, sizeof(head));
}

static int flush(struct producer *producer, unsigned int stream)
{
	struct transport *transport = producer->transport;

	producer->batches[stream] = (struct batch){ 0, 0 };
	return transport->ops->flush(transport, stream);
}

/* Counts a filled record and sends it, with others or alone. */
static int send_record(struct producer *producer, unsigned int stream,
		       struct record *record)
{
	struct batch *batch = &producer->batches[stream];

	batch->records++;
	batch->bytes += record->bytes;
	producer->stream_bytes[stream] += record->bytes;
	producer->pass->sent.records++;
	producer->transport->ops->send(producer->transport, stream, record);
	if (batch->records < BATCH_RECORDS && batch->bytes < BATCH_BYTES)
		return 0;
	return flush(producer, stream);
}

/*
 * The next piece of a file. Sets *ret_last with the last; a file of which not
 * even the first byte can be read is skipped. An error later on is the file's
 * end.
 */
static int send_piece(struct producer *producer, struct parcel *parcel,
		      bool *ret_last)
{
	struct transport *transport = producer->transport;
	uint64_t left = parcel->bytes - parcel->offset;
	size_t want = RECORD_DATA_MAX_BYTES;
	size_t got = 0;
	struct record *record;
	int ret;

	if (left < want)
		want = (size_t)left;
	ret = transport->ops->get(transport, parcel->stream, want, &record);
	if (ret)
		return ret;
	ret = read_full(parcel->file->fd, record->data, want, &got);
	if (ret && !parcel->offset) {
		transport->ops->put(transport, record);
		producer->pass->skips.unreadable++;
		*ret_last = true;
		return 0;
	}
	*ret_last = got == left || got < want;
	producer->pass->skips.shortened += got < want;
	digest_add(&producer->digest, record->data, got);
	write_header(record, *ret_last ? RECORD_LAST : 0, producer->files,
		     parcel, (uint32_t)got);
	parcel->offset += got;
	if (*ret_last)
		digest_end(&producer->digest, parcel->file->path_hash,
			   &producer->pass->sent);
	return send_record(producer, parcel->stream, record);
}

static unsigned int choose_stream(const struct producer *producer)
{
	unsigned int best = 0;
	unsigned int i;

	for (i = 1; i < STREAMS; i++)
		if (producer->stream_bytes[i] < producer->stream_bytes[best])
			best = i;
	return best;
}

/* Returns 1 where the limit has been reached, which ends the walk. */
static int send_file(const struct walk_file *file, void *arg)
{
	struct producer *producer = arg;
	uint64_t sent = producer->pass->sent.bytes;
	uint64_t left = producer->options->limit_bytes - sent;
	struct parcel parcel = { file, file->bytes, 0, 0 };
	bool last = false;
	int ret = 0;

	if (parcel.bytes > left)
		parcel.bytes = left;
	parcel.stream = choose_stream(producer);
	digest_begin(&producer->digest);
	while (!ret && !last) {
		ret = interrupt_signal() ? -EINTR
					 : send_piece(producer, &parcel, &last);
		progress_update(producer->progress, &producer->pass->sent);
	}
	producer->files++;
	if (ret)
		return ret;
	return producer->pass->sent.bytes >= producer->options->limit_bytes;
}

/* The end of a stream is a record too, though it isn't counted. */
static int send_end(struct producer *producer, unsigned int stream)
{
	struct transport *transport = producer->transport;
	struct record *record;
	int ret = transport->ops->get(transport, stream, 0, &record);

	if (ret)
		return ret;
	write_header(record, RECORD_END, 0, NULL, 0);
	transport->ops->send(transport, stream, record);
	return flush(producer, stream);
}

int producer_run(const struct demo_options *options,
		 struct transport *transport, struct progress *progress,
		 struct pass *pass)
{
	struct producer producer = {
		.options = options,
		.transport = transport,
		.progress = progress,
		.pass = pass,
	};
	unsigned int i;
	int ret = digest_open(&producer.digest);

	if (ret)
		return ret;
	ret = walk_tree(options->directory, send_file, &producer, &pass->skips);
	for (i = 0; ret >= 0 && i < STREAMS; i++)
		ret = send_end(&producer, i);
	digest_close(&producer.digest);
	return ret;
}
