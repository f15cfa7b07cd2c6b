/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Giving back what a cache has: half a magazine, free spans, everything. */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

/* What a class may keep in free spans when its blocks are freed locally. */
#define KEEP_BYTES (UINT64_C(16) << 20)

int ipcb_bin_add(struct ipcb_cache *cache, unsigned int class, uint32_t span)
{
	struct ipcb_bin *bin = &cache->bins[class];

	if (bin->count == bin->room) {
		uint32_t room = bin->room ? bin->room * 2 : 8;
		uint32_t *spans = realloc(bin->spans, room * sizeof(*spans));

		if (!spans)
			return -ENOMEM;
		bin->spans = spans;
		bin->room = room;
	}
	bin->spans[bin->count++] = span;
	ipcb_store_relaxed(&cache->region->home[span], cache->id);
	return 0;
}

static void bin_remove(struct ipcb_cache *cache, unsigned int class,
		       uint32_t index)
{
	struct ipcb_bin *bin = &cache->bins[class];

	ipcb_store_relaxed(&cache->region->home[bin->spans[index]], 0);
	bin->spans[index] = bin->spans[--bin->count];
	if (bin->cursor == index || bin->cursor >= bin->count) {
		if (bin->cursor >= bin->count)
			bin->cursor = 0;
		bin->block = 0;
	}
}

void ipcb_bin_release(struct ipcb_cache *cache, unsigned int class,
		      uint32_t index)
{
	uint32_t span = cache->bins[class].spans[index];

	bin_remove(cache, class, index);
	ipcb_span_release(cache->region, span, class);
}

/* Releases free spans but for @keep of them. */
static void bin_trim(struct ipcb_cache *cache, unsigned int class,
		     uint32_t keep)
{
	struct ipcb_bin *bin = &cache->bins[class];
	uint32_t i;

	for (i = bin->count; i-- > 0;) {
		if (!ipcb_span_is_free(cache->region, bin->spans[i], class))
			continue;
		if (keep)
			keep--;
		else
			ipcb_bin_release(cache, class, i);
	}
	bin->flushed = 0;
}

/* The block's last use by this process is over: it may go to anybody. */
static void give_up(struct ipcb_cache *cache, unsigned int class, uint64_t unit)
{
	uint64_t offset = (unit + cache->region->heap_unit) << 6;
	struct ipcb_block block;

	if (!ipcb_block_of_class(cache->region, offset, class, &block))
		/* Release: pairs with the acquire in take_from_span(). */
		ipcb_store_release(block.own, IPCB_OWN_FREE);
}

static void flush(struct ipcb_cache *cache, unsigned int class, uint32_t count)
{
	struct ipcb_magazine *m = &cache->magazines[class];
	uint32_t i;

	if (!count)
		return;
	for (i = 0; i < count; i++)
		give_up(cache, class, m->units[i]);
	ipcb_store_relaxed(&m->count, m->count - count);
	memmove(m->units, m->units + count, m->count * sizeof(m->units[0]));
	m->look_ahead = 0;
	cache->ours -= count;
	cache->bins[class].flushed += count;
}

static uint32_t spans_to_keep(const struct ipcbuf_region *region,
			      unsigned int class)
{
	const struct ipcb_class *c = &region->classes[class];
	uint64_t keep = ipcb_min(KEEP_BYTES, region->g.heap_bytes / 64);

	return 1 + (uint32_t)(keep / (c->bytes * c->blocks));
}

/* The oldest go: the youngest are still in the processor's cache. */
void ipcb_cache_flush_half(struct ipcb_cache *cache, unsigned int class)
{
	struct ipcb_bin *bin = &cache->bins[class];
	uint32_t blocks = cache->region->classes[class].blocks;

	ipcb_cache_answer_pressure(cache);
	flush(cache, class, (cache->magazines[class].count + 1) / 2);
	if (bin->flushed >= ipcb_max(blocks, 64) * (1 + bin->count / 8))
		bin_trim(cache, class, spans_to_keep(cache->region, class));
}

void ipcb_cache_trim(struct ipcb_cache *cache)
{
	unsigned int class;

	for (class = 0; class < IPCB_CLASSES; class++) {
		if (!cache->magazines[class].capacity)
			continue;
		flush(cache, class, cache->magazines[class].count);
		bin_trim(cache, class, 0);
	}
}

void ipcb_cache_answer_pressure(struct ipcb_cache *cache)
{
	uint64_t pressure =
		ipcb_load_relaxed(&cache->region->header->pressure);

	if (ipcb_likely(pressure == cache->pressure_seen))
		return;
	cache->pressure_seen = pressure;
	ipcb_cache_trim(cache);
}

void ipcb_cache_end(struct ipcb_cache *cache)
{
	unsigned int class;

	for (class = 0; class < IPCB_CLASSES; class++) {
		struct ipcb_bin *bin = &cache->bins[class];

		flush(cache, class, cache->magazines[class].count);
		bin_trim(cache, class, 0);
		while (bin->count) {
			uint32_t span = bin->spans[bin->count - 1];

			bin_remove(cache, class, bin->count - 1);
			ipcb_span_orphan(cache->region, span, class);
		}
	}
}
