/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Small things that every file needs; nothing here touches shared memory. */
#ifndef IPCB_UTIL_H
#define IPCB_UTIL_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define IPCB_PUBLIC __attribute__((visibility("default")))

#define ipcb_noinline      __attribute__((noinline))
#define ipcb_always_inline inline __attribute__((always_inline))
#define ipcb_likely(x)   __builtin_expect(!!(x), 1)
#define ipcb_unlikely(x) __builtin_expect(!!(x), 0)

#define IPCB_NS_PER_MS  UINT64_C(1000000)
#define IPCB_NS_PER_SEC UINT64_C(1000000000)

/* How long a call waits for the short locks of creation and the directory. */
#define IPCB_LOCK_TIMEOUT_NS (10 * IPCB_NS_PER_SEC)

static inline uint64_t ipcb_align_up(uint64_t value, uint64_t power_of_two)
{
	return (value + power_of_two - 1) & ~(power_of_two - 1);
}

static inline uint64_t ipcb_align_down(uint64_t value, uint64_t power_of_two)
{
	return value & ~(power_of_two - 1);
}

static inline int ipcb_is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* floor(log2(value)), value > 0 */
static inline unsigned int ipcb_log2(uint64_t value)
{
	return 63u - (unsigned int)__builtin_clzll(value);
}

static inline uint64_t ipcb_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t ipcb_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* 0 or -errno, from a call that says -1 and sets errno. */
static inline int ipcb_errno(int result)
{
	return result < 0 ? -errno : 0;
}

/* clock.c */
uint64_t ipcb_realtime_ns(void);
/* As ipcbuf_now_ns(), a few milliseconds late, but cheap. */
uint64_t ipcb_coarse_ns(void);
void ipcb_sleep_ns(uint64_t ns);

/*
 * A polling loop with a deadline, for locks that have no timed form: sleeps a
 * little longer each time. Returns 0, or -ETIMEDOUT once the deadline is past.
 */
struct ipcb_backoff {
	uint64_t deadline_ns;
	uint64_t pause_ns;
};

#define IPCB_BACKOFF_INIT(deadline) { (deadline), 20000 }
int ipcb_backoff(struct ipcb_backoff *backoff);

/* name.c */
int ipcb_name_check(const char *name);

#endif
