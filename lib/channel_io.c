/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Sending and receiving: the public forms over a kind's two operations. */
#include "channel.h"

#include "member.h"

/* Until at least one went, or the deadline. */
static int send_some(struct ipcbuf_channel *channel, void *const *records,
		     size_t count, uint64_t deadline_ns, size_t *ret_sent)
{
	int error = ipcb_channel_enter(channel, IPCBUF_PRODUCER);

	if (ipcb_unlikely(error))
		return error;
	for (;;) {
		error = channel->ops->send(channel, records, count, ret_sent);
		if (ipcb_likely(error != -EAGAIN))
			break;
		if (!deadline_ns) {
			ipcb_channel_polled(channel);
			break;
		}
		error = ipcb_channel_sleep(channel, IPCBUF_PRODUCER,
					   deadline_ns);
		if (error)
			return error;
	}
	ipcb_leave();
	return error;
}

static int receive_some(struct ipcbuf_channel *channel, void **records,
			size_t count, uint64_t deadline_ns,
			size_t *ret_received)
{
	int error = ipcb_channel_enter(channel, IPCBUF_CONSUMER);

	if (ipcb_unlikely(error))
		return error;
	for (;;) {
		error = channel->ops->receive(channel, records, count,
					      ret_received);
		if (ipcb_likely(error != -EAGAIN))
			break;
		if (!deadline_ns) {
			ipcb_channel_polled(channel);
			break;
		}
		error = ipcb_channel_sleep(channel, IPCBUF_CONSUMER,
					   deadline_ns);
		if (error)
			return error;
	}
	ipcb_leave();
	return error;
}

static ipcb_noinline int send_long(struct ipcbuf_channel *channel,
				   void *record, uint64_t deadline_ns)
{
	size_t sent;

	if (!record)
		return -EINVAL;
	ipcb_reader_join();
	return send_some(channel, &record, 1, deadline_ns, &sent);
}

/* Is the short way's answer one that the long way wouldn't better? */
static inline int is_final(struct ipcbuf_channel *channel, int error,
			   uint64_t deadline_ns)
{
	return error != -EAGAIN ||
	       (!deadline_ns && ipcb_channel_polled_short(channel));
}

int ipcb_channel_send_rest(struct ipcbuf_channel *channel, void *record,
			   struct ipcb_reader *reader, uint64_t deadline_ns,
			   int error)
{
	int final = is_final(channel, error, deadline_ns);

	ipcb_reader_leave(reader);
	return final ? error : send_long(channel, record, deadline_ns);
}

int ipcb_channel_send_long(struct ipcbuf_channel *channel, void *record,
			   struct ipcb_reader *reader, uint64_t deadline_ns)
{
	ipcb_reader_leave(reader);
	return send_long(channel, record, deadline_ns);
}

/* Short where the record goes at once. NULL is no record that anybody holds. */
static ipcb_always_inline int send_one(struct ipcbuf_channel *channel,
				       void *record, uint64_t deadline_ns)
{
	struct ipcb_reader *reader = ipcb_reader;

	if (ipcb_unlikely(!channel || !reader))
		return send_long(channel, record, deadline_ns);
	/* R1 and R2 */
	ipcb_reader_enter(reader);
	/* R3. Acquire: pairs with the release in channel.c's publish(). */
	return ipcb_load_acquire(&channel->handle.ways)->send(channel, record,
							      reader,
							      deadline_ns);
}

IPCB_PUBLIC int ipcbuf_channel_send_until(struct ipcbuf_channel *channel,
					  void *record, uint64_t deadline_ns)
{
	return send_one(channel, record, deadline_ns);
}

IPCB_PUBLIC int ipcbuf_channel_send(struct ipcbuf_channel *channel,
				    void *record)
{
	return send_one(channel, record, IPCBUF_FOREVER);
}

IPCB_PUBLIC int ipcbuf_channel_try_send(struct ipcbuf_channel *channel,
					void *record)
{
	return send_one(channel, record, IPCBUF_NOWAIT);
}

IPCB_PUBLIC int ipcbuf_channel_send_batch(struct ipcbuf_channel *channel,
					  void *const *records, size_t count,
					  uint64_t deadline_ns,
					  size_t *ret_sent)
{
	if (!records || !count || !ret_sent)
		return -EINVAL;
	return send_some(channel, records, count, deadline_ns, ret_sent);
}

static ipcb_noinline int receive_long(struct ipcbuf_channel *channel,
				      void **ret_record, uint64_t deadline_ns)
{
	size_t received;

	ipcb_reader_join();
	return receive_some(channel, ret_record, 1, deadline_ns, &received);
}

int ipcb_channel_receive_long(struct ipcbuf_channel *channel,
			      void **ret_record, struct ipcb_reader *reader,
			      uint64_t deadline_ns)
{
	ipcb_reader_leave(reader);
	return receive_long(channel, ret_record, deadline_ns);
}

const struct ipcb_channel_ways ipcb_channel_long_ways = {
	.send = ipcb_channel_send_long,
	.receive = ipcb_channel_receive_long,
};

int ipcb_channel_receive_rest(struct ipcbuf_channel *channel,
			      void **ret_record, struct ipcb_reader *reader,
			      uint64_t deadline_ns, int error)
{
	int final = is_final(channel, error, deadline_ns);

	ipcb_reader_leave(reader);
	return final ? error : receive_long(channel, ret_record, deadline_ns);
}

static ipcb_always_inline int receive_one(struct ipcbuf_channel *channel,
					  void **ret_record,
					  uint64_t deadline_ns)
{
	struct ipcb_reader *reader = ipcb_reader;

	if (ipcb_unlikely(!ret_record))
		return -EINVAL;
	if (ipcb_unlikely(!channel || !reader))
		return receive_long(channel, ret_record, deadline_ns);
	/* R1 and R2 */
	ipcb_reader_enter(reader);
	/* R3. Acquire: as in send_one(). */
	return ipcb_load_acquire(&channel->handle.ways)->receive(channel,
								 ret_record,
								 reader,
								 deadline_ns);
}

IPCB_PUBLIC int ipcbuf_channel_recv_until(struct ipcbuf_channel *channel,
					  void **ret_record,
					  uint64_t deadline_ns)
{
	return receive_one(channel, ret_record, deadline_ns);
}

IPCB_PUBLIC int ipcbuf_channel_recv(struct ipcbuf_channel *channel,
				    void **ret_record)
{
	return receive_one(channel, ret_record, IPCBUF_FOREVER);
}

IPCB_PUBLIC int ipcbuf_channel_try_recv(struct ipcbuf_channel *channel,
					void **ret_record)
{
	return receive_one(channel, ret_record, IPCBUF_NOWAIT);
}

IPCB_PUBLIC int ipcbuf_channel_recv_batch(struct ipcbuf_channel *channel,
					  void **records, size_t count,
					  uint64_t deadline_ns,
					  size_t *ret_received)
{
	if (!records || !count || !ret_received)
		return -EINVAL;
	return receive_some(channel, records, count, deadline_ns,
			    ret_received);
}

IPCB_PUBLIC int ipcbuf_channel_pending(struct ipcbuf_channel *channel,
				       size_t *ret_records)
{
	int error;

	if (!ret_records)
		return -EINVAL;
	error = ipcb_channel_enter(channel, 0);
	if (error)
		return error;
	*ret_records = channel->ops->pending(channel->region,
					     channel->shared);
	ipcb_leave();
	return 0;
}

static int has_end(struct ipcbuf_channel *channel,
		   enum ipcbuf_direction direction)
{
	uint64_t word;
	int result = ipcb_channel_enter(channel, 0);

	if (result)
		return result;
	word = ipcb_load_acquire(
		&channel->ops->end(channel->shared, direction)->word);
	result = ipcb_end_state(word) == IPCBUF_END_ATTACHED &&
		 ipcb_member_alive(channel->region, ipcb_end_member(word));
	ipcb_leave();
	return result;
}

IPCB_PUBLIC int ipcbuf_channel_has_producer(struct ipcbuf_channel *channel)
{
	return has_end(channel, IPCBUF_PRODUCER);
}

IPCB_PUBLIC int ipcbuf_channel_has_consumer(struct ipcbuf_channel *channel)
{
	return has_end(channel, IPCBUF_CONSUMER);
}

IPCB_PUBLIC int ipcbuf_channel_region(struct ipcbuf_channel *channel,
				      struct ipcbuf_region **ret_region)
{
	int error;

	if (!ret_region)
		return -EINVAL;
	error = ipcb_channel_enter(channel, 0);
	if (error)
		return error;
	*ret_region = channel->region;
	ipcb_leave();
	return 0;
}
