/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Joining and leaving the region of a transfer; see session.h. */
#include "session.h"

#include <errno.h>
#include <time.h>

#include "cmd.h"
#include "interrupt.h"

#define SLICE_NS   UINT64_C(100000000)
#define PAUSE_NS   2000000
#define PATIENCE_NS UINT64_C(10000000000)
#define LOOK_NS     UINT64_C(1000000000)

void session_pause(void)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };

	nanosleep(&pause, NULL);
}

uint64_t session_slice(uint64_t deadline_ns)
{
	uint64_t slice = ipcbuf_deadline_ns(SLICE_NS);

	return slice < deadline_ns ? slice : deadline_ns;
}

int session_goes_on(int *error, uint64_t deadline_ns)
{
	if (*error != -ETIMEDOUT)
		return 0;
	if (interrupt_signal())
		*error = -EINTR;
	else if (ipcbuf_now_ns() < deadline_ns)
		return 1;
	return 0;
}

/* Return: 0; -ENOENT (no gate), -ETIMEDOUT, or what opening it said. */
static int take_gate(struct ipcbuf_region *region, uint32_t flags,
		     struct ipcbuf_channel **ret_gate)
{
	struct ipcbuf_channel_options options = IPCBUF_CHANNEL_OPTIONS_INIT;
	uint64_t deadline_ns = ipcbuf_deadline_ns(PATIENCE_NS);
	int error;

	options.flags = flags;
	options.depth_slots = 1;
	for (;;) {
		error = ipcbuf_channel_open(region,
					    ipcbuf_key_name(SESSION_GATE),
					    IPCBUF_PRODUCER, &options,
					    ret_gate);
		if (error != -EBUSY)
			return error;
		if (ipcbuf_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
		session_pause();
	}
}

/* When a region was made tells it from any other of its name. */
static int name_leads_to(const char *name, struct ipcbuf_region *region)
{
	struct ipcbuf_region_info mine = { .struct_bytes = sizeof(mine) };
	struct ipcbuf_region_info named = { .struct_bytes = sizeof(named) };
	struct ipcbuf_region *other;
	int same;

	if (cmd_open_rdonly(name, &other))
		return 0;
	same = !ipcbuf_region_get_info(region, &mine) &&
	       !ipcbuf_region_get_info(other, &named) &&
	       mine.created_ns == named.created_ns;
	ipcbuf_region_close(other);
	return same;
}

int session_lost(struct session *session)
{
	uint64_t now = ipcbuf_now_ns();

	if (now - session->looked_ns < LOOK_NS)
		return 0;
	session->looked_ns = now;
	return !name_leads_to(session->name, session->region);
}

/* Return: 0; -EAGAIN (unlinked meanwhile), or another -errno. */
static int confirm(const struct session *session)
{
	struct ipcbuf_channel *gate;
	int same, error;

	error = take_gate(session->region, IPCBUF_CHANNEL_OPEN_ONLY, &gate);
	if (error)
		return error == -ENOENT ? 0 : error;
	same = name_leads_to(session->name, session->region);
	ipcbuf_channel_close(gate);
	return same ? 0 : -EAGAIN;
}

/* What the dead have left isn't to be taken for a transfer. */
static int enter(struct session *session)
{
	int error = ipcbuf_region_recover(session->region, NULL);

	if (!error)
		error = ipcbuf_segment_open(session->region,
					    ipcbuf_key_name(SESSION_USERS), 1,
					    NULL, &session->users);
	return error;
}

static int make_gate(const struct session *session)
{
	struct ipcbuf_channel *gate;
	int error = take_gate(session->region, IPCBUF_CHANNEL_KEEP, &gate);

	if (!error)
		ipcbuf_channel_close(gate);
	return error;
}

/* A memfd has no name: the other side would wait in one of its own. */
static int has_name(struct ipcbuf_region *region)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };

	return !ipcbuf_region_get_info(region, &info) &&
	       info.backend != IPCBUF_BACKEND_MEMFD;
}

/* Return: 0; -EAGAIN (somebody else made it just now), or another -errno. */
static int create(struct session *session, uint64_t size_bytes)
{
	struct ipcbuf_region_options options = IPCBUF_REGION_OPTIONS_INIT;
	int error;

	options.size_bytes = size_bytes;
	error = ipcbuf_region_create(session->name, &options,
				     &session->region);
	if (error)
		return error == -EEXIST ? -EAGAIN : error;
	if (!has_name(session->region)) {
		ipcbuf_region_close(session->region);
		return -EOPNOTSUPP;
	}
	error = enter(session);
	if (!error)
		error = make_gate(session);
	if (error) {
		ipcbuf_region_unlink(session->name);
		ipcbuf_region_close(session->region);
	}
	return error;
}

static int open_or_create(struct session *session, uint64_t size_bytes)
{
	int error = ipcbuf_region_open(session->name, NULL, &session->region);

	if (error == -ENOENT)
		return create(session, size_bytes);
	if (error)
		return error;
	error = enter(session);
	if (!error)
		error = confirm(session);
	if (error)
		ipcbuf_region_close(session->region);
	return error;
}

int session_join(const char *name, uint64_t size_bytes,
		 struct session *ret_session)
{
	uint64_t deadline_ns = ipcbuf_deadline_ns(PATIENCE_NS);
	struct session session = { .name = name };
	int error;

	for (;;) {
		error = open_or_create(&session, size_bytes);
		if (!error)
			*ret_session = session;
		if (error != -EAGAIN)
			return error;
		if (interrupt_signal())
			return -EINTR;
		if (ipcbuf_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
		session_pause();
	}
}

/* Recovery takes away users that died. */
static int was_last(struct session *session)
{
	ipcbuf_segment_close(session->users);
	ipcbuf_region_recover(session->region, NULL);
	return ipcbuf_channel_exists(session->region,
				     ipcbuf_key_name(SESSION_USERS)) == 0;
}

/* The gate isn't given back before the region is closed. */
void session_leave(struct session *session)
{
	struct ipcbuf_channel *gate;

	if (!take_gate(session->region, IPCBUF_CHANNEL_OPEN_ONLY, &gate) &&
	    was_last(session) && name_leads_to(session->name, session->region))
		ipcbuf_region_unlink(session->name);
	ipcbuf_region_close(session->region);
}
