/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Objects of the directory, see object.h. */
#include "object.h"

#include <string.h>

#include <ipcbuf/inspect.h>

#include "directory.h"

int ipcb_key_check(struct ipcbuf_key key)
{
	if (key.name)
		return ipcb_name_check(key.name);
	return key.id >= 0 ? 0 : -EINVAL;
}

static void object_init(struct ipcb_object *object, struct ipcbuf_key key,
			uint32_t kind)
{
	memset(object, 0, sizeof(*object));
	object->kind = kind;
	object->id = key.name ? -1 : key.id;
	if (key.name)
		strncpy(object->name, key.name, sizeof(object->name) - 1);
}

struct ipcbuf_key ipcb_object_key(const struct ipcb_object *object,
				  char name[IPCBUF_NAME_MAX + 1])
{
	int64_t id = ipcb_load_relaxed(&object->id);

	if (id >= 0)
		return ipcbuf_key_id(id);
	memcpy(name, object->name, IPCBUF_NAME_MAX);
	name[IPCBUF_NAME_MAX] = 0;
	return ipcbuf_key_name(name);
}

int ipcb_object_alloc(struct ipcbuf_region *region, struct ipcbuf_key key,
		      uint32_t kind, uint64_t bytes, uint64_t zeroed,
		      uint64_t *ret_offset)
{
	struct ipcb_cache *cache = ipcb_cache_get(region);
	struct ipcb_block block;
	unsigned char *memory;
	uint64_t offset;
	int error;

	if (!cache)
		return ipcb_cache_error(region);
	if (bytes > region->g.heap_bytes)
		return -EMSGSIZE;
	error = ipcb_block_alloc(cache, ipcb_max(bytes, IPCB_OBJECT_LEAST_BYTES),
				 &offset, &block);
	if (error)
		return error;
	memory = ipcb_at(region, offset);
	memset(memory + sizeof(struct ipcb_object), 0,
	       zeroed - sizeof(struct ipcb_object));
	object_init((struct ipcb_object *)memory, key, kind);
	*ret_offset = offset;
	return 0;
}

void ipcb_object_set_own(struct ipcbuf_region *region, uint64_t offset,
			 unsigned int own)
{
	struct ipcb_block block;

	if (!ipcb_block_at(region, offset, &block))
		ipcb_store_release(block.own, (uint16_t)own);
}

void ipcb_object_free(struct ipcbuf_region *region, uint64_t offset)
{
	struct ipcb_block block;

	if (ipcb_block_at(region, offset, &block))
		return;
	/* Release: pairs with the acquire in take_from_span(). */
	ipcb_store_release(block.own, IPCB_OWN_FREE);
	if (block.class == IPCB_CLASS_HUGE)
		ipcb_huge_release(region, block.span);
}

void ipcb_object_destroy(struct ipcbuf_region *region, uint64_t offset)
{
	struct ipcb_object *object = ipcb_object_at(region, offset);
	const struct ipcb_kind_ops *ops;

	if (!object)
		return;
	ipcb_store_relaxed(&object->state, IPCB_OBJECT_REMOVED);
	ops = ipcb_kind_by_id(object->kind);
	if (ops)
		ops->drain(region, object);
	ipcb_object_set_own(region, offset, region->member);
	ipcb_directory_remove(region, offset);
	ipcb_object_free(region, offset);
}

void ipcb_object_drop_unused(struct ipcbuf_region *region, uint64_t offset)
{
	struct ipcb_object *object = ipcb_object_at(region, offset);
	const struct ipcb_kind_ops *ops =
		object ? ipcb_kind_by_id(object->kind) : NULL;

	if (ops && ops->is_unused(object))
		ipcb_object_destroy(region, offset);
}

uint64_t ipcb_object_find(struct ipcbuf_region *region, struct ipcbuf_key key)
{
	struct ipcb_object *object;
	uint64_t offset;

	while ((offset = ipcb_directory_find(region, key))) {
		object = ipcb_object_at(region, offset);
		if (!object || !ipcb_load_relaxed(&object->state))
			return offset;
		/*
		 * Whoever was about to unlist or destroy it has died. It is
		 * unlisted by the key that found it: what the object says its
		 * key is may be spoilt, and this would never end.
		 */
		ipcb_directory_unlist_key(region, key);
		ipcb_object_drop_unused(region, offset);
	}
	return 0;
}

static const struct ipcb_kind_ops *const kinds[] = {
	&ipcb_kind_spsc,
	&ipcb_kind_segment,
};

const struct ipcb_kind_ops *ipcb_kind_by_id(uint32_t kind)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i]->kind == kind)
			return kinds[i];
	return NULL;
}

static uint64_t block_bytes(const struct ipcbuf_region *region,
			    const struct ipcb_block *block)
{
	return block->class < IPCB_CLASSES ?
	       region->classes[block->class].bytes :
	       ipcb_huge_bytes(region, block->span);
}

struct ipcb_object *ipcb_object_at(struct ipcbuf_region *region,
				   uint64_t offset)
{
	const struct ipcb_kind_ops *ops;
	struct ipcb_object *object;
	struct ipcb_block block;
	uint64_t bytes;

	if (ipcb_block_at(region, offset, &block) ||
	    block_bytes(region, &block) < IPCB_OBJECT_LEAST_BYTES)
		return NULL;
	object = ipcb_at(region, offset);
	ops = ipcb_kind_by_id(ipcb_load_relaxed(&object->kind));
	bytes = ops ? ops->bytes(object) : 0;
	return bytes && bytes <= block_bytes(region, &block) ? object : NULL;
}
