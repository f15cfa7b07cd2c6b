/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Arguments, frame and errors of `send` and `recv`; see transfer.h. */
#include "transfer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interrupt.h"

static const struct option long_options[] = {
	{ "record-bytes", required_argument, NULL, 'R' },
	{ "depth", required_argument, NULL, 'd' },
#define SENDERS_OPTIONS 2
	{ "region", required_argument, NULL, 'r' },
	{ "size", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 't' },
	{ "progress", no_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int parse_number(struct transfer *t, const struct command *self,
			int option)
{
	uint64_t count;

	switch (option) {
	case 'R':
		if (cmd_parse_size(optarg, &t->record_bytes) &&
		    t->record_bytes >= TRANSFER_RECORD_MIN &&
		    t->record_bytes <= IPCBUF_REGION_MAX_BYTES)
			return CMD_OK;
		return cmd_usage(self, "'%s': not a size of at least %d",
				 optarg, (int)TRANSFER_RECORD_MIN);
	case 'd':
		if (!cmd_parse_count(optarg, 1, IPCBUF_CHANNEL_MAX_SLOTS,
				     &count))
			return cmd_usage(self, "'%s': not a depth from 1 to %u",
					 optarg, IPCBUF_CHANNEL_MAX_SLOTS);
		t->depth_slots = (uint32_t)count;
		return CMD_OK;
	case 's':
		if (cmd_parse_size(optarg, &t->size_bytes) &&
		    t->size_bytes >= IPCBUF_REGION_MIN_BYTES &&
		    t->size_bytes <= IPCBUF_REGION_MAX_BYTES)
			return CMD_OK;
		return cmd_usage(self, "'%s': not a size from 1M to 16T",
				 optarg);
	}
	return cmd_bad_option(self);
}

static int parse_option(struct transfer *t, const struct command *self,
			int option)
{
	switch (option) {
	case 'r':
		t->region_name = optarg;
		return cmd_check_region(self, optarg);
	case 't':
		if (cmd_parse_seconds(optarg, &t->timeout_ns))
			return CMD_OK;
		return cmd_usage(self, "'%s': not a number of seconds above 0",
				 optarg);
	case 'p':
		t->wants_progress = true;
		return CMD_OK;
	case 'h':
		return CMD_HELP;
	}
	return parse_number(t, self, option);
}

static int parse_channel(struct transfer *t, const struct command *self,
			 int argc, char **argv)
{
	int length;

	if (argc - optind != 1)
		return cmd_usage(self, "%s takes one CHANNEL", self->name);
	t->channel = argv[optind];
	if (!cmd_parse_key(t->channel, &t->key))
		return cmd_usage(self, "'%s': neither a number nor a name (1 "
				 "to %d of A-Z a-z 0-9 . _ -)", t->channel,
				 IPCBUF_NAME_MAX);
	length = snprintf(t->reply_name, sizeof(t->reply_name), "%s%s",
			  t->channel, TRANSFER_REPLY_SUFFIX);
	if (length <= IPCBUF_NAME_MAX)
		return CMD_OK;
	return cmd_usage(self, "'%s': too long by %d", t->channel,
			 length - IPCBUF_NAME_MAX);
}

int transfer_parse(struct transfer *t, const struct command *self, int argc,
		   char **argv, bool sender)
{
	const struct option *options =
		long_options + (sender ? 0 : SENDERS_OPTIONS);
	const char *letters = sender ? "R:d:r:s:t:ph" : "r:s:t:ph";
	int option, status;

	memset(t, 0, sizeof(*t));
	t->region_name = TRANSFER_REGION;
	t->timeout_ns = IPCBUF_FOREVER;
	while ((option = getopt_long(argc, argv, letters, options,
				     NULL)) != -1) {
		status = parse_option(t, self, option);
		if (status != CMD_OK)
			return status;
	}
	return parse_channel(t, self, argc, argv);
}

void transfer_close(struct transfer *t)
{
	if (t->reply)
		ipcbuf_channel_close(t->reply);
	if (t->data)
		ipcbuf_channel_close(t->data);
	t->reply = NULL;
	t->data = NULL;
}

static int is_alone(const struct transfer *t)
{
	return !t->data || ipcbuf_channel_has_producer(t->data) <= 0 ||
	       ipcbuf_channel_has_consumer(t->data) <= 0;
}

int transfer_goes_on(struct transfer *t, int *error, uint64_t deadline_ns)
{
	if (!session_goes_on(error, deadline_ns))
		return 0;
	if (!is_alone(t) || !session_lost(&t->session))
		return 1;
	*error = -EIDRM;
	return 0;
}

static int say_failed(const struct transfer *t, const char *peer, int error)
{
	switch (error) {
	case -EPIPE:
		return cmd_failf("%s: the %s left before the end (see what it "
				 "says, and start both again)", t->channel,
				 peer);
	case -EOWNERDEAD:
		return cmd_failf("%s: the %s died before the end (start both "
				 "again)", t->channel, peer);
	case -ETIMEDOUT:
		return cmd_failf("%s: no %s, or it did nothing for %.6g s "
				 "(is it running? allow more with --timeout)",
				 t->channel, peer,
				 (double)t->timeout_ns / 1e9);
	case -EBADMSG:
		return cmd_failf("%s: what came isn't what a %s of ipcbuf "
				 "sends (is a program using this channel?)",
				 t->channel, peer);
	case -EIDRM:
		return cmd_failf("%s: the region \"%s\" was removed before a "
				 "%s came (start both again)", t->channel,
				 t->region_name, peer);
	case -ESTALE:
		return cmd_failf("%s: in the middle of a transfer whose "
				 "receiver has left (start both again)",
				 t->channel);
	}
	return cmd_fail(t->channel, error);
}

/* The line of progress ends before another one is printed. */
int transfer_failed(struct transfer *t, const char *peer, int error)
{
	progress_finish(&t->progress);
	if (error == -EINTR)
		return CMD_SIGNAL + interrupt_signal();
	return say_failed(t, peer, error);
}

int transfer_file_failed(struct transfer *t, const char *file)
{
	const char *why = strerror(errno);

	progress_finish(&t->progress);
	return cmd_failf("%s: %s", file, why);
}

int transfer_run(struct transfer *t, int (*work)(struct transfer *transfer))
{
	int error, status;

	interrupt_catch();
	error = session_join(t->region_name, t->size_bytes, &t->session);
	if (error == -EINTR)
		return CMD_SIGNAL + interrupt_signal();
	if (error)
		return cmd_create_failed(t->region_name, NULL, error);
	status = work(t);
	transfer_close(t);
	session_leave(&t->session);
	return status;
}
