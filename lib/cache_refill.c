/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Filling a magazine: looking over own words for blocks that came back, in a
 * rotation over the spans of the class, and claiming another span when a
 * while of looking found none.
 */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "member.h"
#include "relax.h"

/* A span with more of them is enough for once; with no more, several are looked over. */
#define ONE_SPAN_BLOCKS 8u
/* What several are, about. */
#define NEXT_SPANS 4u
/*
 * So many of a class's first spans are looked over first where the caches still have
 * what came back there: records that are written and read come no faster than so many
 * bytes of each in a nanosecond. Whether they do is asked once in so many refills.
 */
#define FIRST_SPANS   16u
#define FIRST_REFILLS 16u
#define FIRST_BYTES   32u
/* Own words looked at without success before another span is claimed. */
#define LOOK_WORDS 8192u
/*
 * Spans that nobody needed for so many rounds over all, and for so long, are
 * released. Memory that comes and goes with every hiccup of a consumer would
 * cost far more than the records: the machine has to clear it each time.
 */
#define IDLE_ROUNDS 8u
#define IDLE_NS     IPCB_NS_PER_SEC

static int make_magazine(struct ipcb_cache *cache, unsigned int class)
{
	struct ipcb_magazine *m = &cache->magazines[class];
	uint32_t capacity = cache->region->classes[class].magazine;

	if (m->capacity)
		return 0;
	m->units = malloc(capacity * sizeof(m->units[0]));
	if (!m->units)
		return -ENOMEM;
	m->capacity = capacity;
	cache->bins[class].idle_since_ns = ipcbuf_now_ns();
	cache->bins[class].refills_since_ns = cache->bins[class].idle_since_ns;
	return 0;
}

static int take_one(uint16_t *own, uint16_t me)
{
	/* Acquire: pairs with the release of whoever freed it. */
	if (ipcb_load_acquire(own) != IPCB_OWN_FREE)
		return 0;
	/* Release: pairs with the swaps in spsc.c's hand_over(). */
	ipcb_store_release(own, me);
	return 1;
}

/*
 * Takes free blocks of the span at the cursor into the empty magazine, and stops behind
 * the last one it looked at. Returns how many words it looked at. The magazine is
 * used from its top: the first one found goes there. @rest: below which place.
 */
static uint32_t take_from_span(struct ipcb_cache *cache, unsigned int class,
			       uint32_t *rest)
{
	struct ipcbuf_region *region = cache->region;
	struct ipcb_bin *bin = &cache->bins[class];
	const struct ipcb_class *c = &region->classes[class];
	uint32_t span = bin->spans[bin->cursor], first = bin->block;
	uint64_t *units = cache->magazines[class].units, step = c->units;
	uint64_t unit = ((uint64_t)span << region->slab_units_shift) +
			first * step;
	uint32_t blocks = c->blocks, place = *rest, block;
	uint16_t *own = ipcb_own_words(region, span, class);
	uint16_t me = (uint16_t)region->member;

	for (block = first; block < blocks && place; block++, unit += step)
		if (take_one(own + block, me))
			units[--place] = unit;
	*rest = place;
	bin->block = block;
	/* The next line of them is on its way when it is looked at. */
	if (block < blocks)
		ipcb_prefetch_for_store(own + block);
	return block - first;
}

/* What was taken, above @rest, is the magazine's. */
static void fill_magazine(struct ipcb_cache *cache, unsigned int class,
			  uint32_t want, uint32_t rest)
{
	struct ipcb_magazine *m = &cache->magazines[class];
	uint32_t count = want - rest;

	if (rest)
		memmove(m->units, m->units + rest, count * sizeof(m->units[0]));
	ipcb_store_relaxed(&m->count, count);
	/* Of a large record the processor fetches most by itself. */
	if (ipcb_class_is_small(cache->region, class))
		m->look_ahead = count + IPCB_FETCH_BLOCKS;
	cache->ours += count;
}

static void end_round(struct ipcb_cache *cache, unsigned int class)
{
	struct ipcb_bin *bin = &cache->bins[class];
	uint32_t i, surplus;
	uint64_t now;

	if (!bin->rounds || bin->idle < bin->idle_min)
		bin->idle_min = bin->idle;
	bin->idle = 0;
	if (++bin->rounds % IDLE_ROUNDS)
		return;
	now = ipcbuf_now_ns();
	if (now - bin->idle_since_ns < IDLE_NS)
		return;
	bin->idle_since_ns = now;
	bin->rounds = 0;
	surplus = bin->idle_min > 1 ? bin->idle_min - 1 : 0;
	for (i = bin->count; surplus && i-- > 0;) {
		if (ipcb_span_is_free(cache->region, bin->spans[i], class)) {
			ipcb_bin_release(cache, class, i);
			surplus--;
		}
	}
}

/* Their own words' first line, which was written elsewhere, is on its way here. */
static void prefetch_span(const struct ipcb_cache *cache, unsigned int class,
			  uint32_t index)
{
	const struct ipcb_bin *bin = &cache->bins[class];

	if (index < bin->count)
		ipcb_prefetch_for_store(ipcb_own_words(cache->region,
						       bin->spans[index],
						       class));
}

/* What ends the round behind the last span. */
static void end_round_if_due(struct ipcb_cache *cache, unsigned int class)
{
	struct ipcb_bin *bin = &cache->bins[class];

	if (bin->cursor >= bin->count) {
		bin->cursor = 0;
		end_round(cache, class);
	}
}

/* On to the next span. */
static void advance(struct ipcb_cache *cache, unsigned int class)
{
	cache->bins[class].block = 0;
	cache->bins[class].cursor++;
	end_round_if_due(cache, class);
}

static void count_idle(struct ipcb_cache *cache, unsigned int class)
{
	struct ipcb_bin *bin = &cache->bins[class];

	if (bin->count && ipcb_span_is_free(cache->region,
					    bin->spans[bin->cursor], class))
		bin->idle++;
}

static void next_span(struct ipcb_cache *cache, unsigned int class)
{
	prefetch_span(cache, class, cache->bins[class].cursor + 3);
	advance(cache, class);
	count_idle(cache, class);
}

/*
 * Up to half of what the magazine holds, from one span. 1 where the magazine has
 * something.
 */
static int look_over_many(struct ipcb_cache *cache, unsigned int class,
			  uint64_t words)
{
	struct ipcb_bin *bin = &cache->bins[class];
	uint32_t blocks = cache->region->classes[class].blocks;
	uint32_t want = (cache->magazines[class].capacity + 1) / 2, rest = want;
	uint32_t spans = bin->count + 1;
	uint64_t looked = 0;

	while (bin->count && rest == want && spans-- && looked < words) {
		looked += take_from_span(cache, class, &rest) + 8;
		if (bin->block >= blocks)
			next_span(cache, class);
	}
	fill_magazine(cache, class, want, rest);
	return rest < want;
}

/* A class whose spans have few blocks: what is the same for each span. */
struct few {
	const uint32_t *spans;		/* the bin's */
	uint64_t *units;		/* the magazine's */
	uint16_t *own;			/* of span 0, were it of this class */
	uint64_t own_words;		/* from one's own words to the next's */
	uint64_t step;			/* units of a block */
	uint64_t blocks;
	uint8_t own_shift;		/* slabs to each of those, log2 */
	uint8_t units_shift;		/* units to a slab, log2 */
	uint16_t me;
};

static ipcb_always_inline struct few few_of(const struct ipcb_cache *cache,
					    unsigned int class)
{
	const struct ipcbuf_region *region = cache->region;
	const struct ipcb_class *c = &region->classes[class];
	int is_small = ipcb_class_is_small(region, class);

	return (struct few){
		.spans = cache->bins[class].spans,
		.units = cache->magazines[class].units,
		.own = ipcb_own_words(region, 0, class),
		.own_words = is_small ? region->g.own_words_per_slab :
					ipcb_frame_own_words(region, class),
		.step = c->units,
		.blocks = c->blocks,
		.own_shift = is_small ?
			     0 : (uint8_t)region->g.slabs_per_frame_shift,
		.units_shift = (uint8_t)region->slab_units_shift,
		.me = (uint16_t)region->member,
	};
}

/* All free blocks of a span, as take_from_span(). Return: what @rest is now. */
static ipcb_always_inline uint32_t take_few(const struct few few,
					    uint32_t index, uint32_t rest)
{
	uint64_t span = few.spans[index], unit = span << few.units_shift;
	uint16_t *own = few.own + (span >> few.own_shift) * few.own_words;
	uint16_t *end = own + few.blocks;

	do {
		if (take_one(own, few.me))
			few.units[--rest] = unit;
		unit += few.step;
	} while (++own != end && rest);
	return rest;
}

static int are_first_warm(struct ipcb_cache *cache, unsigned int class)
{
	struct ipcb_bin *bin = &cache->bins[class];
	uint64_t bytes = cache->region->classes[class].bytes, now;

	if (bin->refills++ % FIRST_REFILLS == 0) {
		now = ipcbuf_now_ns();
		bin->first_are_warm = (now - bin->refills_since_ns) * FIRST_BYTES >=
				      bytes * FIRST_REFILLS;
		bin->refills_since_ns = now;
	}
	return bin->first_are_warm;
}

/*
 * Return: how many of @want are left to find: if all of them, the channels are full of
 * the first ones' blocks. The rotation goes on by a span, for idle ones to be noticed.
 */
static uint32_t look_at_first(struct ipcb_cache *cache, unsigned int class,
			      uint32_t want)
{
	struct ipcb_bin *bin = &cache->bins[class];
	uint32_t spans = (uint32_t)ipcb_min(FIRST_SPANS, bin->count), i;
	struct few few = few_of(cache, class);
	uint32_t rest = want;

	for (i = 0; i < spans && rest; i++)
		rest = take_few(few, i, rest);
	if (rest == want) {
		bin->first_are_warm = 0;
	} else {
		count_idle(cache, class);
		advance(cache, class);
	}
	return rest;
}

/*
 * From up to @spans that come one after the other in the rotation, to the bin's end at
 * the most. Who has found some looks at no more than are still wanted.
 */
static ipcb_always_inline uint32_t look_along(struct ipcb_bin *bin,
					      const struct few few,
					      uint64_t spans, uint32_t want,
					      uint32_t rest)
{
	uint32_t before = rest, idle = 0, i = bin->cursor;
	uint32_t end = i + (uint32_t)ipcb_min(bin->count - i, spans);

	while (i < end && rest) {
		before = rest;
		rest = take_few(few, i++, rest);
		idle += before - rest == few.blocks;
		if (rest < want)
			end = (uint32_t)ipcb_min(end, i + rest);
	}
	/* The last one may have more. */
	if (!rest && before < few.blocks)
		i--;
	bin->cursor = i;
	bin->idle += idle;
	return rest;
}

/* From several spans of the rotation. */
static uint32_t look_at_next(struct ipcb_cache *cache, unsigned int class,
			     uint32_t want, uint64_t words)
{
	struct few few = few_of(cache, class);
	struct ipcb_bin *bin = &cache->bins[class];
	uint64_t spans = ipcb_min(bin->count + 1u, words / ONE_SPAN_BLOCKS + 1);
	uint32_t rest = want, first;

	while (bin->count && rest && spans) {
		first = bin->cursor;
		rest = look_along(bin, few, spans, want, rest);
		spans -= bin->cursor - first;
		if (rest < want)
			spans = ipcb_min(spans, rest);
		end_round_if_due(cache, class);
	}
	return rest;
}

/* The same as look_over_many(), for spans with few blocks. */
static int look_over_few(struct ipcb_cache *cache, unsigned int class,
			 uint64_t words)
{
	struct ipcb_bin *bin = &cache->bins[class];
	uint32_t want = (cache->magazines[class].capacity + 1) / 2, rest = want;

	if (are_first_warm(cache, class))
		rest = look_at_first(cache, class, want);
	if (rest == want)
		rest = look_at_next(cache, class, want, words);
	/* For the next time. */
	prefetch_span(cache, class, bin->cursor);
	prefetch_span(cache, class, bin->cursor + NEXT_SPANS);
	fill_magazine(cache, class, want, rest);
	return rest < want;
}

static int look_over(struct ipcb_cache *cache, unsigned int class,
		     uint64_t words)
{
	return cache->region->classes[class].blocks > ONE_SPAN_BLOCKS ?
	       look_over_many(cache, class, words) :
	       look_over_few(cache, class, words);
}

static int claim_span(struct ipcb_cache *cache, unsigned int class)
{
	uint32_t span;
	int error = ipcb_span_claim(cache->region, cache->id, class, &span);

	if (error)
		return error;
	error = ipcb_bin_add(cache, class, span);
	if (error) {
		ipcb_span_orphan(cache->region, span, class);
		return error;
	}
	/* Look at it first. */
	cache->bins[class].cursor = cache->bins[class].count - 1;
	cache->bins[class].block = 0;
	return 0;
}

/* The region is full: what can be given back is, and the others are told. */
static void make_room(struct ipcb_cache *cache)
{
	struct ipcbuf_region *region = cache->region;

	ipcb_add_relaxed(&region->header->pressure, 1);
	ipcb_cache_trim(cache);
	ipcb_recover_dead(region);
	ipcb_orphans_release(region);
}

int ipcb_cache_refill(struct ipcb_cache *cache, unsigned int class)
{
	int tries, error = make_magazine(cache, class);

	if (error)
		return error;
	ipcb_cache_answer_pressure(cache);
	if (look_over(cache, class, LOOK_WORDS))
		return 0;
	for (tries = 0; tries < 2; tries++) {
		/* An adopted orphan may have nothing: then claim once more. */
		while (!(error = claim_span(cache, class)))
			if (look_over(cache, class, 1))
				return 0;
		if (look_over(cache, class, UINT64_MAX))
			return 0;
		if (!tries)
			make_room(cache);
	}
	ipcb_add_relaxed(&cache->region->header->allocation_failures, 1);
	return error;
}
