/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * For macOS, what the kernel's selftest harness wants from the kernel's headers;
 * and the declaration of kill(), which it calls without, to the displeasure of
 * those who include that afterwards.
 */
#ifndef SELFTESTS_MACOS_ASM_TYPES_H
#define SELFTESTS_MACOS_ASM_TYPES_H

#include <signal.h>
#include <stdint.h>

typedef uint8_t __u8;

#endif
