/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Figures of channels and segments. */
#include <string.h>

#include "channel.h"
#include "directory.h"
#include "member.h"
#include "segment.h"

static uint32_t end_state(const struct ipcbuf_region *region,
			  const struct ipcb_end *end, int32_t *ret_pid)
{
	uint64_t word = ipcb_load_acquire(&end->word);
	unsigned int state = ipcb_end_state(word);

	if (state != IPCBUF_END_ATTACHED)
		return state > IPCBUF_END_DEAD ? IPCBUF_END_LEFT : state;
	*ret_pid = ipcb_member_pid(region, ipcb_end_member(word));
	return ipcb_member_alive(region, ipcb_end_member(word)) ?
	       IPCBUF_END_ATTACHED : IPCBUF_END_DEAD;
}

static void fill_channel(const struct ipcbuf_region *region,
			 struct ipcb_object *object,
			 const struct ipcb_channel_ops *ops,
			 struct ipcbuf_channel_info *info)
{
	struct ipcb_end *producer = ops->end(object, IPCBUF_PRODUCER);
	struct ipcb_end *consumer = ops->end(object, IPCBUF_CONSUMER);

	info->producer_state = end_state(region, producer, &info->producer_pid);
	info->consumer_state = end_state(region, consumer, &info->consumer_pid);
	info->users = (info->producer_state == IPCBUF_END_ATTACHED ? 1u : 0u) +
		      (info->consumer_state == IPCBUF_END_ATTACHED ? 1u : 0u);
	ops->info(region, object, info);
}

static int fill_object(struct ipcbuf_region *region, uint64_t offset,
		       char *name, struct ipcbuf_channel_info *info)
{
	struct ipcb_object *object = ipcb_object_at(region, offset);
	const struct ipcb_channel_ops *ops;

	if (!object)
		return -ENOENT;
	memset(info, 0, sizeof(*info));
	info->key = ipcb_object_key(object, name);
	info->kind = object->kind;
	info->flags = object->flags;
	ops = ipcb_channel_ops_by_kind(object->kind);
	if (ops) {
		fill_channel(region, object, ops, info);
	} else if (object->kind == IPCBUF_KIND_SEGMENT) {
		info->bytes = object->bytes;
		info->users = ipcb_segment_users((struct ipcb_segment *)object);
	}
	return 0;
}

struct list_state {
	int (*visit)(const struct ipcbuf_channel_info *, void *arg);
	void *arg;
};

static int list_one(struct ipcbuf_region *region, uint64_t offset, void *arg)
{
	struct list_state *state = arg;
	struct ipcbuf_channel_info info;
	char name[IPCBUF_NAME_MAX + 1];
	struct ipcb_object *object = ipcb_object_at(region, offset);

	if (!object || ipcb_load_relaxed(&object->state) ||
	    fill_object(region, offset, name, &info))
		return 0;
	return state->visit(&info, state->arg);
}

IPCB_PUBLIC int
ipcbuf_region_list_channels(struct ipcbuf_region *region,
			    int (*visit)(const struct ipcbuf_channel_info *,
					 void *arg), void *arg)
{
	struct list_state state = { visit, arg };
	int result;

	if (!visit)
		return -EINVAL;
	result = ipcb_enter(region);
	if (result)
		return result;
	result = ipcb_directory_lock(region);
	if (!result) {
		result = ipcb_directory_each(region, list_one, &state);
		ipcb_directory_unlock(region);
	}
	ipcb_leave();
	return result;
}

IPCB_PUBLIC int ipcbuf_channel_get_info(struct ipcbuf_channel *channel,
					struct ipcbuf_channel_info *ret_info)
{
	struct ipcbuf_channel_info info;
	char name[IPCBUF_NAME_MAX + 1];
	int error;

	if (!ret_info)
		return -EINVAL;
	error = ipcb_channel_enter(channel, 0);
	if (error)
		return error;
	error = fill_object(channel->region, channel->offset, name, &info);
	if (!error) {
		/* This copy lives as long as the end does. */
		if (info.key.name)
			info.key.name = channel->name;
		*ret_info = info;
	}
	ipcb_leave();
	return error;
}

IPCB_PUBLIC int ipcbuf_region_recover(struct ipcbuf_region *region,
				      unsigned int *ret_members)
{
	unsigned int recovered;
	int error = ipcb_enter_member(region);

	if (error)
		return error;
	recovered = ipcb_recover_dead(region);
	if (ret_members)
		*ret_members = recovered;
	ipcb_leave();
	return 0;
}
