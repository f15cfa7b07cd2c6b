/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Clocks, deadlines and polite polling. */
#include <ipcbuf/base.h>

#include <time.h>

#include "cancel.h"
#include "util.h"

#ifdef CLOCK_MONOTONIC_COARSE
#define COARSE CLOCK_MONOTONIC_COARSE
#else
#define COARSE CLOCK_MONOTONIC
#endif

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * IPCB_NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

IPCB_PUBLIC uint64_t ipcbuf_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

IPCB_PUBLIC uint64_t ipcbuf_deadline_ns(uint64_t timeout_ns)
{
	uint64_t now = ipcbuf_now_ns();

	return timeout_ns >= UINT64_MAX - now ? IPCBUF_FOREVER :
						now + timeout_ns;
}

uint64_t ipcb_coarse_ns(void)
{
	return clock_ns(COARSE);
}

uint64_t ipcb_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

void ipcb_sleep_ns(uint64_t ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(ns / IPCB_NS_PER_SEC),
		.tv_nsec = (long)(ns % IPCB_NS_PER_SEC),
	};
	int cancel = ipcb_cancel_off();

	nanosleep(&ts, NULL);
	ipcb_cancel_restore(cancel);
}

int ipcb_backoff(struct ipcb_backoff *backoff)
{
	uint64_t now = ipcbuf_now_ns();

	if (now >= backoff->deadline_ns)
		return -ETIMEDOUT;
	ipcb_sleep_ns(ipcb_min(backoff->pause_ns, backoff->deadline_ns - now));
	backoff->pause_ns = ipcb_min(backoff->pause_ns * 2, IPCB_NS_PER_MS);
	return 0;
}
