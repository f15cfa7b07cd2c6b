/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * One end of a channel that is used through <buffer>, the C++ API: cxx_end.cpp, or
 * cxx_end_none.c where there is no C++ compiler. Both ends poll.
 */
#ifndef BENCH_CXX_END_H
#define BENCH_CXX_END_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cxx_end;

/* How many slots its channels have, which that API doesn't let one choose. */
#define CXX_DEPTH_SLOTS 1024u

/* 0; -ENOPKG: it wasn't built; what else failed is printed: -EIO. */
int cxx_end_open(const char *key, int is_producer, struct cxx_end **ret_end);
/* @with_key: nobody is to find it any more. */
void cxx_end_close(struct cxx_end *end, const char *key, int with_key);

/* @count records of 64 bytes: make, write, send; receive, read, free. */
int cxx_end_produce(struct cxx_end *end, uint64_t count);
int cxx_end_consume(struct cxx_end *end, uint64_t count);

#ifdef __cplusplus
}
#endif

#endif
