/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The region of a transfer. If nobody has made it, the first of sender and
 * receiver does, and the last one to leave removes it; a region that was made
 * otherwise stays.
 *
 * Everyone opens a segment that goes with its last user. That a region is to be
 * removed is said by a channel in it, the gate, which also is the lock that
 * joining and leaving need: its producer's end, which one live member at a time
 * can have, and which is free again when that one dies. Under it,
 *
 *   - who leaves closes the segment, and unlinks the region if that was
 *     the end of the segment;
 *   - who has joined, and opened the segment before, looks whether the name
 *     still leads to the region it has, or starts again.
 *
 * A region without a gate belongs to somebody else, or its maker hasn't come to
 * making the gate yet. The maker will leave after that, and then the segment
 * tells it of who has joined meanwhile; and they look for the gate again when
 * they leave.
 */
#ifndef IPCBUF_SESSION_H
#define IPCBUF_SESSION_H

#include <stdint.h>

#include <ipcbuf/ipcbuf.h>

#define SESSION_GATE  "ipcbuf.transfer"
#define SESSION_USERS "ipcbuf.users"

struct session {
	const char *name;
	struct ipcbuf_region *region;
	struct ipcbuf_segment *users;
	uint64_t looked_ns;	/* when session_lost() last looked */
};

/*
 * @size_bytes: for a region that isn't there yet; 0: the default
 *
 * Return: 0; -EINTR (interrupt.h), -EOPNOTSUPP (no region with a name can be
 * made where $IPCBUF_REGION says memfd), or what opening or creating said.
 */
int session_join(const char *name, uint64_t size_bytes,
		 struct session *ret_session);

/* Closes the region. All channels of it have been closed. */
void session_leave(struct session *session);

/*
 * Has the region been removed, or its name been given to another? Nobody who
 * comes now will find this one. Looks once a second.
 */
int session_lost(struct session *session);

/* Sleeps for a short time, where there is nothing to wait for. */
void session_pause(void);

/*
 * How this tool waits: in slices, between which it sees whether it was
 * interrupted. To be used as
 *
 *	do
 *		error = ipcbuf_..._until(..., session_slice(deadline_ns));
 *	while (session_goes_on(&error, deadline_ns));
 *
 * or with transfer_goes_on(), which also sees whether anybody can come.
 */
uint64_t session_slice(uint64_t deadline_ns);

/* May turn *error from -ETIMEDOUT into -EINTR. */
int session_goes_on(int *error, uint64_t deadline_ns);

#endif
