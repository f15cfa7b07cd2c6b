/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Figures and lists. They are taken from the words of truth by whoever asks;
 * nothing is counted on the way of a record but what its writers have anyway.
 */
#include <ipcbuf/inspect.h>

#include <stdlib.h>
#include <string.h>

#include "death.h"
#include "directory.h"
#include "member.h"
#include "recover.h"

struct class_sums {
	uint64_t spans;
	uint64_t held;
	uint64_t free;
	uint64_t bytes;
};

struct sums {
	struct class_sums classes[IPCB_CLASSES + 1];
	uint64_t *member_records;	/* NULL, or max_members + 1 of each */
	uint64_t *member_bytes;
};

static uint64_t span_bytes(const struct ipcbuf_region *region, uint32_t span,
			   unsigned int class)
{
	if (class == IPCB_CLASS_HUGE)
		return ipcb_huge_bytes(region, span);
	if (region->classes[class].kind == IPCB_SPAN_SMALL)
		return UINT64_C(1) << region->g.slab_shift;
	if (region->classes[class].kind == IPCB_SPAN_BIG)
		return UINT64_C(1) << region->g.frame_shift;
	return region->classes[class].bytes;
}

static void sum_block(const struct ipcbuf_region *region, struct sums *sums,
		      unsigned int own, uint64_t bytes)
{
	if (sums->member_records && own <= region->g.max_members) {
		sums->member_records[own]++;
		sums->member_bytes[own] += bytes;
	}
}

static void sum_span(struct ipcbuf_region *region, uint32_t span, uint64_t word,
		     void *arg)
{
	unsigned int class = ipcb_slab_class(word), own;
	struct sums *sums = arg;
	struct class_sums *c = &sums->classes[class];
	uint32_t i, blocks = ipcb_blocks_of(region, class);
	uint64_t bytes = span_bytes(region, span, class);
	uint16_t *words = ipcb_own_words(region, span, class);

	c->spans++;
	c->bytes += bytes;
	for (i = 0; i < blocks; i++) {
		own = ipcb_load_relaxed(&words[i]);
		if (own == IPCB_OWN_FREE) {
			c->free++;
			continue;
		}
		c->held++;
		sum_block(region, sums, own, class < IPCB_CLASSES ?
			  region->classes[class].bytes : bytes);
	}
}

struct object_counts {
	uint32_t channels;
	uint32_t segments;
};

static int count_object(struct ipcbuf_region *region, uint64_t offset,
			void *arg)
{
	const struct ipcb_object *object = ipcb_object_at(region, offset);
	struct object_counts *counts = arg;

	if (!object || ipcb_load_relaxed(&object->state))
		return 0;
	if (object->kind == IPCBUF_KIND_SEGMENT)
		counts->segments++;
	else
		counts->channels++;
	return 0;
}

static uint32_t count_members(const struct ipcbuf_region *region)
{
	uint32_t i, n = 0;

	for (i = 0; i < region->g.max_members; i++)
		n += ipcb_member_state(ipcb_load_relaxed(
			&region->members[i].word)) != IPCB_MEMBER_FREE;
	return n;
}

static void fill_constants(const struct ipcbuf_region *region,
			   struct ipcbuf_region_info *info)
{
	const struct ipcb_header *header = region->header;
	struct ipcb_name_owner owner;

	info->size_bytes = region->g.size_bytes;
	info->heap_bytes = region->g.heap_bytes;
	info->frame_bytes = UINT64_C(1) << region->g.frame_shift;
	info->slab_bytes = UINT64_C(1) << region->g.slab_shift;
	info->max_record_bytes = region->g.heap_bytes;
	info->created_ns = header->created_ns;
	info->layout_version = header->layout_version;
	info->backend = region->memory.ops->id;
	info->backend_name = region->memory.ops->name;
	info->wait = region->wait.ops->id;
	info->wait_name = region->wait.ops->name;
	info->max_members = region->g.max_members;
	info->deaths = ipcb_deaths(region);
	memcpy(info->name, header->name, sizeof(info->name) - 1);
	if (!region->memory.ops->owner(&region->memory, region->lock_fd,
				       &owner)) {
		info->mode = owner.mode;
		info->uid = owner.uid;
		info->gid = owner.gid;
	}
}

/* What this process's threads have in their magazines isn't held. */
static void subtract_cached(struct ipcbuf_region *region,
			    struct ipcbuf_region_info *info)
{
	const struct ipcb_cache *cache;
	unsigned int class;
	uint64_t n;

	pthread_mutex_lock(&region->mutex);
	for (cache = region->caches; cache; cache = cache->next_of_region) {
		for (class = 0; class < IPCB_CLASSES; class++) {
			n = ipcb_load_relaxed(&cache->magazines[class].count);
			n = ipcb_min(n, info->held_records);
			info->held_records -= n;
			info->held_bytes -= ipcb_min(info->held_bytes,
				n * region->classes[class].bytes);
		}
	}
	pthread_mutex_unlock(&region->mutex);
}

static void sum_held(struct ipcbuf_region *region, uint32_t span, uint64_t word,
		     void *arg)
{
	unsigned int class = ipcb_slab_class(word), own;
	struct ipcbuf_region_info *info = arg;
	uint32_t i, blocks = ipcb_blocks_of(region, class);
	uint64_t bytes = class < IPCB_CLASSES ? region->classes[class].bytes :
						ipcb_huge_bytes(region, span);
	uint16_t *words = ipcb_own_words(region, span, class);

	for (i = 0; i < blocks; i++) {
		own = ipcb_load_relaxed(&words[i]);
		if (own == IPCB_OWN_FREE || own == IPCB_OWN_REGION)
			continue;
		info->held_records++;
		info->held_bytes += bytes;
	}
}

static void fill_heap(struct ipcbuf_region *region,
		      struct ipcbuf_region_info *info)
{
	struct ipcb_header *header = region->header;

	ipcb_spans_each(region, sum_held, info);
	subtract_cached(region, info);
	info->committed_bytes = region->memory.ops->usage(&region->memory);
	info->peak_committed_bytes = ipcb_max(info->committed_bytes,
		region->g.frames_offset +
		ipcb_load_relaxed(&header->peak_committed_bytes));
	info->allocation_failures =
		ipcb_load_relaxed(&header->allocation_failures);
}

static int count_objects(struct ipcbuf_region *region,
			 struct ipcbuf_region_info *info)
{
	struct object_counts counts = { 0 };
	int error = ipcb_directory_lock(region);

	if (error)
		return error;
	ipcb_directory_each(region, count_object, &counts);
	ipcb_directory_unlock(region);
	info->channels = counts.channels;
	info->segments = counts.segments;
	return 0;
}

IPCB_PUBLIC int ipcbuf_region_get_info(struct ipcbuf_region *region,
				       struct ipcbuf_region_info *ret_info)
{
	struct ipcbuf_region_info info = { .struct_bytes = sizeof(info) };
	int error;

	if (!ret_info || ret_info->struct_bytes != sizeof(info))
		return -EINVAL;
	error = ipcb_enter(region);
	if (error)
		return error;
	error = count_objects(region, &info);
	if (!error) {
		fill_constants(region, &info);
		fill_heap(region, &info);
		info.members = count_members(region);
		*ret_info = info;
	}
	ipcb_leave();
	return error;
}

static int visit_classes(const struct ipcbuf_region *region,
			 const struct sums *sums,
			 int (*visit)(const struct ipcbuf_class_info *,
				      void *arg), void *arg)
{
	unsigned int class;
	int result = 0;

	for (class = 0; class <= IPCB_CLASSES && !result; class++) {
		const struct class_sums *c = &sums->classes[class];
		struct ipcbuf_class_info info = {
			.block_bytes = class < IPCB_CLASSES ?
				       region->classes[class].bytes : 0,
			.slabs = c->spans,
			.slab_bytes = c->bytes,
			.held_blocks = c->held,
			.free_blocks = c->free,
		};

		if (c->spans)
			result = visit(&info, arg);
	}
	return result;
}

IPCB_PUBLIC int
ipcbuf_region_list_classes(struct ipcbuf_region *region,
			   int (*visit)(const struct ipcbuf_class_info *,
					void *arg), void *arg)
{
	struct sums sums = { 0 };
	int result;

	if (!visit)
		return -EINVAL;
	result = ipcb_enter(region);
	if (result)
		return result;
	ipcb_spans_each(region, sum_span, &sums);
	result = visit_classes(region, &sums, visit, arg);
	ipcb_leave();
	return result;
}

static int visit_members(const struct ipcbuf_region *region,
			 const struct sums *sums,
			 int (*visit)(const struct ipcbuf_member_info *,
				      void *arg), void *arg)
{
	uint32_t id;
	int result = 0;

	for (id = 1; id <= region->g.max_members && !result; id++) {
		const struct ipcb_member_slot *s = &region->members[id - 1];
		uint64_t word = ipcb_load_acquire(&s->word);
		struct ipcbuf_member_info info = {
			.slot = id - 1,
			.generation = ipcb_member_generation(word),
			.pid = ipcb_member_pid(region, id),
			.joined_ns = ipcb_load_relaxed(&s->joined_ns),
			.held_records = sums->member_records[id],
			.held_bytes = sums->member_bytes[id],
		};

		if (ipcb_member_state(word) == IPCB_MEMBER_FREE &&
		    !ipcb_member_died(region, id))
			continue;
		info.alive = ipcb_member_alive(region, id);
		result = visit(&info, arg);
	}
	return result;
}

IPCB_PUBLIC int
ipcbuf_region_list_members(struct ipcbuf_region *region,
			   int (*visit)(const struct ipcbuf_member_info *,
					void *arg), void *arg)
{
	size_t count = IPCB_MEMBERS_MAX + 1;
	struct sums sums = { 0 };
	int result;

	if (!visit)
		return -EINVAL;
	result = ipcb_enter(region);
	if (result)
		return result;
	sums.member_records = calloc(2 * count, sizeof(uint64_t));
	if (sums.member_records) {
		sums.member_bytes = sums.member_records + count;
		ipcb_spans_each(region, sum_span, &sums);
		result = visit_members(region, &sums, visit, arg);
		free(sums.member_records);
	} else {
		result = -ENOMEM;
	}
	ipcb_leave();
	return result;
}
