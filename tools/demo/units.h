/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Numbers for people: sizes in, sizes and rates out. */
#ifndef DEMO_UNITS_H
#define DEMO_UNITS_H

#include <stdint.h>

#define UNITS_MAX 32

/* Decimal units, as rates have them. Returns @text. */
const char *format_bytes(char text[UNITS_MAX], uint64_t bytes);

/* Binary units, as memory has them. Returns @text. */
const char *format_memory(char text[UNITS_MAX], uint64_t bytes);

/* "64M" and the like, in binary units. -EINVAL where it is none. */
int parse_bytes(const char *text, uint64_t *ret_bytes);

double gigabytes_per_second(uint64_t bytes, double seconds);

/* CLOCK_MONOTONIC. */
uint64_t now_ns(void);

#endif
