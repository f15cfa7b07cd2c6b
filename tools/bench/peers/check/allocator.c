// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* An allocator: blocks don't overlap, and keep what was written to them. */
#include "check.h"

#define ROUNDS 200000u

/* Any of them, so that not only the oldest or the newest goes. */
static unsigned int choose(uint64_t number)
{
	return (unsigned int)(number * UINT64_C(0x9e3779b97f4a7c15) >> 40) %
	       CHECK_LIVE;
}

static int replace(const struct peer *peer, struct peer_end *end,
		   void **block, uint64_t *held, uint64_t number)
{
	int ret;

	if (*block) {
		ret = check_read(*block, *held);
		peer->free(end, *block);
		*block = NULL;
		if (ret)
			return ret;
	}
	ret = peer->alloc(end, check_bytes(number), block);
	if (ret)
		return ret;
	check_write(*block, number);
	*held = number;
	return 0;
}

static int use(const struct peer *peer, struct peer_end *end)
{
	void *blocks[CHECK_LIVE] = { NULL };
	uint64_t held[CHECK_LIVE] = { 0 };
	uint64_t number;
	unsigned int i;
	int ret = 0;

	for (number = 0; !ret && number < ROUNDS; number++) {
		i = choose(number);
		ret = replace(peer, end, &blocks[i], &held[i], number);
	}
	for (i = 0; i < CHECK_LIVE; i++)
		if (blocks[i])
			peer->free(end, blocks[i]);
	return ret;
}

int check_allocator(const struct peer *peer, const char *name)
{
	struct peer_setup setup = {
		.name = name,
		.depth = CHECK_DEPTH,
		.record_bytes = CHECK_BYTES,
		.live_records = CHECK_LIVE,
	};
	struct peer_end *end;
	int ret = peer->open(&setup, &end);

	if (ret)
		return ret;
	ret = peer->settle ? peer->settle(end) : 0;
	if (!ret)
		ret = use(peer, end);
	peer->close(end);
	return ret;
}
