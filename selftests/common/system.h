/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What a system hasn't got, for tests to be left out: system_linux.c, system_darwin.c. */
#ifndef SELFTESTS_SYSTEM_H
#define SELFTESTS_SYSTEM_H

#include <stdint.h>

/* Why no region of this kind can be made here; NULL where it can. */
const char *system_why_not(uint32_t backend, uint32_t wait);

/* What a test gets that wants a region so large. */
uint64_t system_region_bytes(uint32_t backend, uint64_t wanted_bytes);

#endif
