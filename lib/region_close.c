/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Leaving a region. The order matters:
 *
 *   1. handles shut: no new call gets in
 *   2. off the registry; a grace period: no call is inside
 *   3. channel ends and segments left (their sleepers woken and awaited)
 *   4. caches given back, records still held freed
 *   5. membership left
 *   6. the last reference unmaps
 *
 * A death on the way is a member's death like any other.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "cancel.h"
#include "channel.h"
#include "directory.h"
#include "lockfile.h"
#include "member.h"
#include "recover.h"
#include "region_attach.h"
#include "segment_init.h"

void ipcb_region_get(struct ipcbuf_region *region)
{
	ipcb_add_acq_rel(&region->references, 1);
}

/* By who closes it, or by the last one that was asleep in it. */
static void unmap(struct ipcbuf_region *region)
{
	const struct ipcb_wait_ops *wait = region->wait.ops;
	int cancel = ipcb_cancel_off();

	if (!region->keep_mapping) {
		wait->close(&region->wait);
		region->memory.ops->close(&region->memory);
		ipcb_region_unmap_private(region);
	}
	ipcb_lock_close(region->lock_fd);
	pthread_mutex_destroy(&region->mutex);
	pthread_mutex_destroy(&region->directory_mutex);
	ipcb_handle_free(&ipcb_region_handles, &region->handle);
	/* We may have been the last member of a region without a name. */
	if (wait == &ipcb_wait_sysv_sem)
		ipcb_namefile_collect();
	ipcb_cancel_restore(cancel);
}

void ipcb_region_put(struct ipcbuf_region *region)
{
	/* Acquire and release: the last one sees what the others did. */
	if (ipcb_add_acq_rel(&region->references, -1u) == 1)
		unmap(region);
}

/* Closing is ours where shutting it succeeds; else another thread's. */
static void shut_ends(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *channel;
	struct ipcbuf_segment *segment;

	pthread_mutex_lock(&region->mutex);
	for (channel = region->channels; channel; channel = channel->next)
		channel->close_with_region = ipcb_channel_shut(channel);
	for (segment = region->segments; segment; segment = segment->next)
		segment->close_with_region =
			ipcb_handle_shut(&segment->handle);
	pthread_mutex_unlock(&region->mutex);
}

static struct ipcbuf_channel *next_channel(struct ipcbuf_region *region)
{
	struct ipcbuf_channel **link, *channel;

	pthread_mutex_lock(&region->mutex);
	link = &region->channels;
	while (*link && !(*link)->close_with_region)
		link = &(*link)->next;
	channel = *link;
	if (channel) {
		*link = channel->next;
		region->held_by_ended += ipcb_channel_gained(channel);
	}
	pthread_mutex_unlock(&region->mutex);
	return channel;
}

static struct ipcbuf_segment *next_segment(struct ipcbuf_region *region)
{
	struct ipcbuf_segment *segment;

	pthread_mutex_lock(&region->mutex);
	segment = region->segments;
	if (segment)
		region->segments = segment->next;
	pthread_mutex_unlock(&region->mutex);
	return segment;
}

/* Those that weren't shut are being opened; their openers free them. */
static void leave_segments(struct ipcbuf_region *region)
{
	struct ipcbuf_segment *segment;

	while ((segment = next_segment(region))) {
		ipcb_segment_initialiser_died(segment->shared, region->member);
		ipcb_segment_leave(segment);
		if (segment->close_with_region)
			ipcb_handle_free(&ipcb_segment_handles,
					 &segment->handle);
	}
}

static void leave_ends(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *channel;

	while ((channel = next_channel(region))) {
		ipcb_channel_leave(channel);
		ipcb_handle_free(&ipcb_channel_handles, &channel->handle);
	}
	leave_segments(region);
	/* Threads that wait for the directory look again, and find it shut. */
	ipcb_directory_announce(region);
}

/* What is in the window of an end that is left behind isn't to be swept. */
static void leave_heap(struct ipcbuf_region *region)
{
	ipcb_caches_end(region);
	if (region->held_by_ended && !ipcb_load_relaxed(&region->left_behind)) {
		ipcb_sweep_own(region, region->member);
		ipcb_orphans_release(region);
	}
}

/* Waits until closes of single ends that had begun before are over. */
static void await_other_closers(struct ipcbuf_region *region)
{
	struct ipcb_backoff backoff = IPCB_BACKOFF_INIT(IPCBUF_FOREVER);

	while (ipcb_load_acquire(&region->closers))
		ipcb_backoff(&backoff);
}

int ipcb_region_shut(struct ipcbuf_region *region, int keep_mapping)
{
	if (!ipcb_handle_shut(&region->handle))
		return -EBADF;
	region->keep_mapping = keep_mapping;
	shut_ends(region);
	ipcb_registry_remove(region);
	if (!region->rdonly) {
		leave_ends(region);
		await_other_closers(region);
		leave_heap(region);
		ipcb_member_leave(region);
	}
	ipcb_region_put(region);
	return 0;
}

/* The child of a fork: it is no member, and must not look like one. */
void ipcb_region_forget(struct ipcbuf_region *region)
{
	struct ipcbuf_channel *channel;
	struct ipcbuf_segment *segment;

	ipcb_store_relaxed(&region->handle.serial, 0);
	for (channel = region->channels; channel; channel = channel->next) {
		ipcb_store_relaxed(&channel->handle.serial, 0);
		ipcb_store_relaxed(&channel->handle.ways,
				   &ipcb_channel_long_ways);
	}
	for (segment = region->segments; segment; segment = segment->next)
		ipcb_store_relaxed(&segment->handle.serial, 0);
	close(region->lock_fd);
	if (region->memory.fd >= 0)
		close(region->memory.fd);
	ipcb_region_unmap_private(region);
}

IPCB_PUBLIC int ipcbuf_region_close(struct ipcbuf_region *region)
{
	int cancel, error = 0;

	if (region) {
		cancel = ipcb_cancel_off();
		error = ipcb_region_shut(region, 0);
		ipcb_cancel_restore(cancel);
	}
	return error;
}
