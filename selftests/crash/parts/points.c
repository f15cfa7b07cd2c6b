// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Kill points, see points.h. */
#include "points.h"

#include "../../common/random.h"

#include <ipcbuf/ipcbuf.h>
#include <stdio.h>
#include <stdlib.h>

#define FAR_STOPS 64u

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

bool points_exhaustive(void)
{
	return number_from("CRASH_EXHAUSTIVE", 0);
}

uint64_t points_seed(void)
{
	return number_from("CRASH_SEED", 1);
}

static size_t common_divisor(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

void points_begin(struct points *points, const struct step_trace *trace,
		  const bool *changed, size_t some)
{
	struct random random = { points_seed() };
	size_t span = trace->ended - trace->begun + 1;

	*points = (struct points){
		.trace = trace, .changed = changed, .span = span, .stride = 1,
		.left = span,
	};
	if (points_exhaustive() || span <= some)
		return;
	/* By the golden section: any number of them is spread evenly. */
	points->stride = span * 618 / 1000 | 1;
	while (common_divisor(points->stride, span) > 1)
		points->stride++;
	points->at = random_below(&random, span);
	points->left = some;
}

static bool is_far(const struct points *points, size_t step)
{
	return points->trace->costs[step] > FAR_STOPS &&
	       (points->changed ? !points->changed[step] :
				  !points_exhaustive());
}

/* Of a few, one that is far away gives way to the nearest before it. */
bool points_next(struct points *points, size_t *ret_step)
{
	size_t step;

	while (points->left) {
		points->left--;
		step = points->trace->begun + points->at;
		points->at = (points->at + points->stride) % points->span;
		if (points_exhaustive() && is_far(points, step))
			continue;
		while (is_far(points, step))
			step--;
		*ret_step = step;
		return true;
	}
	return false;
}

static const char *backend_label(uint32_t backend)
{
	static const char *const names[] = {
		[IPCBUF_BACKEND_POSIX] = "posix",
		[IPCBUF_BACKEND_SYSV] = "sysv",
		[IPCBUF_BACKEND_MEMFD] = "memfd",
		[IPCBUF_BACKEND_KMOD] = "kmod",
	};

	return names[backend];
}

static const char *wait_label(uint32_t wait)
{
	static const char *const names[] = {
		[IPCBUF_WAIT_FUTEX] = "futex",
		[IPCBUF_WAIT_POSIX_SEM] = "posixsem",
		[IPCBUF_WAIT_SYSV_SEM] = "sysvsem",
		[IPCBUF_WAIT_KMOD] = "kmod",
	};

	return names[wait];
}

void points_report(const char *operation, const char *peer, uint32_t backend,
		   uint32_t wait, uint64_t steps, uint64_t tried,
		   uint64_t strayed)
{
	fprintf(stderr, "# walked: %s %s %s/%s %llu instructions %llu kills "
		"%llu astray\n",
		operation, peer, backend_label(backend), wait_label(wait),
		(unsigned long long)steps, (unsigned long long)tried,
		(unsigned long long)strayed);
}
