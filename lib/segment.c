/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Shared segments: the shared side and the calls; rules in segment.h. */
#include "segment.h"

#include <string.h>

#include "directory.h"
#include "member.h"
#include "segment_init.h"
#include "verify.h"

static int in_use(const struct ipcb_segment *shared)
{
	unsigned int i;

	for (i = 0; i < IPCB_USER_WORDS; i++)
		if (ipcb_load_relaxed(&shared->users[i]))
			return 1;
	return 0;
}

uint32_t ipcb_segment_users(const struct ipcb_segment *shared)
{
	uint32_t users = 0;
	unsigned int i;

	for (i = 0; i < IPCB_USER_WORDS; i++)
		users += (uint32_t)__builtin_popcountll(
			ipcb_load_relaxed(&shared->users[i]));
	return users;
}

static void set_user(struct ipcb_segment *shared, uint32_t id)
{
	ipcb_or_acq_rel(&shared->users[(id - 1) / 64 % IPCB_USER_WORDS],
			UINT64_C(1) << ((id - 1) % 64));
}

static void clear_user(struct ipcb_segment *shared, uint32_t id)
{
	ipcb_and_acq_rel(&shared->users[(id - 1) / 64 % IPCB_USER_WORDS],
			 ~(UINT64_C(1) << ((id - 1) % 64)));
}

static int check_options(const struct ipcbuf_segment_options *options,
			 struct ipcbuf_segment_options *ret)
{
	struct ipcbuf_segment_options copy = IPCBUF_SEGMENT_OPTIONS_INIT;
	const uint32_t known = IPCBUF_SEGMENT_OPEN_ONLY | IPCBUF_SEGMENT_EXCL |
			       IPCBUF_SEGMENT_KEEP;

	if (options) {
		if (options->struct_bytes != sizeof(copy))
			return -EINVAL;
		copy = *options;
	}
	if ((copy.flags & ~known) || copy.reserved ||
	    ((copy.flags & IPCBUF_SEGMENT_OPEN_ONLY) &&
	     (copy.flags & IPCBUF_SEGMENT_EXCL)))
		return -EINVAL;
	if (!copy.deadline_ns)
		copy.deadline_ns = IPCBUF_FOREVER;
	*ret = copy;
	return 0;
}

static int make_segment(struct ipcbuf_region *region, struct ipcbuf_key key,
			uint64_t bytes, uint32_t flags, uint64_t *ret_offset)
{
	struct ipcb_segment *shared;
	uint64_t offset;
	int error;

	if (bytes > region->g.heap_bytes)
		return -EMSGSIZE;
	error = ipcb_object_alloc(region, key, IPCBUF_KIND_SEGMENT,
				  sizeof(*shared) + bytes, sizeof(*shared),
				  &offset);
	if (error)
		return error;
	shared = ipcb_at(region, offset);
	shared->object.flags = flags & IPCBUF_SEGMENT_KEEP;
	shared->object.bytes = bytes;
	error = ipcb_directory_insert(region, key, offset);
	if (error)
		ipcb_object_free(region, offset);
	else
		*ret_offset = offset;
	return error;
}

static int find_or_make(struct ipcbuf_region *region, struct ipcbuf_key key,
			uint64_t bytes,
			const struct ipcbuf_segment_options *options,
			uint64_t *ret_offset)
{
	uint64_t offset = ipcb_object_find(region, key);
	struct ipcb_object *object;

	if (!offset) {
		if (!bytes || (options->flags & IPCBUF_SEGMENT_OPEN_ONLY))
			return -ENOENT;
		return make_segment(region, key, bytes, options->flags,
				    ret_offset);
	}
	object = ipcb_object_at(region, offset);
	if (!object || object->kind != IPCBUF_KIND_SEGMENT)
		return -EPROTOTYPE;
	if (options->flags & IPCBUF_SEGMENT_EXCL)
		return -EEXIST;
	if (bytes > object->bytes)
		return -EMSGSIZE;
	*ret_offset = offset;
	return 0;
}

static void add_handle(struct ipcbuf_segment *segment)
{
	struct ipcbuf_region *region = segment->region;

	pthread_mutex_lock(&region->mutex);
	segment->next = region->segments;
	region->segments = segment;
	pthread_mutex_unlock(&region->mutex);
}

static void remove_handle(struct ipcbuf_segment *segment)
{
	struct ipcbuf_region *region = segment->region;
	struct ipcbuf_segment **link;

	pthread_mutex_lock(&region->mutex);
	for (link = &region->segments; *link; link = &(*link)->next) {
		if (*link == segment) {
			*link = segment->next;
			break;
		}
	}
	pthread_mutex_unlock(&region->mutex);
}

/* Does another handle of this process use it? */
static int still_ours(const struct ipcbuf_segment *segment)
{
	struct ipcbuf_region *region = segment->region;
	const struct ipcbuf_segment *other;
	int found = 0;

	pthread_mutex_lock(&region->mutex);
	for (other = region->segments; other; other = other->next)
		found |= other != segment && other->offset == segment->offset;
	pthread_mutex_unlock(&region->mutex);
	return found;
}

void ipcb_segment_leave(struct ipcbuf_segment *segment)
{
	struct ipcbuf_region *region = segment->region;

	if (ipcb_directory_lock(region)) {
		ipcb_store_relaxed(&region->left_behind, 1);
		return;
	}
	if (!still_ours(segment)) {
		clear_user(segment->shared, region->member);
		ipcb_object_drop_unused(region, segment->offset);
	}
	ipcb_directory_unlock(region);
}

/*
 * How large it is, read once: what a member scribbles there later is no
 * concern of this handle, and what is there now can't make it reach past the
 * heap or be empty. Inside.
 */
static uint64_t usable_bytes(struct ipcbuf_region *region, uint64_t offset)
{
	const struct ipcb_segment *shared = ipcb_at(region, offset);
	uint64_t bytes = ipcb_load_relaxed(&shared->object.bytes);
	uint64_t end = region->g.heap_offset + region->g.heap_bytes;
	uint64_t room = end - offset - sizeof(*shared);

	if (bytes > room)
		bytes = room;
	return bytes ? bytes : 1;
}

/* Joins it; the segment may not be initialised yet. Inside. */
static int join(struct ipcbuf_segment *segment, struct ipcbuf_key key,
		uint64_t bytes, const struct ipcbuf_segment_options *options)
{
	struct ipcbuf_region *region = segment->region;
	uint64_t offset;
	int error = ipcb_directory_lock(region);

	if (error)
		return error;
	error = find_or_make(region, key, bytes, options, &offset);
	if (!error) {
		segment->offset = offset;
		segment->shared = ipcb_at(region, offset);
		segment->bytes = usable_bytes(region, offset);
		/* It was large enough when it was looked for. */
		if (segment->bytes < bytes)
			error = -EMSGSIZE;
	}
	if (!error) {
		set_user(segment->shared, region->member);
		/* On the list before the lock goes, see still_ours(). */
		add_handle(segment);
		ipcb_directory_announce(region);
	}
	ipcb_directory_unlock(region);
	return error;
}

/* Joined, but not initialised: nobody has seen the handle yet. */
static void abandon(struct ipcbuf_segment *segment)
{
	struct ipcbuf_region *region = segment->region;

	if (ipcb_enter(region))
		return;		/* the region's closing has left it */
	remove_handle(segment);
	ipcb_segment_leave(segment);
	ipcb_leave();
}

/* 0 where the region is being closed: who does that leaves the segment. */
static int publish(struct ipcbuf_segment *segment)
{
	struct ipcbuf_region *region = segment->region;
	int is_open;

	pthread_mutex_lock(&region->mutex);
	is_open = ipcb_region_open_handle(region, &segment->handle);
	pthread_mutex_unlock(&region->mutex);
	return is_open;
}

/*
 * The handle's serial is set only at the end; a region that is closed in the
 * meantime finds the handle on its list all the same.
 */
static int open_segment(struct ipcbuf_segment *segment, struct ipcbuf_key key,
			uint64_t bytes,
			const struct ipcbuf_segment_options *options)
{
	struct ipcbuf_region *region = segment->region;
	int error = join(segment, key, bytes, options);

	if (error) {
		ipcb_leave();
		return error;
	}
	ipcb_region_get(region);
	ipcb_leave();
	error = ipcb_segment_initialise(segment, options);
	if (error)
		abandon(segment);
	else if (!publish(segment))
		error = -EBADF;
	ipcb_region_put(region);
	return error;
}

IPCB_PUBLIC int
ipcbuf_segment_open(struct ipcbuf_region *region, struct ipcbuf_key key,
		    size_t bytes, const struct ipcbuf_segment_options *options,
		    struct ipcbuf_segment **ret_segment)
{
	struct ipcbuf_segment_options checked;
	struct ipcbuf_segment *segment;
	int error;

	if (!ret_segment || ipcb_key_check(key))
		return -EINVAL;
	error = check_options(options, &checked);
	if (!error)
		error = ipcb_enter_member(region);
	if (error)
		return error;
	segment = ipcb_handle_alloc(&ipcb_segment_handles, sizeof(*segment));
	if (!segment) {
		ipcb_leave();
		return -ENOMEM;
	}
	segment->region = region;
	error = open_segment(segment, key, bytes, &checked);
	if (error)
		ipcb_handle_free(&ipcb_segment_handles, &segment->handle);
	else
		*ret_segment = segment;
	return error;
}

static int enter_segment(struct ipcbuf_segment *segment)
{
	if (!segment)
		return -EINVAL;
	ipcb_rcu_read_lock();
	/* Acquire: pairs with the release in publish(). */
	if (ipcb_load_acquire(&segment->handle.serial))
		return 0;
	ipcb_rcu_read_unlock();
	return -EBADF;
}

IPCB_PUBLIC int ipcbuf_segment_address(struct ipcbuf_segment *segment,
				       void **ret_address, size_t *ret_bytes)
{
	int error;

	if (!ret_address)
		return -EINVAL;
	error = enter_segment(segment);
	if (error)
		return error;
	*ret_address = segment->shared->data;
	if (ret_bytes)
		*ret_bytes = segment->bytes;
	ipcb_leave();
	return 0;
}

IPCB_PUBLIC int ipcbuf_segment_close(struct ipcbuf_segment *segment)
{
	int error = enter_segment(segment);

	if (error)
		return error;
	if (!ipcb_handle_shut(&segment->handle)) {
		ipcb_leave();
		return -EBADF;
	}
	remove_handle(segment);
	ipcb_segment_leave(segment);
	ipcb_leave();
	ipcb_grace_period(NULL);
	ipcb_handle_free(&ipcb_segment_handles, &segment->handle);
	return 0;
}

static int remove_locked(struct ipcbuf_region *region, struct ipcbuf_key key)
{
	uint64_t offset = ipcb_object_find(region, key);
	struct ipcb_object *object;

	if (!offset)
		return -ENOENT;
	object = ipcb_object_at(region, offset);
	if (!object || object->kind != IPCBUF_KIND_SEGMENT)
		return -EPROTOTYPE;
	ipcb_store_relaxed(&object->state, IPCB_OBJECT_REMOVED);
	ipcb_directory_unlist_key(region, key);
	ipcb_object_drop_unused(region, offset);
	return 0;
}

IPCB_PUBLIC int ipcbuf_segment_remove(struct ipcbuf_region *region,
				      struct ipcbuf_key key)
{
	int error;

	if (ipcb_key_check(key))
		return -EINVAL;
	error = ipcb_enter_member(region);
	if (error)
		return error;
	error = ipcb_directory_lock(region);
	if (!error) {
		error = remove_locked(region, key);
		ipcb_directory_unlock(region);
	}
	ipcb_leave();
	return error;
}

static void segment_member_died(struct ipcbuf_region *region,
				struct ipcb_object *object, uint32_t id)
{
	struct ipcb_segment *shared = (struct ipcb_segment *)object;

	(void)region;
	ipcb_segment_initialiser_died(shared, id);
	clear_user(shared, id);
}

static int segment_is_unused(const struct ipcb_object *object)
{
	if (in_use((const struct ipcb_segment *)object))
		return 0;
	return ipcb_load_relaxed(&object->state) == IPCB_OBJECT_REMOVED ||
	       !(object->flags & IPCBUF_SEGMENT_KEEP);
}

static void segment_drain(struct ipcbuf_region *region,
			  struct ipcb_object *object)
{
	(void)region;
	(void)object;
}

static uint64_t segment_bytes(const struct ipcb_object *object)
{
	uint64_t bytes = ipcb_load_relaxed(&object->bytes);

	return bytes <= IPCBUF_REGION_MAX_BYTES ?
	       sizeof(struct ipcb_segment) + bytes : 0;
}

const struct ipcb_kind_ops ipcb_kind_segment = {
	.kind = IPCBUF_KIND_SEGMENT,
	.member_died = segment_member_died,
	.is_unused = segment_is_unused,
	.drain = segment_drain,
	.bytes = segment_bytes,
};

void ipcb_verify_segment(struct ipcb_verify *v, struct ipcb_object *object)
{
	struct ipcb_segment *shared = (struct ipcb_segment *)object;
	uint64_t state = ipcb_load_acquire(&shared->word) >> 32;

	if (state > IPCB_SEGMENT_READY)
		ipcb_verify_problem(v, "a segment has the impossible state "
				    "%llu", (unsigned long long)state);
}
