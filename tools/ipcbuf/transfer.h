/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What `send` and `recv` have in common: arguments, the two channels of
 * a transfer, and what they say when it fails.
 *
 * A transfer has channels of its own. The sender makes both, and only where
 * there is none of that key; the receiver waits until they are there. So
 * one transfer can follow another on the same key: what is left of the first
 * one makes the second sender wait, and a receiver that got into it by mistake
 * finds no START and waits again.
 */
#ifndef IPCBUF_TRANSFER_H
#define IPCBUF_TRANSFER_H

#include "cmd.h"
#include "progress.h"
#include "session.h"

#define TRANSFER_REGION "ipcbuf"
#define TRANSFER_REPLY_SUFFIX ".reply"

struct transfer {
	const char *channel;		/* as it was given */
	struct ipcbuf_key key;
	char reply_name[IPCBUF_NAME_MAX + 1];
	const char *region_name;
	uint64_t size_bytes;		/* 0: the library's default */
	uint64_t record_bytes;		/* 0: TRANSFER_RECORD_BYTES or less */
	uint32_t depth_slots;		/* 0: the library's default */
	uint64_t timeout_ns;		/* IPCBUF_FOREVER without --timeout */
	bool wants_progress;

	struct session session;
	struct ipcbuf_channel *data;
	struct ipcbuf_channel *reply;
	uint64_t sequence;		/* of the next record */
	uint64_t position;		/* bytes of data before it */
	struct progress progress;
};

/* One slab's worth: larger records would each take a frame of the heap. */
#define TRANSFER_RECORD_BYTES  (UINT64_C(64) << 10)
#define TRANSFER_RECORD_MIN    UINT64_C(128)

/*
 * Reads the arguments; @sender takes --record-bytes and --depth too. All
 * fields of @transfer are set.
 */
int transfer_parse(struct transfer *transfer, const struct command *self,
		   int argc, char **argv, bool sender);

static inline struct ipcbuf_key transfer_reply_key(const struct transfer *t)
{
	return ipcbuf_key_name(t->reply_name);
}

static inline uint64_t transfer_deadline(const struct transfer *t)
{
	return ipcbuf_deadline_ns(t->timeout_ns);
}

/* Closes the ends that are open. */
void transfer_close(struct transfer *transfer);

/*
 * As session_goes_on(); -EIDRM where the other side isn't there, and can't
 * come, since the region has been removed.
 */
int transfer_goes_on(struct transfer *transfer, int *error,
		     uint64_t deadline_ns);

/*
 * Says what an error of the transfer means. @peer is "sender" or "receiver".
 *
 * Return: the exit status. An interruption is no news to who made it.
 */
int transfer_failed(struct transfer *transfer, const char *peer, int error);

/* The same for an errno of standard input or output. */
int transfer_file_failed(struct transfer *transfer, const char *file);

/*
 * Runs a transfer from joining its region to leaving it.
 *
 * Return: the exit status of @work, or that of what failed before.
 */
int transfer_run(struct transfer *transfer,
		 int (*work)(struct transfer *transfer));

#endif
