/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Looking at regions: lists, statistics, verification.
 *
 * Counters are kept by their single writers in memory that they own anyway, so
 * that a look costs the looker and nobody else. What is reported is a snapshot
 * of each number, not of all of them at one instant.
 */
#ifndef IPCBUF_INSPECT_H
#define IPCBUF_INSPECT_H

#include <ipcbuf/channel.h>
#include <ipcbuf/segment.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct ipcbuf_region_entry - one named region of this machine. */
struct ipcbuf_region_entry {
	const char *name;
	uint32_t backend;	/* enum ipcbuf_backend, 0 where not known */
	uint32_t mode;
	uid_t uid;
	gid_t gid;
	int status;		/* 0 usable; -EACCES, -EPROTO, -ENOENT half-made */
};

/**
 * ipcbuf_region_list() - all regions of this machine that have a name.
 * @visit: called for each; a value other than 0 ends the list
 *
 * Return: 0, what @visit returned, or -EACCES, -ENOMEM.
 */
int ipcbuf_region_list(int (*visit)(const struct ipcbuf_region_entry *entry,
				    void *arg), void *arg);

/** struct ipcbuf_region_info - a region's figures. */
struct ipcbuf_region_info {
	size_t struct_bytes;
	uint64_t size_bytes;		/* the largest it may grow to */
	uint64_t heap_bytes;		/* of it, for records */
	uint64_t frame_bytes;
	uint64_t slab_bytes;
	uint64_t committed_bytes;	/* held from the machine now */
	uint64_t peak_committed_bytes;	/* the most there ever was */
	/*
	 * In records that somebody holds or that are on their way. Blocks
	 * that threads of other processes keep for their next allocation
	 * can't be told from them and count too.
	 */
	uint64_t held_bytes;
	uint64_t held_records;
	uint64_t max_record_bytes;	/* the largest that can ever be had */
	uint64_t allocation_failures;	/* -ENOMEM answers */
	uint64_t created_ns;		/* CLOCK_REALTIME */
	uint32_t layout_version;
	uint32_t backend;
	uint32_t wait;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t members;		/* alive or not yet recovered */
	uint32_t max_members;
	uint32_t channels;
	uint32_t segments;
	char name[IPCBUF_NAME_MAX + 1];
	const char *backend_name;	/* static */
	const char *wait_name;		/* static */
	uint64_t deaths;		/* the last one's number; see death.h */
};

/**
 * ipcbuf_region_get_info() - a region's figures.
 * @ret_info: set struct_bytes before the call
 *
 * Walks the region's metadata. Return: 0; -EBADF, -EINVAL.
 */
int ipcbuf_region_get_info(struct ipcbuf_region *region,
			   struct ipcbuf_region_info *ret_info);

/** struct ipcbuf_member_info - one member of a region. */
struct ipcbuf_member_info {
	uint32_t slot;
	uint32_t generation;
	int32_t pid;
	int32_t alive;			/* 0: died and not yet recovered */
	uint64_t joined_ns;		/* CLOCK_REALTIME */
	uint64_t held_bytes;
	uint64_t held_records;		/* cached ones count too */
};

int ipcbuf_region_list_members(struct ipcbuf_region *region,
			       int (*visit)(const struct ipcbuf_member_info *,
					    void *arg), void *arg);

/** struct ipcbuf_class_info - the memory of one size class. */
struct ipcbuf_class_info {
	uint64_t block_bytes;		/* 0: records larger than every class */
	uint64_t slabs;
	uint64_t slab_bytes;		/* all slabs of the class together */
	uint64_t held_blocks;
	uint64_t free_blocks;
};

int ipcbuf_region_list_classes(struct ipcbuf_region *region,
			       int (*visit)(const struct ipcbuf_class_info *,
					    void *arg), void *arg);

enum ipcbuf_kind {
	IPCBUF_KIND_SPSC_RECORD = 1,
	IPCBUF_KIND_SEGMENT     = 2,
};

enum ipcbuf_end_state {
	IPCBUF_END_NEVER    = 0,	/* nobody has come yet */
	IPCBUF_END_ATTACHED = 1,
	IPCBUF_END_LEFT     = 2,
	IPCBUF_END_DEAD     = 3,	/* attached by a member that has died */
};

/** struct ipcbuf_channel_info - one channel or segment. */
struct ipcbuf_channel_info {
	struct ipcbuf_key key;		/* name is valid during the call only */
	uint32_t kind;			/* enum ipcbuf_kind */
	uint32_t flags;
	uint32_t depth_slots;		/* 0 for segments */
	uint32_t users;			/* members attached (segments) */
	uint32_t producer_state;	/* enum ipcbuf_end_state */
	uint32_t consumer_state;
	int32_t producer_pid;
	int32_t consumer_pid;
	uint64_t pending;
	uint64_t sent;
	uint64_t received;
	uint64_t producer_waits;	/* times it went to sleep */
	uint64_t consumer_waits;
	uint64_t bytes;			/* size of a segment */
};

/**
 * ipcbuf_region_list_channels() - all channels and segments of a region.
 *
 * @visit must not create, join or remove any in the same region.
 */
int ipcbuf_region_list_channels(struct ipcbuf_region *region,
				int (*visit)(const struct ipcbuf_channel_info *,
					     void *arg), void *arg);

/** ipcbuf_channel_get_info() - the same for a channel end that is open. */
int ipcbuf_channel_get_info(struct ipcbuf_channel *channel,
			    struct ipcbuf_channel_info *ret_info);

/**
 * ipcbuf_region_verify() - check every invariant of a region.
 * @report: called with one sentence for each violation, or NULL
 *
 * Meant for a quiet region: while others allocate and send, what is in
 * motion may be reported though nothing is wrong.
 *
 * Return: 0; -EUCLEAN (something was reported); -EBADF, -EINVAL, -ENOMEM.
 */
int ipcbuf_region_verify(struct ipcbuf_region *region,
			 void (*report)(const char *problem, void *arg),
			 void *arg);

/**
 * ipcbuf_region_recover() - take back what members that died have left.
 * @ret_members: how many were recovered, or NULL
 *
 * Needn't be called: whoever meets a dead peer, or runs short of memory, does
 * it. A process that opens the region has already recovered the members whose
 * slots it came by; they aren't counted here. Return: 0; -EBADF, -EINVAL, -EROFS.
 */
int ipcbuf_region_recover(struct ipcbuf_region *region,
			  unsigned int *ret_members);

#ifdef __cplusplus
}
#endif

#endif
