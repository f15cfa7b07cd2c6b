/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the other process of a walk does, from when it has joined until it is
 * told to stop or that its peer has died. Each says when it is ready.
 */
#ifndef SELFTESTS_CRASH_PEERS_H
#define SELFTESTS_CRASH_PEERS_H

#include "walk.h"

#define PEER_DEPTH 8u

/* Not where the victim is stepped, if there is another CPU. */
void peer_leave_cpu(void);
/* Stay where this process is now, with the victims that it starts. */
void peer_keep_cpu(void);

/* Allocates, frees, opens, sends, receives, closes, with keys of its own. */
void peer_does_everything(struct crash *crash);

/* Receives from channel 1 until there is no producer; first and last tell. */
void peer_consumes(struct crash *crash);
/* The same, from when the victim sleeps. */
void peer_consumes_late(struct crash *crash);

/*
 * Sends to channel 1 until there is no consumer; then takes what is left, as
 * that consumer's successor: first and last tell.
 */
void peer_produces(struct crash *crash);
void peer_produces_late(struct crash *crash);

/* The judge and the peers: receives until -EAGAIN or an error, and checks. */
int drain(struct crash *crash, struct ipcbuf_channel *in, bool wait);

#endif
