/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* `ipcbuf recv`: a channel to standard output; transfer.h tells the story. */
#include <errno.h>
#include <unistd.h>

#include "interrupt.h"
#include "record.h"
#include "transfer.h"

static const char help[] =
	"Usage: ipcbuf recv [OPTION]... CHANNEL\n"
	"Receives what `ipcbuf send CHANNEL` sends, in either order of starting,\n"
	"and writes it to standard output. Fails if it didn't get all of it.\n"
	"A CHANNEL of digits is a number, any other a name.\n\n"
	"  -r, --region NAME       the region (ipcbuf). If it isn't there it is\n"
	"                          made, and removed when the transfer ends\n"
	"  -s, --size SIZE         its size if it is made, 1M to 16T (1G)\n"
	"  -t, --timeout SECONDS   how long to wait for the sender each time (for\n"
	"                          ever)\n"
	"  -p, --progress          bytes and rate on standard error\n"
	"  -h, --help              show this\n";

static int open_end(struct transfer *t, struct ipcbuf_key key,
		    enum ipcbuf_direction direction,
		    struct ipcbuf_channel **ret_channel)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;

	options.flags = IPCBUF_CHANNEL_OPEN_ONLY;
	return ipcbuf_channel_open(t->session.region, key, direction, &options,
				   ret_channel);
}

static int recv_until(struct transfer *t, uint64_t deadline_ns,
		      void **ret_record)
{
	int error;

	do
		error = ipcbuf_channel_recv_until(t->data, ret_record,
						  session_slice(deadline_ns));
	while (transfer_goes_on(t, &error, deadline_ns));
	return error;
}

/* Checks that it is the next one of this transfer. */
static int check_next(struct transfer *t, void *record,
		      struct record_header *ret_header)
{
	int error = record_check(record, ret_header);

	if (error)
		return error;
	if (ret_header->sequence != t->sequence ||
	    ret_header->position != t->position)
		return -EBADMSG;
	t->sequence++;
	return 0;
}

/*
 * Return: 0; -EPIPE (that was the end of an earlier transfer), -ESTALE (the
 * middle of one), other -errno.
 */
static int receive_start(struct transfer *t, uint64_t deadline_ns)
{
	struct record_header header;
	void *record;
	int error = recv_until(t, deadline_ns, &record);

	if (error)
		return error;
	error = record_check(record, &header);
	if (!error && header.type != RECORD_START)
		error = -ESTALE;
	ipcbuf_free(record);
	t->sequence = 1;
	return error;
}

/* Return: 0; -EAGAIN (no transfer to be had there any more), other -errno. */
static int try_to_join(struct transfer *t, uint64_t deadline_ns)
{
	int error;

	do
		error = ipcbuf_channel_wait(t->session.region, t->key,
					    session_slice(deadline_ns));
	while (transfer_goes_on(t, &error, deadline_ns));
	if (error)
		return error;
	error = open_end(t, t->key, IPCBUF_CONSUMER, &t->data);
	if (error)
		return error == -ENOENT ? -EAGAIN : error;
	error = receive_start(t, deadline_ns);
	if (!error)
		return open_end(t, transfer_reply_key(t), IPCBUF_PRODUCER,
				&t->reply);
	transfer_close(t);
	return error == -EPIPE ? -EAGAIN : error;
}

static int join_transfer(struct transfer *t)
{
	uint64_t deadline_ns = transfer_deadline(t);
	int error;

	while ((error = try_to_join(t, deadline_ns)) == -EAGAIN) {
		if (interrupt_signal())
			return -EINTR;
		if (ipcbuf_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
		session_pause();
	}
	/* After START only the sender's going can have removed a channel. */
	return error == -ENOENT ? -EPIPE : error;
}

static int write_all(struct transfer *t, const char *data, size_t bytes)
{
	ssize_t written;

	while (bytes > 0) {
		if (interrupt_signal())
			return transfer_failed(t, "sender", -EINTR);
		written = write(STDOUT_FILENO, data, bytes);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return transfer_file_failed(t, "standard output");
		data += written;
		bytes -= (size_t)written;
	}
	return CMD_OK;
}

/* Writes it straight from the record, which stays the caller's. */
static int take_record(struct transfer *t, void *record, bool *ret_end)
{
	struct record_header header;
	int status, error = check_next(t, record, &header);

	if (!error && header.type != RECORD_DATA && header.type != RECORD_END)
		error = -EBADMSG;
	if (error)
		return transfer_failed(t, "sender", error);
	status = write_all(t, record_data(record), header.bytes);
	if (status != CMD_OK)
		return status;
	t->position += header.bytes;
	*ret_end = header.type == RECORD_END;
	if (!*ret_end)
		progress_add(&t->progress, header.bytes);
	return CMD_OK;
}

/* Until the END; the caller holds that record then. */
static int receive_all(struct transfer *t, void **ret_end)
{
	bool end = false;
	int status, error;
	void *record;

	for (;;) {
		error = recv_until(t, transfer_deadline(t), &record);
		if (error)
			return transfer_failed(t, "sender", error);
		status = take_record(t, record, &end);
		if (status == CMD_OK && end)
			break;
		ipcbuf_free(record);
		if (status != CMD_OK)
			return status;
	}
	*ret_end = record;
	return CMD_OK;
}

/*
 * Only what has been written and closed well is said to be done. The record is
 * the END that came: this needs no memory in a region that may be full.
 */
static int send_done(struct transfer *t, void *record)
{
	struct record_header header = {
		.type = RECORD_DONE, .position = t->position,
	};
	int error;

	if (close(STDOUT_FILENO) < 0 && errno != EINTR)
		return transfer_file_failed(t, "standard output");
	record_seal(record, &header);
	error = ipcbuf_channel_try_send(t->reply, record);
	return error ? transfer_failed(t, "sender", error) : CMD_OK;
}

static int work(struct transfer *t)
{
	void *record = NULL;
	int status, error = join_transfer(t);

	if (error)
		return transfer_failed(t, "sender", error);
	progress_start(&t->progress, "received", t->wants_progress);
	status = receive_all(t, &record);
	if (status == CMD_OK) {
		status = send_done(t, record);
		if (status != CMD_OK)
			ipcbuf_free(record);
	}
	progress_finish(&t->progress);
	return status;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct transfer transfer;
	int status = transfer_parse(&transfer, self, argc, argv, false);

	return status == CMD_OK ? transfer_run(&transfer, work) : status;
}

const struct command command_recv = {
	"recv", "what `ipcbuf send` sends to standard output", help, run,
};
