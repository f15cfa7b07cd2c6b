/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What every other public header needs: version, deadlines, error texts, keys.
 */
#ifndef IPCBUF_BASE_H
#define IPCBUF_BASE_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

/* Of the errors that there are here, macOS lacks one. */
#ifndef EUCLEAN
#define EUCLEAN EFTYPE
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define IPCBUF_VERSION_MAJOR 0
#define IPCBUF_VERSION_MINOR 1
#define IPCBUF_VERSION_PATCH 0

#define IPCBUF_NOWAIT  UINT64_C(0)
#define IPCBUF_FOREVER UINT64_MAX

/* The longest name of a region, channel or segment, without its NUL. */
#define IPCBUF_NAME_MAX 63

/**
 * ipcbuf_version() - the version of the library that is running.
 *
 * Return: "MAJOR.MINOR.PATCH", static. Wait-free.
 */
const char *ipcbuf_version(void);

/**
 * ipcbuf_strerror() - what an error of this library means, and what to do.
 * @error: a return value of this library, negative or not
 *
 * Return: one static sentence, never NULL. Wait-free.
 */
const char *ipcbuf_strerror(int error);

/**
 * ipcbuf_now_ns() - the clock that deadlines are measured on.
 *
 * Return: CLOCK_MONOTONIC in nanoseconds.
 */
uint64_t ipcbuf_now_ns(void);

/**
 * ipcbuf_deadline_ns() - a deadline that lies some time ahead.
 * @timeout_ns: nanoseconds from now; sums that overflow mean for ever
 *
 * Return: a deadline for the functions that take one.
 */
uint64_t ipcbuf_deadline_ns(uint64_t timeout_ns);

/**
 * struct ipcbuf_key - how a channel or segment is called within its region.
 * @id:   its number, >= 0, where @name is NULL
 * @name: its name, or NULL
 *
 * Numbers and names are separate: the channel named "7" isn't channel 7. A
 * name has 1 to IPCBUF_NAME_MAX bytes of [A-Za-z0-9._-] and starts with a
 * letter, a digit or '_'. Channels and segments share one set of keys.
 */
struct ipcbuf_key {
	int64_t id;
	const char *name;
};

static inline struct ipcbuf_key ipcbuf_key_id(int64_t id)
{
	struct ipcbuf_key key = { id, NULL };

	return key;
}

static inline struct ipcbuf_key ipcbuf_key_name(const char *name)
{
	struct ipcbuf_key key = { -1, name };

	return key;
}

#ifdef __cplusplus
}
#endif

#endif
