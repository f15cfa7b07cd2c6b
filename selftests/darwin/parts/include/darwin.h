/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The few functions of macOS that the library calls, for its macOS sources to be
 * compiled on Linux (make DARWIN_RULES=1). They are in ../functions.c, and do by
 * Linux's means what macOS documents of them. Its headers' names are found beside
 * this file and lead here.
 */
#ifndef SELFTESTS_DARWIN_H
#define SELFTESTS_DARWIN_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define VM_INHERIT_NONE 2
#define ELAST           133

int minherit(void *memory, size_t bytes, int inheritance);
int sysctlbyname(const char *name, void *value, size_t *bytes, void *new_value,
		 size_t new_bytes);
int pthread_cond_timedwait_relative_np(pthread_cond_t *cond,
				       pthread_mutex_t *mutex,
				       const struct timespec *rest);
int _NSGetExecutablePath(char *path, uint32_t *bytes);

#endif
