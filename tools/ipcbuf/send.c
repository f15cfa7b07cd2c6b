/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* `ipcbuf send`: standard input into a channel; transfer.h tells the story. */
#include <errno.h>
#include <unistd.h>

#include "interrupt.h"
#include "record.h"
#include "transfer.h"

static const char help[] =
	"Usage: ipcbuf send [OPTION]... CHANNEL\n"
	"Sends standard input through a channel to `ipcbuf recv CHANNEL`, in\n"
	"either order of starting. Ends when the receiver has all of it.\n"
	"A CHANNEL of digits is a number, any other a name.\n\n"
	"  -r, --region NAME         the region (ipcbuf). If it isn't there it is\n"
	"                            made, and removed when the transfer ends\n"
	"  -s, --size SIZE           its size if it is made, 1M to 16T (1G)\n"
	"  -R, --record-bytes SIZE   a record's size, 64 bytes of it for the\n"
	"                            header; 128 or more (64K)\n"
	"  -d, --depth COUNT         how many records the channel holds (64)\n"
	"  -t, --timeout SECONDS     how long to wait for the receiver each time\n"
	"                            (for ever)\n"
	"  -p, --progress            bytes and rate on standard error\n"
	"  -h, --help                show this\n";

/* How long what is left of an earlier transfer may take to go. */
#define PATIENCE_NS UINT64_C(3000000000)

static int open_end(struct transfer *t, struct ipcbuf_key key,
		    enum ipcbuf_direction direction, uint32_t depth_slots,
		    struct ipcbuf_channel **ret_channel)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	uint64_t patience_ns = t->timeout_ns < PATIENCE_NS ? t->timeout_ns :
							     PATIENCE_NS;
	uint64_t deadline_ns = ipcbuf_deadline_ns(patience_ns);
	int error;

	options.flags = IPCBUF_CHANNEL_EXCL;
	options.depth_slots = depth_slots;
	for (;;) {
		error = ipcbuf_channel_open(t->session.region, key, direction,
					    &options, ret_channel);
		if (error != -EEXIST || ipcbuf_now_ns() >= deadline_ns)
			return error;
		if (interrupt_signal())
			return -EINTR;
		session_pause();
	}
}

/* The receiver looks for the data channel, so that one comes last. */
static int open_ends(struct transfer *t)
{
	int error = open_end(t, transfer_reply_key(t), IPCBUF_CONSUMER, 1,
			     &t->reply);

	if (!error)
		error = open_end(t, t->key, IPCBUF_PRODUCER, t->depth_slots,
				 &t->data);
	if (error == -EEXIST)
		return cmd_failf("%s: in use (by another sender? see 'ipcbuf "
				 "stat %s'; 'ipcbuf rm -r %s -c KEY' removes "
				 "a channel)", t->channel, t->region_name,
				 t->region_name);
	return error ? transfer_failed(t, "receiver", error) : CMD_OK;
}

/* A receiver came, and is no longer there? */
static int receiver_gone(struct transfer *t)
{
	struct ipcbuf_channel_info info;

	if (ipcbuf_channel_get_info(t->data, &info) ||
	    info.consumer_state == IPCBUF_END_NEVER)
		return 0;
	return ipcbuf_channel_has_consumer(t->data) == 0;
}

/* Does a full region empty by waiting? Only if it's ours that fills it. */
static int may_empty(struct transfer *t, uint64_t since_ns)
{
	size_t pending;

	if (ipcbuf_now_ns() < since_ns + PATIENCE_NS)
		return 1;
	return !ipcbuf_channel_pending(t->data, &pending) && pending > 0;
}

/* Waits while the records in flight fill the region. */
static int alloc_record(struct transfer *t, size_t bytes, void **ret_record)
{
	uint64_t start_ns = ipcbuf_now_ns();
	uint64_t deadline_ns = transfer_deadline(t);
	int error;

	for (;;) {
		error = ipcbuf_alloc(t->session.region, bytes, ret_record);
		if (error != -ENOMEM || !may_empty(t, start_ns))
			return error;
		if (interrupt_signal())
			return -EINTR;
		if (receiver_gone(t))
			return -EPIPE;
		if (ipcbuf_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
		session_pause();
	}
}

/* Takes the record, whatever happens. */
static int send_record(struct transfer *t, void *record, enum record_type type,
		       size_t bytes)
{
	struct record_header header = {
		.type = type, .sequence = t->sequence,
		.position = t->position, .bytes = bytes,
	};
	uint64_t deadline_ns = transfer_deadline(t);
	int error;

	record_seal(record, &header);
	do
		error = ipcbuf_channel_send_until(t->data, record,
						  session_slice(deadline_ns));
	while (transfer_goes_on(t, &error, deadline_ns));
	if (error) {
		ipcbuf_free(record);
		return error;
	}
	t->sequence++;
	t->position += bytes;
	return 0;
}

static int send_mark(struct transfer *t, enum record_type type)
{
	void *record;
	int error = alloc_record(t, RECORD_HEADER_BYTES, &record);

	if (!error)
		error = send_record(t, record, type, 0);
	return error ? transfer_failed(t, "receiver", error) : CMD_OK;
}

static int choose_record_bytes(struct transfer *t)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	int error = ipcbuf_region_get_info(t->session.region, &info);

	if (error)
		return cmd_fail(t->region_name, error);
	if (t->record_bytes > info.max_record_bytes)
		return cmd_failf("%s: its largest record has %llu bytes (choose "
				 "less with --record-bytes)", t->region_name,
				 (unsigned long long)info.max_record_bytes);
	if (!t->record_bytes)
		t->record_bytes = TRANSFER_RECORD_BYTES;
	if (t->record_bytes > info.max_record_bytes)
		t->record_bytes = info.max_record_bytes;
	return CMD_OK;
}

/*
 * One read() straight into a record; what it gives is sent at once, so that
 * a slow input isn't held up.
 *
 * Return: CMD_OK with *ret_bytes, 0 at the end; otherwise the exit status.
 */
static int fill_record(struct transfer *t, void *record, size_t *ret_bytes)
{
	size_t room = t->record_bytes - RECORD_HEADER_BYTES;
	ssize_t got;

	do {
		if (interrupt_signal())
			return transfer_failed(t, "receiver", -EINTR);
		got = read(STDIN_FILENO, record_data(record), room);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return transfer_file_failed(t, "standard input");
	*ret_bytes = (size_t)got;
	return CMD_OK;
}

/* Return: CMD_OK with *ret_bytes, 0 at the end; otherwise the exit status. */
static int send_next(struct transfer *t, size_t *ret_bytes)
{
	void *record;
	int status, error;

	error = alloc_record(t, t->record_bytes, &record);
	if (error)
		return transfer_failed(t, "receiver", error);
	status = fill_record(t, record, ret_bytes);
	if (status != CMD_OK || *ret_bytes == 0) {
		ipcbuf_free(record);
		return status;
	}
	error = send_record(t, record, RECORD_DATA, *ret_bytes);
	if (error)
		return transfer_failed(t, "receiver", error);
	progress_add(&t->progress, *ret_bytes);
	return CMD_OK;
}

static int send_all(struct transfer *t)
{
	size_t bytes = 1;
	int status;

	status = send_mark(t, RECORD_START);
	while (status == CMD_OK && bytes > 0)
		status = send_next(t, &bytes);
	return status == CMD_OK ? send_mark(t, RECORD_END) : status;
}

/*
 * The receiver joins the reply channel after START. One that has gone before
 * that is seen on the data channel only.
 */
static int receive_reply(struct transfer *t, void **ret_record)
{
	uint64_t deadline_ns = transfer_deadline(t);
	int error, gone;

	do {
		gone = receiver_gone(t);
		error = ipcbuf_channel_recv_until(t->reply, ret_record,
						  session_slice(deadline_ns));
		if (error == -ETIMEDOUT && gone)
			return -EPIPE;
	} while (transfer_goes_on(t, &error, deadline_ns));
	return error;
}

static int await_done(struct transfer *t)
{
	struct record_header header;
	void *record;
	int error = receive_reply(t, &record);

	if (error)
		return transfer_failed(t, "receiver", error);
	error = record_check(record, &header);
	if (!error && (header.type != RECORD_DONE ||
		       header.position != t->position))
		error = -EBADMSG;
	ipcbuf_free(record);
	return error ? transfer_failed(t, "receiver", error) : CMD_OK;
}

static int work(struct transfer *t)
{
	int status = choose_record_bytes(t);

	if (status == CMD_OK)
		status = open_ends(t);
	if (status != CMD_OK)
		return status;
	progress_start(&t->progress, "sent", t->wants_progress);
	status = send_all(t);
	if (status == CMD_OK)
		status = await_done(t);
	progress_finish(&t->progress);
	return status;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct transfer transfer;
	int status = transfer_parse(&transfer, self, argc, argv, true);

	return status == CMD_OK ? transfer_run(&transfer, work) : status;
}

const struct command command_send = {
	"send", "standard input through a channel to `ipcbuf recv`", help, run,
};
