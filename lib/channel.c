/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Joining, leaving and removing channels; all under the directory's lock. */
#include "channel.h"

#include <string.h>

#include "directory.h"
#include "member.h"

static const struct ipcb_channel_ops *const channel_kinds[] = {
	&ipcb_channel_spsc,
};

const struct ipcb_channel_ops *ipcb_channel_ops_by_kind(uint32_t kind)
{
	size_t i;

	for (i = 0; i < sizeof(channel_kinds) / sizeof(channel_kinds[0]); i++)
		if (channel_kinds[i]->kind == kind)
			return channel_kinds[i];
	return NULL;
}

static int check_options(const struct ipcbuf_channel_options *options,
			 struct ipcbuf_channel_options *ret)
{
	struct ipcbuf_channel_options copy = IPCBUF_CHANNEL_OPTIONS_INIT;
	const uint32_t known = IPCBUF_CHANNEL_OPEN_ONLY | IPCBUF_CHANNEL_EXCL |
			       IPCBUF_CHANNEL_KEEP;

	if (options) {
		if (options->struct_bytes != sizeof(copy))
			return -EINVAL;
		copy = *options;
	}
	if ((copy.flags & ~known) ||
	    ((copy.flags & IPCBUF_CHANNEL_OPEN_ONLY) &&
	     (copy.flags & IPCBUF_CHANNEL_EXCL)) ||
	    copy.depth_slots > IPCBUF_CHANNEL_MAX_SLOTS)
		return -EINVAL;
	if (!copy.depth_slots)
		copy.depth_slots = IPCBUF_CHANNEL_DEFAULT_SLOTS;
	*ret = copy;
	return 0;
}

static uint32_t shift_for(uint32_t depth_slots)
{
	return depth_slots > 1 ? ipcb_log2(depth_slots - 1) + 1 : 0;
}

/* Makes the channel; nobody is attached yet. */
static int make_channel(struct ipcbuf_region *region, struct ipcbuf_key key,
			const struct ipcbuf_channel_options *options,
			const struct ipcb_channel_ops *ops,
			uint64_t *ret_offset)
{
	uint32_t shift = shift_for(options->depth_slots);
	uint64_t bytes = ops->bytes(shift), offset;
	struct ipcb_object *object;
	int error;

	error = ipcb_object_alloc(region, key, ops->kind, bytes, bytes,
				  &offset);
	if (error)
		return error;
	object = ipcb_at(region, offset);
	object->flags = options->flags & IPCBUF_CHANNEL_KEEP;
	ops->init(object, shift);
	error = ipcb_directory_insert(region, key, offset);
	if (error)
		ipcb_object_free(region, offset);
	else
		*ret_offset = offset;
	return error;
}

static int find_or_make(struct ipcbuf_region *region, struct ipcbuf_key key,
			const struct ipcbuf_channel_options *options,
			int *ret_made, uint64_t *ret_offset)
{
	uint64_t offset = ipcb_object_find(region, key);
	struct ipcb_object *object;

	if (!offset) {
		if (options->flags & IPCBUF_CHANNEL_OPEN_ONLY)
			return -ENOENT;
		*ret_made = 1;
		return make_channel(region, key, options, &ipcb_channel_spsc,
				    ret_offset);
	}
	object = ipcb_object_at(region, offset);
	if (!object || !ipcb_channel_ops_by_kind(object->kind))
		return -EPROTOTYPE;
	if (options->flags & IPCBUF_CHANNEL_EXCL)
		return -EEXIST;
	*ret_made = 0;
	*ret_offset = offset;
	return 0;
}

/* -EBUSY while a member has it; the dead have been recovered. */
static int claim_end(struct ipcbuf_region *region, struct ipcb_end *end)
{
	uint64_t word = ipcb_load_relaxed(&end->word);

	if (ipcb_end_state(word) == IPCBUF_END_ATTACHED)
		return -EBUSY;
	ipcb_store_relaxed(&end->wait.waiting, 0);
	/* Release: pairs with the peer's loads. */
	ipcb_store_release(&end->word, ipcb_end_next(word, IPCBUF_END_ATTACHED,
						     region->member));
	return 0;
}

/* -EPROTOTYPE: somebody scribbled over the kind since it was looked at. */
static int fill_handle(struct ipcbuf_channel *channel, uint64_t offset)
{
	struct ipcbuf_region *region = channel->region;
	struct ipcb_object *object = ipcb_at(region, offset);
	enum ipcbuf_direction direction = channel->direction;

	channel->ops = ipcb_channel_ops_by_kind(object->kind);
	if (!channel->ops)
		return -EPROTOTYPE;
	channel->shared = object;
	ipcb_object_key(object, channel->name);
	channel->offset = offset;
	channel->me = region->member;
	channel->peer_member = IPCB_NOBODY;
	channel->mine = channel->ops->end(object, direction);
	channel->peer = channel->ops->end(object,
					  direction == IPCBUF_PRODUCER ?
					  IPCBUF_CONSUMER : IPCBUF_PRODUCER);
	return 0;
}

/*
 * Members that died with the key's channel attached are recovered before
 * anything else: that may destroy the channel, which only they kept.
 */
static void recover_ends(struct ipcbuf_region *region, struct ipcbuf_key key)
{
	enum ipcbuf_direction direction;

	for (direction = IPCBUF_PRODUCER; direction <= IPCBUF_CONSUMER;
	     direction++) {
		uint64_t offset = ipcb_object_find(region, key), word;
		struct ipcb_object *object = ipcb_object_at(region, offset);
		const struct ipcb_channel_ops *ops = object ?
			ipcb_channel_ops_by_kind(object->kind) : NULL;

		if (!ops)
			return;
		word = ipcb_load_relaxed(&ops->end(object, direction)->word);
		if (ipcb_end_state(word) == IPCBUF_END_ATTACHED)
			ipcb_recover_if_dead(region, ipcb_end_member(word));
	}
}

static int attach(struct ipcbuf_channel *channel, struct ipcbuf_key key,
		  const struct ipcbuf_channel_options *options)
{
	struct ipcbuf_region *region = channel->region;
	uint64_t offset;
	int made, error;

	recover_ends(region, key);
	error = find_or_make(region, key, options, &made, &offset);
	if (error)
		return error;
	error = fill_handle(channel, offset);
	if (!error)
		error = claim_end(region, channel->mine);
	if (error)
		return error;
	channel->ops->attach(channel);
	channel->first_position = channel->position;
	if (made)
		ipcb_directory_announce(region);
	return 0;
}

static const struct ipcb_channel_ways *
ways_of(const struct ipcbuf_channel *channel)
{
	if (!ipcb_wait_is_light(&channel->region->wait))
		return &ipcb_channel_long_ways;
	return channel->direction == IPCBUF_PRODUCER ?
	       channel->ops->producer_ways : channel->ops->consumer_ways;
}

/* 0 where the region is being closed. */
static int publish(struct ipcbuf_channel *channel)
{
	struct ipcbuf_region *region = channel->region;
	int is_open;

	pthread_mutex_lock(&region->mutex);
	is_open = ipcb_region_open_handle(region, &channel->handle);
	if (is_open) {
		/* Release: pairs with the acquire in channel_io.c. */
		ipcb_store_release(&channel->handle.ways, ways_of(channel));
		channel->next = region->channels;
		region->channels = channel;
	}
	pthread_mutex_unlock(&region->mutex);
	return is_open;
}

static int open_inside(struct ipcbuf_region *region, struct ipcbuf_key key,
		       enum ipcbuf_direction direction,
		       const struct ipcbuf_channel_options *options,
		       struct ipcbuf_channel **ret_channel)
{
	struct ipcbuf_channel *channel =
		ipcb_handle_alloc(&ipcb_channel_handles, sizeof(*channel));
	int error;

	if (!channel)
		return -ENOMEM;
	channel->handle.ways = &ipcb_channel_long_ways;
	channel->region = region;
	channel->direction = direction;
	error = ipcb_directory_lock(region);
	if (!error) {
		error = attach(channel, key, options);
		ipcb_directory_unlock(region);
	}
	if (error) {
		ipcb_handle_free(&ipcb_channel_handles, &channel->handle);
		return error;
	}
	if (!publish(channel)) {
		ipcb_channel_leave(channel);
		ipcb_handle_free(&ipcb_channel_handles, &channel->handle);
		return -EBADF;
	}
	*ret_channel = channel;
	return 0;
}

IPCB_PUBLIC int
ipcbuf_channel_open(struct ipcbuf_region *region, struct ipcbuf_key key,
		    enum ipcbuf_direction direction,
		    const struct ipcbuf_channel_options *options,
		    struct ipcbuf_channel **ret_channel)
{
	struct ipcbuf_channel_options checked;
	int error;

	if (!ret_channel || ipcb_key_check(key) ||
	    (direction != IPCBUF_PRODUCER && direction != IPCBUF_CONSUMER))
		return -EINVAL;
	error = check_options(options, &checked);
	if (!error)
		error = ipcb_enter_member(region);
	if (error)
		return error;
	error = open_inside(region, key, direction, &checked, ret_channel);
	ipcb_leave();
	return error;
}

static void end_left(struct ipcbuf_channel *channel)
{
	uint64_t word = ipcb_load_relaxed(&channel->mine->word);

	if (ipcb_end_state(word) != IPCBUF_END_ATTACHED ||
	    ipcb_end_member(word) != channel->me)
		return;		/* spoilt, or not ours any more */
	channel->ops->leave(channel);
	/* Release: the window is in order before the news. */
	ipcb_store_release(&channel->mine->word,
			   ipcb_end_next(word, IPCBUF_END_LEFT, 0));
	ipcb_wait_wake(&channel->region->wait, &channel->peer->wait);
}

static void wait_for_sleepers(struct ipcbuf_channel *channel)
{
	struct ipcb_backoff backoff = IPCB_BACKOFF_INIT(IPCBUF_FOREVER);

	while (ipcb_load_acquire(&channel->sleepers)) {
		ipcb_wait_wake(&channel->region->wait, &channel->mine->wait);
		ipcb_backoff(&backoff);
	}
}

void ipcb_channel_leave(struct ipcbuf_channel *channel)
{
	struct ipcbuf_region *region = channel->region;

	wait_for_sleepers(channel);
	if (ipcb_directory_lock(region)) {
		ipcb_store_relaxed(&region->left_behind, 1);
		return;
	}
	end_left(channel);
	ipcb_object_drop_unused(region, channel->offset);
	ipcb_directory_unlock(region);
}

static void remove_from_region(struct ipcbuf_channel *channel)
{
	struct ipcbuf_region *region = channel->region;
	struct ipcbuf_channel **link;

	pthread_mutex_lock(&region->mutex);
	for (link = &region->channels; *link; link = &(*link)->next) {
		if (*link == channel) {
			*link = channel->next;
			break;
		}
	}
	region->held_by_ended += ipcb_channel_gained(channel);
	pthread_mutex_unlock(&region->mutex);
}

/* The region can't go away before the channel has been taken off its list. */
IPCB_PUBLIC int ipcbuf_channel_close(struct ipcbuf_channel *channel)
{
	struct ipcbuf_region *region;
	int error = ipcb_channel_enter(channel, 0);

	if (error)
		return error;
	region = channel->region;
	ipcb_region_get(region);
	ipcb_add_acq_rel(&region->closers, 1);
	if (!ipcb_channel_shut(channel))
		error = -EBADF;
	ipcb_leave();
	if (!error) {
		ipcb_grace_period(NULL);
		remove_from_region(channel);
		ipcb_channel_leave(channel);
		ipcb_handle_free(&ipcb_channel_handles, &channel->handle);
	}
	/* Release: pairs with await_other_closers(). */
	ipcb_add_acq_rel(&region->closers, -1u);
	ipcb_region_put(region);
	return error;
}

static void mark_removed(struct ipcbuf_region *region, struct ipcb_end *end,
			 struct ipcb_end *peer)
{
	uint64_t removed = (uint64_t)IPCB_END_REMOVED << 56;

	ipcb_store_release(&end->word, ipcb_load_relaxed(&end->word) | removed);
	ipcb_wait_wake(&region->wait, &peer->wait);
}

static int remove_locked(struct ipcbuf_region *region, struct ipcbuf_key key)
{
	uint64_t offset = ipcb_object_find(region, key);
	const struct ipcb_channel_ops *ops;
	struct ipcb_object *object;
	struct ipcb_end *producer, *consumer;

	if (!offset)
		return -ENOENT;
	object = ipcb_object_at(region, offset);
	ops = object ? ipcb_channel_ops_by_kind(object->kind) : NULL;
	if (!ops)
		return -EPROTOTYPE;
	producer = ops->end(object, IPCBUF_PRODUCER);
	consumer = ops->end(object, IPCBUF_CONSUMER);
	ipcb_store_relaxed(&object->state, IPCB_OBJECT_REMOVED);
	ipcb_directory_unlist_key(region, key);
	mark_removed(region, producer, consumer);
	mark_removed(region, consumer, producer);
	ipcb_object_drop_unused(region, offset);
	return 0;
}

IPCB_PUBLIC int ipcbuf_channel_remove(struct ipcbuf_region *region,
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
