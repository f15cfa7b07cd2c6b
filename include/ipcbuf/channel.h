/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Channels hand records from one member to another: single producer, single
 * consumer, in order, without a copy.
 *
 * Who may call what together:
 *
 *              send*  recv*  close(same end)  has_*, pending  open/remove
 *   send*      no*    yes    no               yes             yes
 *   recv*      yes    no*    no               yes             yes
 *   arm        as send* and recv* of the same end
 *
 *   (*) one thread at a time an end; different ends are independent.
 *
 * A channel lives while an end is attached, or until it is removed if it was
 * made with IPCBUF_CHANNEL_KEEP. When it goes, records in flight are freed.
 */
#ifndef IPCBUF_CHANNEL_H
#define IPCBUF_CHANNEL_H

#include <ipcbuf/heap.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipcbuf_channel;

enum ipcbuf_direction {
	IPCBUF_PRODUCER = 1,
	IPCBUF_CONSUMER = 2,
};

#define IPCBUF_CHANNEL_OPEN_ONLY 1u	/* -ENOENT where it isn't there */
#define IPCBUF_CHANNEL_EXCL      2u	/* -EEXIST where it is there */
#define IPCBUF_CHANNEL_KEEP      4u	/* stays until it is removed (creator's) */

#define IPCBUF_CHANNEL_DEFAULT_SLOTS 64u
#define IPCBUF_CHANNEL_MAX_SLOTS     (1u << 20)

/**
 * struct ipcbuf_channel_options - how to create or join a channel.
 * @struct_bytes: sizeof(struct ipcbuf_channel_options)
 * @flags:        IPCBUF_CHANNEL_*
 * @depth_slots:  how many records it holds, rounded up to a power of two; 0
 *                means 64, at most 2^20 (creator's)
 */
struct ipcbuf_channel_options {
	size_t struct_bytes;
	uint32_t flags;
	uint32_t depth_slots;
};

#define IPCBUF_CHANNEL_OPTIONS_INIT \
	{ sizeof(struct ipcbuf_channel_options), 0, 0 }

/**
 * ipcbuf_channel_open() - join a channel, creating it where it isn't there.
 * @region:      the region
 * @key:         its number or name
 * @direction:   which end
 * @options:     NULL for the defaults
 * @ret_channel: this end; leave with ipcbuf_channel_close()
 *
 * Blocks for a short time while another member creates, joins or removes a
 * channel of the same region.
 *
 * Return: 0; -EBUSY (that end is taken by a live member), -ENOENT, -EEXIST,
 * -EPROTOTYPE (the key belongs to another kind), -ENOMEM, -EINVAL, -EBADF,
 * -EROFS (the region was opened read-only), -ETIMEDOUT.
 */
int ipcbuf_channel_open(struct ipcbuf_region *region, struct ipcbuf_key key,
			enum ipcbuf_direction direction,
			const struct ipcbuf_channel_options *options,
			struct ipcbuf_channel **ret_channel);

/**
 * ipcbuf_channel_close() - leave a channel.
 *
 * What a producer has sent can still be received. No thread may be inside a
 * call on this end. Return: 0; -EBADF.
 */
int ipcbuf_channel_close(struct ipcbuf_channel *channel);

/**
 * ipcbuf_channel_remove() - remove a channel by its key.
 *
 * Its key is free at once. Members that have it open get -EPIPE from then on;
 * records in flight are freed when the last of them leaves.
 *
 * Return: 0; -ENOENT, -EPROTOTYPE, -EINVAL, -EBADF, -EROFS, -ETIMEDOUT.
 */
int ipcbuf_channel_remove(struct ipcbuf_region *region, struct ipcbuf_key key);

/**
 * ipcbuf_channel_wait() - wait, asleep, until a key exists.
 *
 * Return: 0; -ETIMEDOUT (with IPCBUF_NOWAIT: -ENOENT), -EINVAL, -EBADF.
 */
int ipcbuf_channel_wait(struct ipcbuf_region *region, struct ipcbuf_key key,
			uint64_t deadline_ns);

/**
 * ipcbuf_channel_exists() - is there a channel or segment with this key?
 *
 * Return: 1, 0, or -EINVAL, -EBADF. Takes no lock.
 */
int ipcbuf_channel_exists(struct ipcbuf_region *region, struct ipcbuf_key key);

/**
 * ipcbuf_channel_send() - hand a record over, waiting while the channel is full.
 * ipcbuf_channel_try_send() - the same without waiting.
 * ipcbuf_channel_send_until() - the same, waiting until a deadline.
 * @channel: a producer's end
 * @record:  a record that this process holds, of the channel's region. On
 *           success it is no longer the caller's; on failure it still is.
 *
 * Return: 0; -EAGAIN (full: try_send, or IPCBUF_NOWAIT), -ETIMEDOUT, -EPIPE
 * (the consumer has left, or the channel was removed), -EOWNERDEAD (the
 * consumer has died; said once for each death, -EPIPE then), -EINVAL (not such
 * a record, or not a producer's end), -EBADF.
 * Publishing is wait-free. Nobody waits for a consumer that hasn't come yet:
 * records queue up to the channel's depth.
 */
int ipcbuf_channel_send(struct ipcbuf_channel *channel, void *record);
int ipcbuf_channel_try_send(struct ipcbuf_channel *channel, void *record);
int ipcbuf_channel_send_until(struct ipcbuf_channel *channel, void *record,
			      uint64_t deadline_ns);

/**
 * ipcbuf_channel_send_batch() - hand several records over, in order.
 * @records:     the records
 * @count:       how many, at least 1
 * @deadline_ns: how long to wait for room for the first one
 * @ret_sent:    how many went, at least 1 on success
 *
 * Sends what there is room for, and wakes the consumer once. A record that
 * can't be sent ends the batch; it fails as a whole (as
 * ipcbuf_channel_send_until()) only if it is the first.
 */
int ipcbuf_channel_send_batch(struct ipcbuf_channel *channel,
			      void *const *records, size_t count,
			      uint64_t deadline_ns, size_t *ret_sent);

/**
 * ipcbuf_channel_recv() - receive a record, waiting while there is none.
 * ipcbuf_channel_try_recv() - the same without waiting.
 * ipcbuf_channel_recv_until() - the same, waiting until a deadline.
 * @channel:    a consumer's end
 * @ret_record: the record, now held by this process
 *
 * Return: 0; -EAGAIN (empty: try_recv, or IPCBUF_NOWAIT), -ETIMEDOUT, -EPIPE
 * (empty, and the producer has left), -EOWNERDEAD (empty, and the producer has
 * died; said once for each death, -EPIPE then), -EBADMSG (the slot holds no
 * record of the producer's; it was skipped), -EINVAL (not a consumer's end),
 * -EBADF.
 * Wait-free where a record is there.
 */
int ipcbuf_channel_recv(struct ipcbuf_channel *channel, void **ret_record);
int ipcbuf_channel_try_recv(struct ipcbuf_channel *channel, void **ret_record);
int ipcbuf_channel_recv_until(struct ipcbuf_channel *channel,
			      void **ret_record, uint64_t deadline_ns);

/**
 * ipcbuf_channel_recv_batch() - receive up to @count records.
 * @ret_received: how many came, at least 1 on success
 *
 * Waits for the first only, takes what is there, and tells the producer once.
 */
int ipcbuf_channel_recv_batch(struct ipcbuf_channel *channel, void **records,
			      size_t count, uint64_t deadline_ns,
			      size_t *ret_received);

/**
 * ipcbuf_channel_get_fd() - a descriptor to wait for a channel with poll(2),
 * epoll(7) and the like, beside a program's other descriptors.
 * @channel: either end
 * @ret_fd:  a new descriptor (close-on-exec); the caller closes it
 *
 * Once the end has been armed, the descriptor becomes ready when there is
 * something to do: a record to receive, room to send, or no peer or channel any
 * more. Poll for POLLIN | POLLPRI; which of them it is says nothing.
 * It is level-triggered and stays ready until the end is armed again; it may
 * be ready for no reason.
 *
 * Return: 0; -EOPNOTSUPP (the region doesn't wait in the kernel module),
 * -EBADF, -EINVAL, -EMFILE/-ENFILE, -ENOMEM.
 */
int ipcbuf_channel_get_fd(struct ipcbuf_channel *channel, int *ret_fd);

/**
 * ipcbuf_channel_arm() - make ready for waiting with the channel's descriptor.
 *
 * To be called when a try_recv or try_send of this end has said -EAGAIN:
 *
 *   do {
 *           while (!ipcbuf_channel_try_recv(channel, &record))
 *                   use(record);
 *   } while (ipcbuf_channel_arm(channel) == 1);
 *   epoll_wait(...);
 *
 * (with errors other than -EAGAIN seen to.) For the end's own thread, as send
 * and recv. Doesn't wait for the peer; a member that died is recovered here.
 *
 * Return: 0 (armed: there is nothing to do, and the descriptor will tell when
 * there is), 1 (not armed: there is something to do already), -EOPNOTSUPP (as
 * above), -EBADF, -EINVAL.
 */
int ipcbuf_channel_arm(struct ipcbuf_channel *channel);

/**
 * ipcbuf_channel_pending() - how many records wait in a channel.
 *
 * Exact for the consumer but for what is being sent at this moment.
 * Return: 0; -EBADF, -EINVAL.
 */
int ipcbuf_channel_pending(struct ipcbuf_channel *channel,
			   size_t *ret_records);

/**
 * ipcbuf_channel_has_producer(), ipcbuf_channel_has_consumer() - is that end
 * attached by a live member?
 *
 * Return: 1, 0, or -EBADF, -EINVAL. A system call, where the peer is another
 * process.
 */
int ipcbuf_channel_has_producer(struct ipcbuf_channel *channel);
int ipcbuf_channel_has_consumer(struct ipcbuf_channel *channel);

/**
 * ipcbuf_channel_region() - the region of a channel.
 *
 * Return: 0; -EBADF, -EINVAL.
 */
int ipcbuf_channel_region(struct ipcbuf_channel *channel,
			  struct ipcbuf_region **ret_region);

#ifdef __cplusplus
}
#endif

#endif
