/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What is checked of a peer: main.c loads it, link.c and allocator.c use it. */
#ifndef PEER_CHECK_H
#define PEER_CHECK_H

#include "../../peer.h"

#include <errno.h>
#include <stdio.h>

#define CHECK_DEPTH 64u
#define CHECK_BYTES 4096u
#define CHECK_LIVE 256u

/* For what can't be said by an errno value. Returns -EBADMSG. */
int check_failed(const char *what, uint64_t number);

/*
 * Each fills a record with what shows its number, and says whether it does.
 * Lengths differ from number to number; none is above CHECK_BYTES.
 */
size_t check_bytes(uint64_t number);
void check_write(void *record, uint64_t number);
int check_read(const void *record, uint64_t number);

/* 0; -ENOPKG: it isn't there on this machine; or what went wrong. */
int check_link(const struct peer *peer, const char *name);
int check_allocator(const struct peer *peer, const char *name);

#endif
