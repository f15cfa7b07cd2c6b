/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Contents that tell on whoever overwrites them.
 *
 * fill_*() cover memory with a pattern that depends on a seed and on the
 * place. message_*() put the seed and the size in front, so that who receives
 * a record can check all of it. Any thread may call these on its own memory.
 */
#ifndef SELFTESTS_FILL_H
#define SELFTESTS_FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MIN_BYTES 16u

/* Write the pattern of @seed. */
void fill_write(void *memory, size_t bytes, uint64_t seed);

/* Is the pattern of @seed there, whole? */
bool fill_matches(const void *memory, size_t bytes, uint64_t seed);

/* Make a message of @bytes, at least MESSAGE_MIN_BYTES. */
void message_write(void *record, size_t bytes, uint64_t serial);

/*
 * Check all of a message in a record of @usable_bytes and give its serial
 * number; false where it isn't whole.
 */
bool message_read(const void *record, size_t usable_bytes,
		  uint64_t *ret_serial);

#endif
