/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The directory's hash table and lock, see directory.h. */
#include "directory.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lockfile.h"

#define LEVEL_ENTRIES 256u
#define WINDOW        64u

/* @word is the truth; @key is written before it. */
struct entry {
	uint64_t key;	/* the number, or the name's hash */
	uint64_t word;	/* 0, TOMB, or offset / 64 << 3 | flags */
};

#define WORD_USED  1u
#define WORD_NAMED 2u
#define WORD_TOMB  4u	/* alone; with USED: removed, but still attached */

int ipcb_directory_lock(struct ipcbuf_region *region)
{
	int error = 0;

	pthread_mutex_lock(&region->directory_mutex);
	/* An observer can't lock: what it sees is checked before it is used. */
	if (!region->directory_depth && !region->rdonly)
		error = ipcb_lock(region->lock_fd, IPCB_LOCK_DIRECTORY);
	if (error)
		pthread_mutex_unlock(&region->directory_mutex);
	else
		region->directory_depth++;
	return error;
}

int ipcb_directory_try_lock(struct ipcbuf_region *region)
{
	int error = 0;

	if (pthread_mutex_trylock(&region->directory_mutex))
		return -EAGAIN;
	if (!region->directory_depth)
		error = ipcb_lock_try(region->lock_fd, IPCB_LOCK_DIRECTORY);
	if (error)
		pthread_mutex_unlock(&region->directory_mutex);
	else
		region->directory_depth++;
	return error;
}

void ipcb_directory_unlock(struct ipcbuf_region *region)
{
	if (!--region->directory_depth && !region->rdonly)
		ipcb_unlock(region->lock_fd, IPCB_LOCK_DIRECTORY);
	pthread_mutex_unlock(&region->directory_mutex);
}

static uint64_t key_value(struct ipcbuf_key key)
{
	return key.name ? XXH3_64bits(key.name, strlen(key.name)) :
			  (uint64_t)key.id;
}

static uint64_t key_flags(struct ipcbuf_key key)
{
	return key.name ? WORD_USED | WORD_NAMED : WORD_USED;
}

static uint64_t level_entries(unsigned int level)
{
	return (uint64_t)LEVEL_ENTRIES << level;
}

/* The table of a level, or NULL where there is none (yet). */
static struct entry *level_at(const struct ipcbuf_region *region,
			      unsigned int level)
{
	/* Acquire: pairs with the release in add_level(). */
	uint64_t offset = ipcb_load_acquire(&region->header->dir_level[level]);
	uint64_t bytes = level_entries(level) * sizeof(struct entry);
	uint64_t within = offset - region->g.heap_offset;

	if (!offset || !ipcb_heap_offset_valid(region, offset) ||
	    bytes > region->g.heap_bytes - within)
		return NULL;
	return ipcb_at(region, offset);
}

static struct entry *window_entry(struct entry *table, unsigned int level,
				  uint64_t hash, unsigned int step)
{
	return &table[(hash + step) & (level_entries(level) - 1)];
}

static uint64_t spread(uint64_t value)
{
	return XXH3_64bits(&value, sizeof(value));
}

static uint64_t word_offset(uint64_t word)
{
	return word >> 3 << 6;
}

/* Does the entry's object really have this name? Under the lock. */
static int same_name(struct ipcbuf_region *region, uint64_t word,
		     struct ipcbuf_key key)
{
	struct ipcb_object *object;

	if (!key.name)
		return 1;
	object = ipcb_object_at(region, word_offset(word));
	return object && !strncmp(object->name, key.name,
				  sizeof(object->name));
}

/*
 * An entry with this key, or NULL. Without the lock the entry may change
 * between its loads: a word that is still the same afterwards belonged to the
 * key that was read, since an entry passes through TOMB before it is reused.
 */
static struct entry *lookup(struct ipcbuf_region *region,
			    struct ipcbuf_key key, int locked)
{
	uint64_t value = key_value(key), flags = key_flags(key);
	uint64_t hash = spread(value), word;
	unsigned int level, step;

	for (level = 0; level < IPCB_DIR_LEVELS; level++) {
		struct entry *table = level_at(region, level);

		for (step = 0; table && step < WINDOW; step++) {
			struct entry *e = window_entry(table, level, hash,
						       step);

			/* Acquire: pairs with the release in fill(). */
			word = ipcb_load_acquire(&e->word);
			if (!word)
				break;
			if ((word & 7) != flags ||
			    ipcb_load_acquire(&e->key) != value ||
			    ipcb_load_relaxed(&e->word) != word)
				continue;
			if (!locked || same_name(region, word, key))
				return e;
		}
	}
	return NULL;
}

int ipcb_directory_has(struct ipcbuf_region *region, struct ipcbuf_key key)
{
	return lookup(region, key, 0) != NULL;
}

uint64_t ipcb_directory_find(struct ipcbuf_region *region,
			     struct ipcbuf_key key)
{
	struct entry *e = lookup(region, key, 1);

	return e ? word_offset(ipcb_load_relaxed(&e->word)) : 0;
}

static struct entry *free_entry(struct ipcbuf_region *region, uint64_t hash)
{
	unsigned int level, step;

	for (level = 0; level < IPCB_DIR_LEVELS; level++) {
		struct entry *table = level_at(region, level);

		if (!table)
			return NULL;
		for (step = 0; step < WINDOW; step++) {
			struct entry *e = window_entry(table, level, hash,
						       step);

			if (!(ipcb_load_relaxed(&e->word) & WORD_USED))
				return e;
		}
	}
	return NULL;
}

static int add_level(struct ipcbuf_region *region)
{
	struct ipcb_cache *cache = ipcb_cache_get(region);
	struct ipcb_block block;
	unsigned int level = 0;
	uint64_t bytes, offset;
	int error;

	while (level < IPCB_DIR_LEVELS && level_at(region, level))
		level++;
	if (!cache)
		return ipcb_cache_error(region);
	if (level == IPCB_DIR_LEVELS)
		return -ENOMEM;
	bytes = level_entries(level) * sizeof(struct entry);
	error = ipcb_block_alloc(cache, bytes, &offset, &block);
	if (error)
		return error;
	memset(ipcb_at(region, offset), 0, bytes);
	/* Release: pairs with the acquire in level_at(). */
	ipcb_store_release(&region->header->dir_level[level], offset);
	ipcb_store_release(block.own, IPCB_OWN_REGION);
	return 0;
}

static void fill(struct entry *e, struct ipcbuf_key key, uint64_t offset)
{
	/* Who reads the new key sees at least TOMB in the word. */
	ipcb_store_release(&e->key, key_value(key));
	ipcb_store_release(&e->word, offset >> 6 << 3 | key_flags(key));
}

int ipcb_directory_insert(struct ipcbuf_region *region, struct ipcbuf_key key,
			  uint64_t offset)
{
	uint64_t hash = spread(key_value(key));
	struct entry *e;
	int error;

	while (!(e = free_entry(region, hash))) {
		error = add_level(region);
		if (error)
			return error;
	}
	fill(e, key, offset);
	ipcb_object_set_own(region, offset, IPCB_OWN_REGION);
	ipcb_add_relaxed(&region->header->dir_objects, 1);
	return 0;
}

/*
 * An entry whose follower is empty can be empty itself: whoever gets there
 * would stop one step later. So windows don't fill up with tombs.
 */
static void clear(struct entry *table, unsigned int level, uint64_t index)
{
	uint64_t mask = level_entries(level) - 1, steps;

	ipcb_store_release(&table[index].word, WORD_TOMB);
	for (steps = 0; steps <= mask; steps++) {
		if (ipcb_load_relaxed(&table[(index + 1) & mask].word) ||
		    ipcb_load_relaxed(&table[index].word) != WORD_TOMB)
			return;
		ipcb_store_release(&table[index].word, 0);
		index = (index - 1) & mask;
	}
}

/*
 * The entry of this very object, listed or not, as its place in a table. Where
 * that table is is read once: in a region that somebody spoils it may be another
 * one, or none, the next time.
 */
struct place {
	struct entry *table;
	uint64_t index;
	unsigned int level;
};

static int find_place(struct ipcbuf_region *region, uint64_t offset,
		      struct place *ret)
{
	struct ipcb_object *object = ipcb_object_at(region, offset);
	char name[IPCBUF_NAME_MAX + 1];
	unsigned int level, step;
	uint64_t hash;

	if (!object)
		return -ENOENT;
	hash = spread(key_value(ipcb_object_key(object, name)));
	for (level = 0; level < IPCB_DIR_LEVELS; level++) {
		struct entry *table = level_at(region, level);

		for (step = 0; table && step < WINDOW; step++) {
			struct entry *e = window_entry(table, level, hash,
						       step);
			uint64_t word = ipcb_load_relaxed(&e->word);

			if ((word & WORD_USED) && word_offset(word) == offset) {
				*ret = (struct place){
					table, (uint64_t)(e - table), level,
				};
				return 0;
			}
		}
	}
	return -ENOENT;
}

void ipcb_directory_remove(struct ipcbuf_region *region, uint64_t offset)
{
	struct place place;

	if (find_place(region, offset, &place))
		return;
	clear(place.table, place.level, place.index);
	ipcb_add_relaxed(&region->header->dir_objects, -(uint64_t)1);
}

void ipcb_directory_unlist_key(struct ipcbuf_region *region,
			       struct ipcbuf_key key)
{
	struct entry *e = lookup(region, key, 1);

	if (e)
		ipcb_store_release(&e->word,
				   ipcb_load_relaxed(&e->word) | WORD_TOMB);
}

int ipcb_directory_each(struct ipcbuf_region *region,
			int (*visit)(struct ipcbuf_region *region,
				     uint64_t offset, void *arg),
			void *arg)
{
	unsigned int level;
	uint64_t i, word;
	int result = 0;

	for (level = 0; level < IPCB_DIR_LEVELS; level++) {
		struct entry *table = level_at(region, level);

		if (!table)
			continue;
		for (i = 0; i < level_entries(level) && !result; i++) {
			word = ipcb_load_acquire(&table[i].word);
			if (word & WORD_USED)
				result = visit(region, word_offset(word), arg);
		}
	}
	return result;
}

int ipcb_directory_each_level(struct ipcbuf_region *region,
			      int (*visit)(struct ipcbuf_region *region,
					   uint64_t offset, void *arg),
			      void *arg)
{
	unsigned int level;
	int result = 0;

	for (level = 0; level < IPCB_DIR_LEVELS && !result; level++) {
		struct entry *table = level_at(region, level);

		if (table)
			result = visit(region, ipcb_offset(region, table), arg);
	}
	return result;
}
